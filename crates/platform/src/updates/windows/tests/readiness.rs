//! What is refused before anything is downloaded.

use super::*;

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
