//! Over complete snapshots of one kind the plan is what `restic forget` keeps, but for the oldest that
//! newer versions of restic keep where there are not enough.

use crate::{
    incremental, rules,
    stock_restic::{output, restic},
    zone,
};
use jiff::Timestamp;
use latarnik_backup::retention::{Snapshot, plan};
use serde_json::Value;
use std::{collections::BTreeMap, thread};

/// Times in Warsaw: two on a day, both ends of ISO years, nights on which clocks change, gaps.
const TIMES: [&str; 18] = [
    "2024-12-29 22:00:00",
    "2024-12-30 22:00:00",
    "2025-12-28 23:59:59",
    "2025-12-29 00:00:00",
    "2026-01-01 00:00:00",
    "2026-01-04 23:30:00",
    "2026-02-28 02:00:00",
    "2026-03-28 23:30:00",
    "2026-03-29 00:30:00",
    "2026-03-29 03:30:00",
    "2026-03-30 00:15:00",
    "2026-10-24 23:30:00",
    "2026-10-25 00:30:00",
    "2026-10-25 01:30:00",
    "2026-10-25 23:45:00",
    "2026-11-25 02:00:00",
    "2026-11-26 02:00:00",
    "2026-11-26 14:00:00",
];

const RULES: [(&str, &[&str]); 10] = [
    ("last = 4", &["--keep-last=4"]),
    ("daily = 5", &["--keep-daily=5"]),
    ("daily = 100", &["--keep-daily=100"]),
    ("weekly = 6", &["--keep-weekly=6"]),
    ("monthly = 4", &["--keep-monthly=4"]),
    ("monthly = 12", &["--keep-monthly=12"]),
    ("yearly = 2", &["--keep-yearly=2"]),
    ("within = \"1m1d2h\"", &["--keep-within=1m1d2h"]),
    ("within = \"24h\"", &["--keep-within=24h"]),
    (
        "last = 1\ndaily = 3\nweekly = 4\nmonthly = 3\nyearly = 2\nwithin = \"1d\"",
        &[
            "--keep-last=1",
            "--keep-daily=3",
            "--keep-weekly=4",
            "--keep-monthly=3",
            "--keep-yearly=2",
            "--keep-within=1d",
        ],
    ),
];

fn times(snapshots: &Value) -> Vec<Timestamp> {
    let snapshots = snapshots.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut times: Vec<Timestamp> = snapshots
        .iter()
        .map(|snapshot| snapshot["time"].as_str().unwrap().parse().unwrap())
        .collect();
    times.sort_unstable_by(|a, b| b.cmp(a));
    times
}

#[test]
fn complete_snapshots_of_one_kind_are_kept_as_restic_keeps_them() {
    let folder = tempfile::tempdir().unwrap();
    let environment = BTreeMap::from(
        [
            ("RESTIC_REPOSITORY", "repository"),
            ("RESTIC_PASSWORD", "latarnik"),
            ("TZ", "Europe/Warsaw"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let run = |arguments: &[&str]| output(restic(folder.path(), &environment), arguments);
    run(&["init"]);
    std::fs::write(folder.path().join("file"), "contents").unwrap();
    thread::scope(|scope| {
        for times in TIMES.chunks(5) {
            scope.spawn(move || {
                for time in times {
                    run(&["backup", "--force", "--time", time, "file"]);
                }
            });
        }
    });
    let all = times(&serde_json::from_str(&run(&["snapshots", "--json"])).unwrap());
    let snapshots: Vec<Snapshot<String>> =
        all.iter().map(|at| incremental(&at.to_string())).collect();
    assert_eq!(snapshots.len(), TIMES.len());
    for (rule, arguments) in RULES {
        let fixed = ["forget", "--dry-run", "--json", "--group-by="];
        let told = run(&[&fixed[..], arguments].concat());
        // A summary in prose may follow the JSON.
        let told = serde_json::Deserializer::from_str(&told).into_iter::<Value>();
        let groups = told.flatten().find(Value::is_array).unwrap();
        let rules = rules(&format!("[incremental]\n{rule}"));
        let plan = plan(&snapshots, &rules, all[0], &zone("Europe/Warsaw"));
        let kept: Vec<Timestamp> = plan.keep.iter().map(|k| k.id.parse().unwrap()).collect();
        let mut kept_by_restic = times(&groups[0]["keep"]);
        // Since 0.16 the oldest fills up for periods that are missing.
        let oldest = all.last().filter(|oldest| !kept.contains(oldest));
        kept_by_restic.retain(|at| Some(at) != oldest);
        assert_eq!(kept, kept_by_restic, "{rule}");
    }
}
