//! Who decides: blackouts, then the narrowest scope with a window in force, then the setting.

use crate::{
    hard_cases::{UPDATE, at, blackout, rules, window},
    oracle::ZONES,
};
use jiff::Timestamp;
use latarnik_model::{
    Because, Blackout, BlackoutStanding, DeviceId, GroupId, MaintenanceAction, MaintenanceRules,
    MaintenanceWindow, PolicyScope, ScopeMaintenance, Verdict, WindowStanding, WithoutWindow,
    ZoneSource,
};
use serde_json::{Value, json};
use uuid::Uuid;

const DEVICE: PolicyScope = PolicyScope::Device(DeviceId(Uuid::from_u128(1)));
const GROUP: PolicyScope = PolicyScope::Group(GroupId(Uuid::from_u128(1)));
const WARSAW: &str = "Europe/Warsaw";

fn scope(
    scope: PolicyScope,
    windows: Vec<MaintenanceWindow>,
    blackouts: Vec<Blackout>,
) -> ScopeMaintenance {
    ScopeMaintenance {
        scope,
        windows,
        blackouts,
    }
}

/// Fridays from 22:00, two hours.
fn friday(actions: &[&str]) -> Value {
    json!({"recurrence": {"type": "weekly", "days": ["friday"]}, "start_time": "22:00",
        "duration_minutes": 120, "actions": actions})
}

/// Sundays from 10:00, two hours.
fn sunday(actions: &[&str]) -> Value {
    json!({"recurrence": {"type": "weekly", "days": ["sunday"]}, "start_time": "10:00",
        "duration_minutes": 120, "actions": actions})
}

/// A Friday, 22:30 in Warsaw.
fn friday_night() -> Timestamp {
    at("2026-11-27T21:30Z")
}

/// A Sunday, 10:30 in Warsaw.
fn sunday_morning() -> Timestamp {
    at("2026-11-29T09:30Z")
}

fn verdict(rules: &MaintenanceRules, action: MaintenanceAction, at: Timestamp) -> Verdict {
    rules.calendar(Some(WARSAW), &ZONES).verdict(action, at)
}

fn standings(rules: &MaintenanceRules, at: Timestamp) -> Vec<WindowStanding> {
    let calendar = rules.calendar(Some(WARSAW), &ZONES);
    let windows = calendar.explain(UPDATE, at).windows;
    windows.into_iter().map(|window| window.standing).collect()
}

#[test]
fn scope_that_says_nothing_of_an_action_leaves_it_to_wider_ones() {
    let rules = rules(vec![
        scope(DEVICE, vec![window(1, friday(&["update"]))], vec![]),
        scope(
            GROUP,
            vec![window(2, sunday(&["update", "restart"]))],
            vec![],
        ),
    ]);
    let update = verdict(&rules, UPDATE, sunday_morning());
    assert_eq!((update.open, update.scope), (false, Some(DEVICE)));
    let restart = verdict(&rules, MaintenanceAction::Restart, sunday_morning());
    assert_eq!((restart.open, restart.scope), (true, Some(GROUP)));
    let overruled = WindowStanding::Overruled { by: DEVICE };
    assert_eq!(standings(&rules, sunday_morning())[1], overruled);
}

#[test]
fn window_that_is_not_enabled_is_not_there() {
    let mut off = window(1, friday(&["update"]));
    off.enabled = false;
    let rules = rules(vec![
        scope(DEVICE, vec![off], vec![]),
        scope(GROUP, vec![window(2, sunday(&["update"]))], vec![]),
    ]);
    let found = verdict(&rules, UPDATE, sunday_morning());
    assert_eq!((found.open, found.scope), (true, Some(GROUP)));
    assert_eq!(
        standings(&rules, sunday_morning())[0],
        WindowStanding::Disabled
    );
}

#[test]
fn window_decides_between_its_dates_alone() {
    let mut device = friday(&["update"]);
    device["valid_from"] = json!("2026-11-28");
    device["valid_until"] = json!("2026-11-29");
    let rules = rules(vec![
        scope(DEVICE, vec![window(1, device)], vec![]),
        scope(
            PolicyScope::Tenant,
            vec![
                window(2, sunday(&["update"])),
                window(3, friday(&["update"])),
            ],
            vec![],
        ),
    ]);
    // Before: the tenant decides. The device's window comes into force at midnight in Warsaw, and
    // ends the tenant's opening with that.
    let before = verdict(&rules, UPDATE, friday_night());
    assert_eq!(
        (before.open, before.scope),
        (true, Some(PolicyScope::Tenant))
    );
    assert_eq!(before.until, Some(at("2026-11-27T23:00Z")));
    let between = verdict(&rules, UPDATE, sunday_morning());
    assert_eq!((between.open, between.scope), (false, Some(DEVICE)));
    let after = verdict(&rules, UPDATE, at("2026-12-06T09:30Z"));
    assert_eq!((after.open, after.scope), (true, Some(PolicyScope::Tenant)));
    let gone = standings(&rules, at("2026-12-06T09:30Z"))[0];
    let since = at("2026-11-29T23:00Z");
    assert_eq!(gone, WindowStanding::NoLongerValid { since });
}

#[test]
fn blackout_of_the_tenant_beats_the_window_of_the_device() {
    let days = json!({"period": {"type": "monthly", "first_day": 20, "last_day": 27}});
    let rules = rules(vec![
        scope(DEVICE, vec![window(1, friday(&["update"]))], vec![]),
        scope(PolicyScope::Tenant, vec![], vec![blackout(days)]),
    ]);
    let found = verdict(&rules, UPDATE, friday_night());
    assert_eq!(found.because, Because::Blackout);
    assert_eq!(found.scope, Some(PolicyScope::Tenant));
    assert_eq!(found.until, Some(at("2026-11-27T23:00Z")));
    // A week later it is over, and the window counts.
    assert!(verdict(&rules, UPDATE, at("2026-12-04T21:30Z")).open);
}

#[test]
fn blackout_of_other_actions_does_not_matter() {
    let days = json!({"period": {"type": "monthly", "first_day": 1, "last_day": 31},
        "actions": ["restart"]});
    let rules = rules(vec![scope(
        DEVICE,
        vec![window(1, friday(&["update", "restart"]))],
        vec![blackout(days)],
    )]);
    assert!(verdict(&rules, UPDATE, friday_night()).open);
    assert!(!verdict(&rules, MaintenanceAction::Restart, friday_night()).open);
}

#[test]
fn without_any_window_the_setting_decides() {
    let mut rules = rules(vec![]);
    let (update, backup) = (UPDATE, MaintenanceAction::Backup);
    let held = verdict(&rules, update, friday_night());
    assert_eq!((held.open, held.because), (false, Because::WithoutWindow));
    assert_eq!((held.scope, held.until), (None, None));
    assert!(verdict(&rules, backup, friday_night()).open);
    rules.without_windows.update = WithoutWindow::Run;
    assert!(verdict(&rules, update, friday_night()).open);
}

#[test]
fn windows_of_one_scope_are_open_while_any_is() {
    let rules = rules(vec![scope(
        GROUP,
        vec![
            window(1, friday(&["update"])),
            window(
                2,
                json!({"recurrence": {"type": "weekly", "days": ["friday"]}, "start_time": "23:30",
                    "duration_minutes": 90, "actions": ["update"]}),
            ),
        ],
        vec![],
    )]);
    let calendar = rules.calendar(Some(WARSAW), &ZONES);
    let openings = calendar.openings(UPDATE, friday_night(), 1);
    assert_eq!(openings[0].end, Some(at("2026-11-28T00:00Z")));
}

#[test]
fn unknown_device_zone_is_the_tenants() {
    let rules = rules(vec![scope(
        GROUP,
        vec![window(1, friday(&["update"]))],
        vec![],
    )]);
    for unknown in [None, Some("Mars/Base"), Some("Etc/Unknown"), Some("")] {
        let calendar = rules.calendar(unknown, &ZONES);
        assert!(calendar.verdict(UPDATE, friday_night()).open, "{unknown:?}");
        let explanation = calendar.explain(UPDATE, friday_night());
        assert_eq!(explanation.time_zone, WARSAW);
        assert_eq!(explanation.zone_source, ZoneSource::Tenant);
    }
}

#[test]
fn window_of_an_unknown_zone_decides_and_does_not_open() {
    let mut lost = friday(&["update"]);
    lost["time_zone"] = json!("Mars/Base");
    let rules = rules(vec![
        scope(DEVICE, vec![window(1, lost)], vec![]),
        scope(GROUP, vec![window(2, friday(&["update"]))], vec![]),
    ]);
    let found = verdict(&rules, UPDATE, friday_night());
    assert_eq!((found.open, found.scope), (false, Some(DEVICE)));
    assert_eq!(found.until, None);
    assert_eq!(
        standings(&rules, friday_night())[0],
        WindowStanding::UnknownZone
    );
}

#[test]
fn blackout_of_an_unknown_zone_does_not_end() {
    let lost = json!({"period": {"type": "yearly", "first": "01-01", "last": "01-01"},
        "time_zone": "Mars/Base"});
    let rules = rules(vec![scope(
        DEVICE,
        vec![window(1, friday(&["update"]))],
        vec![blackout(lost)],
    )]);
    let found = verdict(&rules, UPDATE, friday_night());
    assert_eq!((found.because, found.until), (Because::Blackout, None));
    let calendar = rules.calendar(Some(WARSAW), &ZONES);
    let explanation = calendar.explain(UPDATE, friday_night());
    assert_eq!(
        explanation.blackouts[0].standing,
        BlackoutStanding::UnknownZone
    );
    assert!(explanation.openings.is_empty());
}
