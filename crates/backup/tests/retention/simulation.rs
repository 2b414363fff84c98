//! What a schedule and rules come to.

use crate::{at, full, incremental, rules, zone};
use jiff::civil::{Weekday, date, time};
use latarnik_backup::retention::{
    PlannedRun, Reason, RestorePoint, RunKind, Schedule, Timetable, change_of_rules, restore_points,
};

/// Full on Sundays at 01:00, incremental every day at 02:30.
fn schedule() -> Schedule {
    Schedule {
        full: Some(Timetable::weekly(Weekday::Sunday, time(1, 0, 0, 0))),
        incremental: Some(Timetable::daily(time(2, 30, 0, 0))),
    }
}

fn shown(points: &[RestorePoint]) -> Vec<String> {
    let zone = zone("Europe/Warsaw");
    let line = |point: &RestorePoint| {
        let local = point.at.to_zoned_datetime(zone.clone());
        let local = local.strftime("%a %Y-%m-%d %H:%M");
        let reasons: Vec<String> = point.reasons.iter().map(|r| format!("{r:?}")).collect();
        format!("{local} {:?}: {}", point.kind, reasons.join(", "))
    };
    points.iter().map(line).collect()
}

#[test]
fn restore_points_on_a_date_are_told_with_their_reasons() {
    let zone = zone("Europe/Warsaw");
    let rules = rules("[full]\nlast = 1\nmonthly = 3\n[incremental]\ndaily = 3");
    let start = date(2026, 9, 1);
    let on = date(2026, 11, 24);
    let schedule = schedule();
    let runs = schedule.runs(start, date(2027, 6, 1), &zone);
    let points = restore_points(runs, &rules, on, &zone);
    assert_eq!(
        shown(&points),
        [
            "Tue 2026-11-24 02:30 Incremental: Daily, NewestGood",
            "Mon 2026-11-23 02:30 Incremental: Daily",
            "Sun 2026-11-22 02:30 Incremental: Daily",
            "Sun 2026-11-22 01:00 Full: Last, Monthly",
            "Sun 2026-10-25 01:00 Full: Monthly",
            "Sun 2026-09-27 01:00 Full: Monthly",
        ]
    );
}

#[test]
fn a_date_includes_its_last_moment_and_not_the_next_midnight() {
    let zone = zone("Europe/Warsaw");
    let run = |text| PlannedRun {
        at: at(text),
        kind: RunKind::Full,
    };
    let runs = [run("2026-10-25T22:59:59.999Z"), run("2026-10-25T23:00:00Z")];
    let points = restore_points(runs, &rules(""), date(2026, 10, 25), &zone);
    assert_eq!(points.len(), 1);
    assert!(points[0].reasons.contains(&Reason::NoRule));
}

#[test]
fn before_the_first_run_there_is_nothing() {
    let zone = zone("Europe/Warsaw");
    let schedule = schedule();
    let runs = schedule.runs(date(2026, 9, 1), date(2026, 12, 1), &zone);
    assert_eq!(
        restore_points(runs, &rules(""), date(2026, 8, 31), &zone),
        []
    );
}

#[test]
fn runs_keep_to_the_clock_on_the_wall_over_clock_changes() {
    let zone = zone("Europe/Warsaw");
    let at_half_past_two = Schedule {
        full: None,
        incremental: Some(Timetable::daily(time(2, 30, 0, 0))),
    };
    let times = |first, last| -> Vec<String> {
        let runs = at_half_past_two.runs(first, last, &zone);
        runs.map(|run| run.at.to_string()).collect()
    };
    assert_eq!(
        times(date(2026, 3, 28), date(2026, 3, 30)),
        [
            "2026-03-28T01:30:00Z",
            "2026-03-29T01:00:00Z", // skipped: 03:00, the first instant after the gap
            "2026-03-30T00:30:00Z",
        ]
    );
    assert_eq!(
        times(date(2026, 10, 24), date(2026, 10, 26)),
        [
            "2026-10-24T00:30:00Z",
            "2026-10-25T00:30:00Z", // twice: the first one
            "2026-10-26T01:30:00Z",
        ]
    );
}

#[test]
fn a_full_run_takes_the_place_of_an_incremental_one_at_the_same_time() {
    let zone = zone("Europe/Warsaw");
    let both = Schedule {
        full: Some(Timetable::weekly(Weekday::Sunday, time(3, 0, 0, 0))),
        incremental: Some(Timetable::daily(time(3, 0, 0, 0))),
    };
    let kinds: Vec<RunKind> = both
        .runs(date(2026, 11, 21), date(2026, 11, 23), &zone)
        .map(|run| run.kind)
        .collect();
    use RunKind::{Full, Incremental};
    assert_eq!(kinds, [Incremental, Full, Incremental]);
}

#[test]
fn new_rules_tell_what_they_would_remove_and_free() {
    let snapshots = [
        full("2026-11-20T12:00:00Z"),
        full("2026-11-10T12:00:00Z"),
        incremental("2026-11-19T12:00:00Z"),
        incremental("2026-11-18T12:00:00Z"),
        incremental("2026-11-17T12:00:00Z"),
    ];
    let rules = rules("[full]\nlast = 1\n[incremental]\nlast = 1");
    let now = at("2026-11-21T00:00:00Z");
    // Two of them share 500 bytes that no other has: that is for the repository to know.
    let freed = |removed: &[String]| match removed.len() {
        3 => Ok(1502),
        other => Err(other),
    };
    let change = change_of_rules(&snapshots, &rules, now, &zone("UTC"), freed).unwrap();
    assert_eq!((change.full_removed, change.incremental_removed), (1, 2));
    assert_eq!(change.freed_bytes, 1502);
    assert_eq!(
        serde_json::to_value(&change).unwrap(),
        serde_json::json!({
            "plan": {
                "keep": [
                    {"id": "2026-11-20T12:00:00Z", "reasons": ["last", "newest_good"]},
                    {"id": "2026-11-19T12:00:00Z", "reasons": ["last"]},
                ],
                "remove": [
                    "2026-11-18T12:00:00Z",
                    "2026-11-17T12:00:00Z",
                    "2026-11-10T12:00:00Z",
                ],
            },
            "full_removed": 1,
            "incremental_removed": 2,
            "freed_bytes": 1502,
        })
    );
}
