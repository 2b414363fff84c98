use super::*;
use jiff::ToSpan;
use latarnik_model::WithoutWindow;
use serde_json::{Value, json};

fn rules(windows: &[Value], blackouts: &[Value]) -> MaintenanceRules {
    let rules = json!({
        "tenant_zone": "Europe/Warsaw",
        "scopes": [{
            "scope": {"kind": "tenant"},
            "windows": windows,
            "blackouts": blackouts,
        }],
    });
    serde_json::from_value(rules).unwrap()
}

fn every_night(start: &str, minutes: u32) -> Value {
    json!({
        "id": "019aa000-0000-7000-8000-0000000000a1",
        "name": "Night",
        "enabled": true,
        "definition": {
            "recurrence": {
                "type": "weekly",
                "days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
            },
            "start_time": start,
            "duration_minutes": minutes,
            "actions": ["update"],
        },
    })
}

fn holidays() -> Value {
    json!({
        "id": "019aa000-0000-7000-8000-0000000000b1",
        "name": "Holidays",
        "definition": {
            "period": {"type": "yearly", "first": "12-20", "last": "01-06"},
            "actions": ["update"],
        },
    })
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn ask(known: &KnownRules, zone: Option<&str>, now: &str, minutes: i64) -> Passage {
    let gate = WindowGate {
        rules: known,
        zone,
        zones: jiff::tz::db(),
    };
    let need = SignedDuration::from_mins(minutes);
    gate.passage(MaintenanceAction::Update, Some(at(now)), need)
}

fn closed(reason: WaitReason, until: Option<&str>) -> (WaitReason, Option<Timestamp>) {
    (reason, until.map(at))
}

fn wait(passage: Passage) -> (WaitReason, Option<Timestamp>) {
    match passage {
        Passage::Closed { reason, until, .. } => (reason, until),
        Passage::Open { .. } => panic!("open"),
    }
}

const WARSAW: Option<&str> = Some("Europe/Warsaw");

#[test]
fn work_begins_only_while_the_rest_of_the_window_is_long_enough() {
    let known = KnownRules::Known(rules(&[every_night("22:00", 120)], &[]));
    let until = Some(at("2026-11-27T23:00:00Z"));
    assert_eq!(
        ask(&known, WARSAW, "2026-11-27T22:40:00Z", 20),
        Passage::Open { until }
    );
    let next = Some("2026-11-28T21:00:00Z");
    assert_eq!(
        wait(ask(&known, WARSAW, "2026-11-27T22:41:00Z", 20)),
        closed(WaitReason::LongerWindow, next)
    );
    assert_eq!(
        wait(ask(&known, WARSAW, "2026-11-27T23:00:00Z", 20)),
        closed(WaitReason::Window, next)
    );
    assert_eq!(
        wait(ask(&known, WARSAW, "2026-11-27T12:00:00Z", 121)),
        closed(WaitReason::LongerWindow, None)
    );
}

#[test]
fn the_reason_names_what_is_in_the_way() {
    let known = KnownRules::Known(rules(&[every_night("22:00", 120)], &[holidays()]));
    assert_eq!(
        wait(ask(&known, WARSAW, "2026-12-24T21:30:00Z", 15)),
        closed(WaitReason::Blackout, Some("2027-01-07T21:00:00Z"))
    );
    let none = rules(&[], &[]);
    assert_eq!(
        wait(ask(
            &KnownRules::Known(none.clone()),
            WARSAW,
            "2026-11-27T12:00:00Z",
            15
        )),
        closed(WaitReason::WindowDefinition, None)
    );
    let mut runs = none;
    runs.without_windows.update = WithoutWindow::Run;
    assert_eq!(
        ask(
            &KnownRules::Known(runs),
            WARSAW,
            "2026-11-27T12:00:00Z",
            9_999
        ),
        Passage::Open { until: None }
    );
    for unknown in [KnownRules::Missing, KnownRules::Unreadable] {
        assert_eq!(
            wait(ask(&unknown, WARSAW, "2026-11-27T12:00:00Z", 15)),
            closed(WaitReason::RulesUnknown, None)
        );
    }
}

#[test]
fn a_night_in_which_the_clock_changes_is_as_long_as_the_window_and_not_as_the_wall_says() {
    let known = KnownRules::Known(rules(&[every_night("01:30", 120)], &[]));
    // In spring 02:00 becomes 03:00: from 01:30 to 04:30 on the wall.
    assert_eq!(
        ask(&known, WARSAW, "2027-03-28T00:30:00Z", 120),
        Passage::Open {
            until: Some(at("2027-03-28T02:30:00Z"))
        }
    );
    // In autumn 03:00 becomes 02:00: from 01:30 to 02:30, the second time.
    assert_eq!(
        ask(&known, WARSAW, "2026-10-24T23:30:00Z", 120),
        Passage::Open {
            until: Some(at("2026-10-25T01:30:00Z"))
        }
    );
    // A start that spring skips stands for the first instant after the gap.
    let skipped = KnownRules::Known(rules(&[every_night("02:30", 60)], &[]));
    assert_eq!(
        wait(ask(&skipped, WARSAW, "2027-03-28T00:59:00Z", 60)),
        closed(WaitReason::Window, Some("2027-03-28T01:00:00Z"))
    );
}

#[test]
fn the_machines_own_zone_counts_and_the_tenants_where_nothing_is_known_of_it() {
    let known = KnownRules::Known(rules(&[every_night("22:00", 60)], &[]));
    for (zone, opens) in [
        (Some("Asia/Tokyo"), "2026-11-27T13:00:00Z"),
        (WARSAW, "2026-11-27T21:00:00Z"),
        (None, "2026-11-27T21:00:00Z"),
        (Some("Middle/Earth"), "2026-11-27T21:00:00Z"),
    ] {
        assert_eq!(
            wait(ask(&known, zone, "2026-11-27T00:00:00Z", 15)),
            closed(WaitReason::Window, Some(opens)),
            "{zone:?}"
        );
    }
}

#[test]
fn it_is_looked_at_again_when_the_verdict_changes_by_itself() {
    let known = KnownRules::Known(rules(&[every_night("22:00", 120)], &[holidays()]));
    let Passage::Closed { look_again, .. } = ask(&known, WARSAW, "2026-12-24T21:30:00Z", 15) else {
        panic!("open");
    };
    assert_eq!(look_again, Some(at("2027-01-06T23:00:00Z")));
}

#[test]
fn one_line_tells_the_verdict_its_reasons_and_what_comes_next() {
    let known = KnownRules::Known(rules(&[every_night("22:00", 120)], &[holidays()]));
    let gate = WindowGate {
        rules: &known,
        zone: WARSAW,
        zones: jiff::tz::db(),
    };
    let line =
        |now: Timestamp| verdict_line(&gate.explain(MaintenanceAction::Update, now).unwrap());
    let closed = at("2026-11-27T12:00:00Z");
    assert_eq!(
        line(closed),
        "closed, tenant's window \"Night\" opens 2026-11-27T21:00:00Z, \
         next opening 2026-11-27T22:00:00+01:00 (Europe/Warsaw)"
    );
    assert_eq!(
        line(closed + 9.hours()),
        "open, tenant's window \"Night\" until 2026-11-27T23:00:00Z"
    );
    assert_eq!(
        line(at("2026-12-24T12:00:00Z")),
        "closed, tenant's blackout \"Holidays\" until 2027-01-06T23:00:00Z, \
         next opening 2027-01-07T22:00:00+01:00 (Europe/Warsaw)"
    );
    let none = gate.explain(MaintenanceAction::Restart, closed).unwrap();
    assert_eq!(verdict_line(&none), "closed, no window is in force");
}
