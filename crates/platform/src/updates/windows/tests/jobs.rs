//! Progress of downloads and installations, and their early end.

use super::*;
use latarnik_agent_core::{Room, WindowSignal};
use std::sync::atomic::{AtomicU32, Ordering};

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
fn an_installation_stops_at_the_windows_end_and_tells_what_is_left() {
    let world = World::with_two(&json!({}), &json!({}));
    let asked = AtomicU32::new(0);
    let once = WindowSignal::new(true, move |room| {
        room == Room::Installation || asked.fetch_add(1, Ordering::Relaxed) == 0
    });
    let request = InstallRequest {
        window: once,
        ..request(None, Duration::from_secs(60))
    };
    let told = Told::default();
    let cancel = CancelSignal::default();
    let report = updates().install(&request, &told, &cancel).unwrap();
    assert_eq!(outcomes(&report), [(A_KEY, UpdateOutcome::Installed)]);
    let left: Vec<_> = report.left.iter().map(|u| (&*u.key, u.outcome)).collect();
    assert_eq!(left, [(B_KEY, UpdateOutcome::Skipped)]);
    assert_eq!(keys(report.remaining.as_deref().unwrap()), [B_KEY]);
    assert!(!world.calls().contains(&format!("Download {B}")));
    // In the next window the rest is installed, and nothing twice.
    let rest = InstallRequest {
        except: vec![A_KEY.to_owned()],
        window: WindowSignal::unbound(),
        ..request
    };
    let report = updates().install(&rest, &told, &cancel).unwrap();
    assert_eq!(outcomes(&report), [(B_KEY, UpdateOutcome::Installed)]);
    assert_eq!(report.left, []);
    let calls = world.calls();
    assert_eq!(calls.matches(&format!("Install {A}")).count(), 1);
}

#[test]
fn what_the_window_ends_after_its_download_is_installed_in_the_next_without_another() {
    let world = World::with_two(&json!({}), &json!({}));
    let request = InstallRequest {
        window: WindowSignal::new(true, |room| room == Room::NextUpdate),
        ..request(Some(&[A_KEY]), Duration::from_secs(60))
    };
    let told = Told::default();
    let cancel = CancelSignal::default();
    let report = updates().install(&request, &told, &cancel).unwrap();
    assert_eq!(outcomes(&report), []);
    let left: Vec<_> = report.left.iter().map(|u| (&*u.key, u.outcome)).collect();
    assert_eq!(left, [(A_KEY, UpdateOutcome::Downloaded)]);
    assert!(!world.calls().contains("Install "));
    let rest = InstallRequest {
        window: WindowSignal::unbound(),
        ..request
    };
    let report = updates().install(&rest, &told, &cancel).unwrap();
    assert_eq!(outcomes(&report), [(A_KEY, UpdateOutcome::Installed)]);
    let calls = world.calls();
    assert_eq!(calls.matches(&format!("Download {A}")).count(), 1);
}
