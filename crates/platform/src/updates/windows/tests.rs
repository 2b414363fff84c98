//! Against the Windows Update double (`crates/windows-update-double`), which plays the scenario
//! that each test writes. Titles are Polish throughout: nothing may depend on them.

use super::WindowsUpdates;
use crate::{readiness::Readiness, since_boot};
use latarnik_agent_core::{
    CancelSignal, InstallReport, InstallRequest, LogSink, TaskProgress, Update, UpdateError,
    UpdateResult, Updates,
};
use latarnik_model::{
    ReasonCode, RestartBehavior, RestartSignalName, Severity, UpdateCategory, UpdateOutcome,
};
use serde_json::{Value, json};
use std::{
    fs,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

const FOLDER: &str = r"C:\windows-update-double";
const SECURITY: &str = "0FA1201D-4330-4FA8-8AE9-B877473B6441";
const DEFINITION: &str = "E0789628-CE08-4437-BE74-2495B842F43B";
const A: &str = "A1111111-1111-4111-8111-111111111111";
const B: &str = "b2222222-2222-4222-8222-222222222222";
const A_KEY: &str = "a1111111-1111-4111-8111-111111111111:200";
const B_KEY: &str = "b2222222-2222-4222-8222-222222222222:1";

const READY: Readiness = Readiness {
    on_battery: false,
    free_bytes: Some(30 << 30),
};

/// The double's world is one file: tests use it one after the other.
struct World(#[expect(dead_code, reason = "held until the test ends")] MutexGuard<'static, ()>);

impl World {
    fn new(scenario: &Value) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        fs::create_dir_all(FOLDER).unwrap();
        fs::write(
            Path::new(FOLDER).join("scenario.json"),
            scenario.to_string(),
        )
        .unwrap();
        let _ = fs::remove_file(Path::new(FOLDER).join("calls.log"));
        Self(turn)
    }

    /// Two updates, both of which install; with these fields changed.
    fn with_two(first: &Value, second: &Value) -> Self {
        let mut a = json!({"id": A, "revision": 200, "title": "Aktualizacja zbiorcza (KB5070001)"});
        let mut b = json!({"id": B, "title": "Analiza zabezpieczeń — definicje (KB2267602)"});
        merge(&mut a, first);
        merge(&mut b, second);
        Self::new(&json!({"updates": [a, b]}))
    }

    fn calls(&self) -> String {
        fs::read_to_string(Path::new(FOLDER).join("calls.log")).unwrap_or_default()
    }
}

fn merge(into: &mut Value, fields: &Value) {
    for (name, value) in fields.as_object().unwrap() {
        into[name] = value.clone();
    }
}

#[derive(Default)]
struct Told {
    log: Mutex<String>,
    progress: Mutex<Vec<TaskProgress>>,
    noted: Mutex<Vec<Vec<UpdateOutcome>>>,
    /// Cancels as soon as this is said.
    cancel_at: Option<(&'static str, CancelSignal)>,
    /// Cancels as soon as it is so far.
    cancel_at_percent: Option<(u8, CancelSignal)>,
}

impl LogSink for Told {
    fn progress(&self, progress: TaskProgress) {
        if let Some((percent, cancel)) = &self.cancel_at_percent
            && progress.percent >= Some(*percent)
        {
            cancel.cancel();
        }
        self.progress.lock().unwrap().push(progress);
    }
    fn note(&self, updates: &[UpdateResult]) {
        let noted = updates.iter().map(|update| update.outcome).collect();
        self.noted.lock().unwrap().push(noted);
    }
    fn log(&self, text: &str) {
        self.log.lock().unwrap().push_str(text);
        if let Some((words, cancel)) = &self.cancel_at
            && text.contains(words)
        {
            cancel.cancel();
        }
    }
}

impl Told {
    fn percents(&self) -> Vec<u8> {
        let progress = self.progress.lock().unwrap();
        progress.iter().filter_map(|one| one.percent).collect()
    }
}

fn updates() -> WindowsUpdates {
    WindowsUpdates {
        busy_delays: vec![Duration::from_millis(1); 3],
        look: || READY,
        turn: Mutex::new(()),
    }
}

fn scan() -> Result<Vec<Update>, UpdateError> {
    updates().scan(&Told::default(), &CancelSignal::default())
}

fn install(keys: Option<&[&str]>) -> Result<InstallReport, UpdateError> {
    install_telling(keys, &Told::default(), &CancelSignal::default())
}

fn install_telling(
    keys: Option<&[&str]>,
    told: &Told,
    cancel: &CancelSignal,
) -> Result<InstallReport, UpdateError> {
    updates().install(&request(keys, Duration::from_secs(60)), told, cancel)
}

fn request(keys: Option<&[&str]>, timeout: Duration) -> InstallRequest {
    InstallRequest {
        update_keys: keys.map(|keys| keys.iter().map(|key| (*key).to_owned()).collect()),
        timeout,
    }
}

fn outcomes(report: &InstallReport) -> Vec<(&str, UpdateOutcome)> {
    report
        .updates
        .iter()
        .map(|update| (update.key.as_str(), update.outcome))
        .collect()
}

fn keys(updates: &[Update]) -> Vec<&str> {
    updates.iter().map(|update| update.key.as_str()).collect()
}

#[test]
fn an_update_is_read_whole() {
    let _world = World::with_two(
        &json!({
            "articles": ["5070001"], "severity": "Critical", "categories": [SECURITY],
            "size_bytes": 6_442_450_944_u64, "date": 46_340.75, "reboot_behavior": 2,
        }),
        &json!({"categories": [DEFINITION]}),
    );
    let found = scan().unwrap();
    let update = &found[0];
    assert_eq!(update.key, A_KEY);
    assert_eq!(update.update_id.as_deref(), Some(&A_KEY[..36]));
    assert_eq!(update.revision, Some(200));
    assert_eq!(update.kb.as_deref(), Some("KB5070001"));
    assert_eq!(update.category, UpdateCategory::Security);
    assert_eq!(update.severity, Some(Severity::Critical));
    assert_eq!(update.size_bytes, Some(6_442_450_944));
    assert_eq!(
        update.released_at.unwrap().to_string(),
        "2026-11-14T18:00:00Z"
    );
    assert_eq!(update.restart, RestartBehavior::CanRequest);
    let other = &found[1];
    assert_eq!(
        (other.key.as_str(), other.category),
        (B_KEY, UpdateCategory::Definition)
    );
    assert_eq!(
        (&other.kb, other.severity, other.size_bytes),
        (&None, None, None)
    );
}

#[test]
fn keys_do_not_depend_on_the_language() {
    let polish = World::with_two(&json!({}), &json!({}));
    let in_polish: Vec<_> = scan()
        .unwrap()
        .into_iter()
        .map(|update| update.key)
        .collect();
    drop(polish);
    let _english = World::with_two(&json!({"title": "Cumulative"}), &json!({"title": "Defs"}));
    let in_english: Vec<_> = scan()
        .unwrap()
        .into_iter()
        .map(|update| update.key)
        .collect();
    assert_eq!(in_polish, in_english);
}

#[test]
fn drivers_and_optional_updates_are_told_apart_and_hidden_ones_are_not_offered() {
    let _world = World::new(&json!({"updates": [
        {"id": A, "is_driver": true}, {"id": B, "browse_only": true, "categories": [SECURITY]},
        {"id": "c", "is_hidden": true},
    ]}));
    let categories: Vec<_> = scan()
        .unwrap()
        .iter()
        .map(|update| update.category)
        .collect();
    assert_eq!(
        categories,
        [UpdateCategory::Driver, UpdateCategory::Optional]
    );
}

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
fn a_busy_update_agent_is_asked_again() {
    let world = World::new(&json!({
        "updates": [{"id": A, "revision": 200}],
        "search_hresult": "0x80240016", "search_failures": 2,
    }));
    assert_eq!(keys(&scan().unwrap()), [A_KEY]);
    assert_eq!(world.calls().matches("Search").count(), 3);
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
fn an_update_agent_that_stays_busy_is_told_as_busy() {
    let world = World::new(&json!({"search_hresult": "0x80240009"}));
    let error = scan().unwrap_err();
    assert_eq!(error.reason, ReasonCode::WindowsUpdateBusy);
    assert_eq!(error.detail.as_deref(), Some("0x80240009"));
    assert_eq!(world.calls().matches("Search").count(), 4);
}

#[test]
fn a_search_that_fails_is_never_up_to_date() {
    for (code, reason) in [
        ("0x8024402C", ReasonCode::NetworkUnreachable),
        ("0x80070005", ReasonCode::AccessDenied),
        ("0x8024500C", ReasonCode::WindowsUpdateError),
    ] {
        let _world = World::new(&json!({"search_hresult": code}));
        let error = scan().unwrap_err();
        assert_eq!(
            (error.reason, error.detail.as_deref()),
            (reason, Some(code))
        );
    }
    let _world = World::new(&json!({"updates": [], "search_result_code": 3}));
    let error = scan().unwrap_err();
    assert_eq!(error.detail.as_deref(), Some("result code 3"));
}

#[test]
fn cancelling_takes_hold_between_two_updates() {
    let world = World::with_two(&json!({}), &json!({}));
    let cancel = CancelSignal::default();
    let told = Told {
        cancel_at: Some(("result code 2", cancel.clone())),
        ..Told::default()
    };
    let report = install_telling(None, &told, &cancel).unwrap();
    assert_eq!(
        outcomes(&report),
        [
            (A_KEY, UpdateOutcome::Installed),
            (B_KEY, UpdateOutcome::Skipped)
        ]
    );
    assert!(!world.calls().contains(&format!("Download {B}")));
}

#[test]
fn what_was_cancelled_is_told_as_far_as_it_came() {
    for (words, outcome) in [
        ("Downloading", UpdateOutcome::Skipped),
        ("Installing", UpdateOutcome::Downloaded),
    ] {
        let _world = World::with_two(&json!({}), &json!({}));
        let cancel = CancelSignal::default();
        let told = Told {
            cancel_at: Some((words, cancel.clone())),
            ..Told::default()
        };
        let report = install_telling(Some(&[A_KEY]), &told, &cancel).unwrap();
        assert_eq!(outcomes(&report), [(A_KEY, outcome)], "{words}");
    }
}

#[test]
fn progress_moves_within_one_update() {
    let _world = World::with_two(
        &json!({"size_bytes": 8_000_000_000_u64, "download_ms": 1500, "install_ms": 1500}),
        &json!({}),
    );
    let told = Told::default();
    install_telling(Some(&[A_KEY]), &told, &CancelSignal::default()).unwrap();
    let percents = told.percents();
    assert!(percents.is_sorted(), "{percents:?}");
    let between = |from, to| percents.iter().filter(|&&p| from < p && p < to).count();
    assert!(between(0, 50) >= 3, "{percents:?}");
    assert!(between(50, 100) >= 3, "{percents:?}");
    let progress = told.progress.lock().unwrap();
    let (last, before) = progress.split_last().unwrap();
    assert_eq!(last.percent, Some(100));
    for one in before {
        assert_eq!(
            (one.done, one.total, one.current.as_deref()),
            (Some(0), Some(1), Some("Aktualizacja zbiorcza (KB5070001)"))
        );
    }
}

#[test]
fn cancelling_ends_a_download_and_what_is_installed_stays() {
    let world = World::with_two(&json!({}), &json!({"download_ms": 60_000}));
    let cancel = CancelSignal::default();
    let told = Told {
        cancel_at_percent: Some((50, cancel.clone())),
        ..Told::default()
    };
    let begun = Instant::now();
    let report = install_telling(None, &told, &cancel).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!(
        outcomes(&report),
        [
            (A_KEY, UpdateOutcome::Installed),
            (B_KEY, UpdateOutcome::Skipped)
        ]
    );
    assert_eq!(keys(&report.remaining.unwrap()), [B_KEY]);
    assert!(!world.calls().contains(&format!("Install {B}")));
}

#[test]
fn a_download_that_is_under_way_is_asked_to_end() {
    let world = World::with_two(&json!({"download_ms": 20_000}), &json!({}));
    let cancel = CancelSignal::default();
    let told = Told {
        cancel_at_percent: Some((1, cancel.clone())),
        ..Told::default()
    };
    let report = install_telling(None, &told, &cancel).unwrap();
    assert!(
        outcomes(&report)
            .iter()
            .all(|(_, outcome)| *outcome == UpdateOutcome::Skipped)
    );
    assert!(
        world
            .calls()
            .contains(&format!("RequestAbort download {A}"))
    );
    assert_eq!(report.updates[0].hresult, None);
    assert_eq!(keys(&report.remaining.unwrap()), [A_KEY, B_KEY]);
}

#[test]
fn the_time_limit_ends_a_download() {
    let world = World::with_two(&json!({"download_ms": 60_000}), &json!({}));
    let request = request(None, Duration::from_millis(700));
    let report = updates()
        .install(&request, &Told::default(), &CancelSignal::default())
        .unwrap();
    assert!(
        outcomes(&report)
            .iter()
            .all(|(_, outcome)| *outcome == UpdateOutcome::Skipped)
    );
    assert!(
        world
            .calls()
            .contains(&format!("RequestAbort download {A}"))
    );
}

#[test]
fn a_download_that_ends_well_all_the_same_is_told_as_downloaded() {
    let _world = World::with_two(
        &json!({"download_ms": 1500, "ignores_abort": true}),
        &json!({}),
    );
    let cancel = CancelSignal::default();
    let told = Told {
        cancel_at_percent: Some((1, cancel.clone())),
        ..Told::default()
    };
    let report = install_telling(Some(&[A_KEY]), &told, &cancel).unwrap();
    assert_eq!(outcomes(&report), [(A_KEY, UpdateOutcome::Downloaded)]);
}

#[test]
fn an_installer_is_asked_to_end_and_told_as_it_ended() {
    for (ignores_abort, outcome, code) in [
        (false, UpdateOutcome::Downloaded, 5),
        (true, UpdateOutcome::Installed, 2),
    ] {
        let world = World::with_two(
            &json!({"install_ms": 2000, "ignores_abort": ignores_abort}),
            &json!({}),
        );
        let cancel = CancelSignal::default();
        let told = Told {
            cancel_at_percent: Some((52, cancel.clone())),
            ..Told::default()
        };
        let report = install_telling(Some(&[A_KEY]), &told, &cancel).unwrap();
        assert_eq!(outcomes(&report), [(A_KEY, outcome)]);
        assert_eq!(report.updates[0].result_code, Some(code));
        assert!(
            world
                .calls()
                .contains(&format!("RequestAbort installation {A}"))
        );
    }
}

#[test]
fn an_installer_that_fails_after_it_was_asked_to_end_has_failed() {
    let _world = World::with_two(
        &json!({
            "install_ms": 1500, "ignores_abort": true,
            "install_result": 4, "install_hresult": "0x80070643",
        }),
        &json!({}),
    );
    let cancel = CancelSignal::default();
    let told = Told {
        cancel_at_percent: Some((52, cancel.clone())),
        ..Told::default()
    };
    let report = install_telling(Some(&[A_KEY]), &told, &cancel).unwrap();
    assert_eq!(outcomes(&report), [(A_KEY, UpdateOutcome::Failed)]);
    assert_eq!(report.updates[0].hresult.as_deref(), Some("0x80070643"));
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

/// What is refused before anything is downloaded, and why.
fn refused(look: fn() -> Readiness) -> UpdateError {
    let updates = WindowsUpdates { look, ..updates() };
    let request = request(Some(&[A_KEY]), Duration::from_secs(60));
    updates
        .install(&request, &Told::default(), &CancelSignal::default())
        .unwrap_err()
}

#[test]
fn nothing_is_installed_on_battery_power() {
    let world = World::with_two(&json!({}), &json!({}));
    let error = refused(|| Readiness {
        on_battery: true,
        ..READY
    });
    assert_eq!(error.reason, ReasonCode::OnBattery);
    assert!(!world.calls().contains("Download "));
}

#[test]
fn nothing_is_downloaded_that_the_disk_has_no_room_for() {
    let world = World::with_two(&json!({"size_bytes": 1_u64 << 30}), &json!({}));
    let tight = || Readiness {
        free_bytes: Some((3 << 30) - 1),
        ..READY
    };
    let error = refused(tight);
    assert_eq!(error.reason, ReasonCode::NotEnoughDiskSpace);
    assert_eq!(
        error.detail.as_deref(),
        Some("needed_bytes=3221225472 free_bytes=3221225471")
    );
    assert!(!world.calls().contains("Download "));
    drop(world);
    // What is already there needs no room for its download.
    let _world = World::with_two(
        &json!({"size_bytes": 1_u64 << 30, "is_downloaded": true}),
        &json!({}),
    );
    let updates = WindowsUpdates {
        look: tight,
        ..updates()
    };
    let request = request(Some(&[A_KEY]), Duration::from_secs(60));
    let report = updates.install(&request, &Told::default(), &CancelSignal::default());
    assert_eq!(
        outcomes(&report.unwrap()),
        [(A_KEY, UpdateOutcome::Installed)]
    );
}

#[test]
fn a_windows_that_has_to_restart_first_is_not_asked_to_install() {
    let mut scenario = json!({"updates": [{"id": A, "revision": 200}]});
    scenario["reboot_required_before_installation"] = json!(true);
    let world = World::new(&scenario);
    assert_eq!(refused(|| READY).reason, ReasonCode::RestartPending);
    assert!(!world.calls().contains("Download "));
}

#[test]
fn a_restart_that_only_waits_is_noted_and_stops_nothing() {
    let _world = World::new(&json!({
        "updates": [{"id": A, "revision": 200}], "reboot_required": true,
    }));
    let told = Told::default();
    let report = install_telling(None, &told, &CancelSignal::default()).unwrap();
    assert_eq!(outcomes(&report), [(A_KEY, UpdateOutcome::Installed)]);
    assert!(told.log.lock().unwrap().contains("A restart is pending"));
}
