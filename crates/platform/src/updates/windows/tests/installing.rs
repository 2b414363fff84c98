//! What becomes of updates.

use super::*;

#[test]
fn everything_is_downloaded_and_installed_one_by_one_and_quietly() {
    let world = World::with_two(&json!({"needs_eula": true}), &json!({}));
    let told = Told::default();
    let report = install_telling(None, &told, &CancelSignal::default()).unwrap();
    assert_eq!(
        outcomes(&report),
        [
            (A_KEY, UpdateOutcome::Installed),
            (B_KEY, UpdateOutcome::Installed)
        ]
    );
    assert_eq!(report.updates[0].result_code, Some(2));
    assert_eq!(report.remaining, Ok(vec![]));
    let calls = world.calls();
    let calls: Vec<_> = calls
        .lines()
        .filter(|call| !call.starts_with("Client"))
        .collect();
    assert_eq!(
        calls,
        [
            "Search IsInstalled=0 and IsHidden=0".to_owned(),
            format!("AcceptEula {A}"),
            format!("Download {A}"),
            "ForceQuiet true".to_owned(),
            format!("Install {A}"),
            format!("Download {B}"),
            "ForceQuiet true".to_owned(),
            format!("Install {B}"),
            "Search IsInstalled=0 and IsHidden=0".to_owned(),
        ]
    );
    let percents = told.percents();
    assert!(percents.is_sorted(), "{percents:?}");
    for step in [0, 25, 50, 75, 100] {
        assert!(percents.contains(&step), "{step} of {percents:?}");
    }
}

#[test]
fn only_chosen_updates_are_installed() {
    let _world = World::with_two(&json!({}), &json!({}));
    let report = install(Some(&[B_KEY, "c:1"])).unwrap();
    assert_eq!(
        outcomes(&report),
        [
            (B_KEY, UpdateOutcome::Installed),
            ("c:1", UpdateOutcome::Skipped)
        ]
    );
    assert_eq!(keys(&report.remaining.unwrap()), [A_KEY]);
    let error = install(Some(&["c:1"])).unwrap_err();
    assert_eq!(error.reason, ReasonCode::UpdateNotOffered);
}

#[test]
fn only_what_is_offered_in_the_chosen_categories_is_installed() {
    let _world = World::with_two(
        &json!({"categories": [SECURITY]}),
        &json!({"categories": [DEFINITION]}),
    );
    let request = |category| InstallRequest {
        categories: Some(vec![category]),
        ..InstallRequest::everything(Duration::from_secs(60))
    };
    let install = |category| {
        updates()
            .install(
                &request(category),
                &Told::default(),
                &CancelSignal::default(),
            )
            .unwrap()
    };
    let report = install(UpdateCategory::Security);
    assert_eq!(outcomes(&report), [(A_KEY, UpdateOutcome::Installed)]);
    let report = install(UpdateCategory::Driver);
    assert_eq!(outcomes(&report), []);
    assert_eq!(keys(&report.remaining.unwrap()), [B_KEY]);
}

#[test]
fn an_installer_that_fails_is_told_with_its_code() {
    let _world = World::with_two(
        &json!({"install_result": 4, "install_hresult": "0x80070643"}),
        &json!({}),
    );
    let report = install(None).unwrap();
    assert_eq!(
        outcomes(&report),
        [
            (A_KEY, UpdateOutcome::Failed),
            (B_KEY, UpdateOutcome::Installed)
        ]
    );
    let failed = &report.updates[0];
    assert_eq!(
        (failed.result_code, failed.hresult.as_deref()),
        (Some(4), Some("0x80070643"))
    );
    assert_eq!(keys(&report.remaining.unwrap()), [A_KEY]);
}

#[test]
fn a_download_that_fails_is_not_installed() {
    let world = World::with_two(
        &json!({"download_result": 4, "download_hresult": "0x80246002"}),
        &json!({}),
    );
    let report = install(Some(&[A_KEY])).unwrap();
    assert_eq!(outcomes(&report), [(A_KEY, UpdateOutcome::Failed)]);
    assert_eq!(report.updates[0].hresult.as_deref(), Some("0x80246002"));
    assert!(!world.calls().contains("Install "));
}

#[test]
fn a_success_that_is_still_offered_is_a_failure() {
    let _world = World::with_two(&json!({"still_offered": true}), &json!({}));
    let told = Told::default();
    let report = install_telling(Some(&[A_KEY]), &told, &CancelSignal::default()).unwrap();
    assert_eq!(outcomes(&report), [(A_KEY, UpdateOutcome::Failed)]);
    assert_eq!(report.updates[0].result_code, Some(2));
    assert_eq!(report.updates[0].reason, Some(ReasonCode::StillOffered));
    assert!(told.log.lock().unwrap().contains("still offers it"));
}

#[test]
fn a_success_that_no_search_confirms_is_not_called_installed() {
    let world = World::new(&json!({
        "updates": [{"id": A, "revision": 200}],
        "search_hresult": "0x8024402C", "search_successes": 1,
    }));
    let report = install(None).unwrap();
    assert_eq!(outcomes(&report), [(A_KEY, UpdateOutcome::Unconfirmed)]);
    let unconfirmed = report.remaining.unwrap_err();
    assert_eq!(unconfirmed.detail.as_deref(), Some("0x8024402C"));
    assert!(world.calls().matches("Search ").count() >= 2);
}

#[test]
fn how_far_each_update_is_stands_on_the_disk_before_it_goes_on() {
    let _world = World::with_two(&json!({}), &json!({"install_result": 4}));
    let told = Told::default();
    install_telling(None, &told, &CancelSignal::default()).unwrap();
    use UpdateOutcome::{Failed, Installed, Skipped, Unconfirmed};
    assert_eq!(
        *told.noted.lock().unwrap(),
        [
            [Unconfirmed, Skipped],
            [Installed, Skipped],
            [Installed, Unconfirmed],
            [Installed, Failed]
        ]
    );
}

#[test]
fn what_failed_and_was_replaced_in_between_is_superseded() {
    let _world = World::with_two(
        &json!({
            "install_result": 4, "install_hresult": "0x80070643", "superseded_by": B,
        }),
        &json!({}),
    );
    let report = install(None).unwrap();
    assert_eq!(
        outcomes(&report),
        [
            (A_KEY, UpdateOutcome::Superseded),
            (B_KEY, UpdateOutcome::Installed)
        ]
    );
    assert_eq!(report.updates[0].hresult.as_deref(), Some("0x80070643"));
}

#[test]
fn an_update_that_waits_for_the_restart_is_installed_and_a_strong_signal() {
    let _world = World::with_two(
        &json!({"needs_reboot": true, "listed_until_reboot": true}),
        &json!({}),
    );
    let report = install(Some(&[A_KEY])).unwrap();
    assert_eq!(outcomes(&report), [(A_KEY, UpdateOutcome::Installed)]);
    assert!(report.updates[0].restart_required);
    assert_eq!(keys(&report.remaining.unwrap()), [B_KEY]);
    assert_eq!(keys(&scan().unwrap()), [B_KEY]);
    let signals = crate::Machine::this().power().restart_signals();
    let stands = |name| signals.iter().any(|signal| signal.name == name);
    assert!(stands(RestartSignalName::WuaRebootRequired));
    assert!(stands(RestartSignalName::InstallerRequestedRestart));
    assert!(since_boot::restart_request().unwrap().contains("KB5070001"));
}

#[test]
fn a_superseded_update_is_simply_not_offered_any_more() {
    let _world = World::with_two(&json!({"superseded_by": B}), &json!({}));
    let report = install(Some(&[B_KEY])).unwrap();
    assert_eq!(outcomes(&report), [(B_KEY, UpdateOutcome::Installed)]);
    assert_eq!(report.remaining, Ok(vec![]));
}

#[test]
fn a_busy_installer_is_asked_again() {
    let world = World::with_two(
        &json!({"install_result": 4, "install_hresult": "0x80240016", "install_failures": 2}),
        &json!({}),
    );
    let report = install(Some(&[A_KEY])).unwrap();
    assert_eq!(outcomes(&report), [(A_KEY, UpdateOutcome::Installed)]);
    assert_eq!(world.calls().matches("Install ").count(), 3);
}

#[test]
fn a_download_that_is_refused_for_now_is_asked_again() {
    for code in ["0x8024001E", "0x80072EE2", "0x8024401C", "0x80244022"] {
        let world = World::with_two(
            &json!({"download_refusals": 2, "refusal_hresult": code}),
            &json!({}),
        );
        let report = install(Some(&[A_KEY])).unwrap();
        assert_eq!(
            outcomes(&report),
            [(A_KEY, UpdateOutcome::Installed)],
            "{code}"
        );
        assert_eq!(world.calls().matches("Download ").count(), 3, "{code}");
    }
}

#[test]
fn what_does_not_pass_is_not_asked_again() {
    let world = World::with_two(
        &json!({"download_refusals": 2, "refusal_hresult": "0x8024402C"}),
        &json!({}),
    );
    let report = install(Some(&[A_KEY])).unwrap();
    assert_eq!(outcomes(&report), [(A_KEY, UpdateOutcome::Failed)]);
    assert_eq!(world.calls().matches("Download ").count(), 1);
}

#[test]
fn succeeded_with_errors_is_installed_when_the_search_agrees_and_its_code_is_told() {
    let _world = World::with_two(
        &json!({"install_result": 3, "install_hresult": "0x00240003"}),
        &json!({"install_result": 3, "still_offered": true}),
    );
    let report = install(None).unwrap();
    assert_eq!(
        outcomes(&report),
        [
            (A_KEY, UpdateOutcome::Installed),
            (B_KEY, UpdateOutcome::Failed)
        ]
    );
    assert_eq!(
        (
            report.updates[0].result_code,
            report.updates[0].hresult.as_deref()
        ),
        (Some(3), Some("0x00240003"))
    );
    assert_eq!(report.updates[1].reason, Some(ReasonCode::StillOffered));
}
