//! What it takes to decide over ten thousand snapshots.
//!
//! `cargo run --release -p latarnik-backup --example retention_plan`; prints one line of JSON, times
//! in milliseconds.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot be made should fail at once, and its line is the result"
)]

use jiff::{SignedDuration, Timestamp, tz::TimeZoneDatabase};
use latarnik_backup::retention::{RetentionRules, Snapshot, SnapshotKind, SnapshotState, plan};
use serde_json::json;
use std::time::Instant;

const SNAPSHOTS: i64 = 10_000;
const RUNS: usize = 21;

fn main() {
    let zone = TimeZoneDatabase::bundled().get("Europe/Warsaw").unwrap();
    let now: Timestamp = "2026-11-27T10:00:00Z".parse().unwrap();
    let keep = json!({"last": 100, "daily": 365, "weekly": 520, "monthly": 120, "yearly": 100,
        "within": "1y6m"});
    let rules: RetentionRules =
        serde_json::from_value(json!({"full": keep, "incremental": keep})).unwrap();
    // Every seven hours for eight years, every seventh a full one, every eleventh partial.
    let snapshots: Vec<Snapshot<[u8; 32]>> = (0..SNAPSHOTS)
        .map(|number| Snapshot {
            id: std::array::from_fn(|index| number.to_be_bytes().get(index % 8).copied().unwrap()),
            at: now - SignedDuration::from_hours(number * 7),
            kind: if number % 7 == 0 {
                SnapshotKind::Full
            } else {
                SnapshotKind::Incremental
            },
            state: if number % 11 == 0 {
                SnapshotState::Partial
            } else {
                SnapshotState::Good
            },
            pinned: false,
        })
        .collect();
    let mut times = Vec::new();
    let mut kept = 0;
    for _ in 0..RUNS {
        let begin = Instant::now();
        kept = plan(&snapshots, &rules, now, &zone).keep.len();
        times.push(begin.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    println!(
        "{}",
        json!({"what": "plan over 10000 snapshots", "kept": kept,
            "median": times.get(RUNS / 2).unwrap(), "slowest": times.last().unwrap()})
    );
}
