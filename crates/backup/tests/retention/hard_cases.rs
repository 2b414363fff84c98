//! Cases worked out by hand.

use crate::{at, full, in_state, incremental, kept, reasons, rules, zone};
use latarnik_backup::retention::{Plan, Reason, Snapshot, SnapshotState, plan};

const LATER: &str = "2030-01-01T00:00:00Z";

fn planned(snapshots: &[Snapshot<String>], toml: &str, zone_name: &str) -> Plan<String> {
    plan(snapshots, &rules(toml), at(LATER), &zone(zone_name))
}

struct Case {
    name: &'static str,
    zone: &'static str,
    rules: &'static str,
    /// Newest first; what stays has a `+` before it.
    snapshots: &'static [&'static str],
}

const CASES: &[Case] = &[
    Case {
        name: "the newest of a day stays, days without snapshots do not count",
        zone: "UTC",
        rules: "daily = 2",
        snapshots: &[
            "+2026-11-20T22:00:00Z",
            "-2026-11-20T10:00:00Z",
            "+2026-11-03T10:00:00Z",
            "-2026-11-02T10:00:00Z",
        ],
    },
    Case {
        name: "the oldest does not fill up for days that are missing",
        zone: "UTC",
        rules: "daily = 3",
        snapshots: &[
            "+2026-11-20T22:00:00Z",
            "+2026-11-19T22:00:00Z",
            "-2026-11-19T12:00:00Z",
            "-2026-11-19T02:00:00Z",
        ],
    },
    Case {
        name: "days are those of the zone",
        zone: "Europe/Warsaw",
        rules: "daily = 2",
        snapshots: &[
            "+2026-11-20T23:30:00Z", // 21 November in Warsaw
            "+2026-11-20T22:30:00Z",
            "-2026-11-19T23:30:00Z",
        ],
    },
    Case {
        name: "a day on which clocks go back is one day of 25 hours",
        zone: "Europe/Warsaw",
        rules: "daily = 2",
        snapshots: &[
            "+2026-10-25T22:59:59Z", // 23:59:59
            "-2026-10-25T01:30:00Z", // 02:30, the second one
            "-2026-10-25T00:30:00Z", // 02:30, the first one
            "-2026-10-24T22:00:00Z", // 00:00
            "+2026-10-24T21:59:59Z",
            "-2026-10-24T21:00:00Z",
        ],
    },
    Case {
        name: "a day on which clocks go forward is one day of 23 hours",
        zone: "Europe/Warsaw",
        rules: "daily = 2",
        snapshots: &[
            "+2026-03-29T21:59:59Z",
            "-2026-03-28T23:00:00Z", // 00:00 on the 29th
            "+2026-03-28T22:59:59Z",
            "-2026-03-28T01:00:00Z",
        ],
    },
    Case {
        name: "a day that a clock enters twice counts once",
        zone: "America/St_Johns", // 00:01 became 23:01 on 1 November 2009
        rules: "daily = 2",
        snapshots: &[
            "+2009-11-01T05:00:00Z", // 1 November, 01:30
            "+2009-11-01T03:00:00Z", // 31 October, 23:30, the second one
            "-2009-11-01T02:30:30Z", // 1 November, 00:00:30
            "-2009-11-01T02:00:00Z", // 31 October, 23:30, the first one
            "-2009-10-30T12:00:00Z",
        ],
    },
    Case {
        name: "a day that a zone did without is no day",
        zone: "Pacific/Apia", // 29 December 2011 was followed by the 31st
        rules: "daily = 2",
        snapshots: &[
            "+2011-12-30T10:30:00Z", // 31 December, 00:30
            "+2011-12-30T09:30:00Z", // 29 December, 23:30
            "-2011-12-29T09:30:00Z",
        ],
    },
    Case {
        name: "the week of 1 January may belong to the old year",
        zone: "UTC",
        rules: "weekly = 2",
        snapshots: &[
            "+2027-01-04T00:00:00Z", // Monday of week 2027-W01
            "+2027-01-03T12:00:00Z", // Sunday of 2026-W53
            "-2027-01-01T12:00:00Z",
            "-2026-12-28T12:00:00Z",
            "-2026-12-27T12:00:00Z", // 2026-W52
        ],
    },
    Case {
        name: "the last days of December may belong to week 1 of the next year",
        zone: "UTC",
        rules: "weekly = 2",
        snapshots: &[
            "+2025-01-02T12:00:00Z", // 2025-W01
            "-2024-12-31T12:00:00Z",
            "-2024-12-30T12:00:00Z",
            "+2024-12-29T12:00:00Z", // 2024-W52
            "-2024-01-03T12:00:00Z", // 2024-W01
        ],
    },
    Case {
        name: "years begin at their midnight, not with an ISO week",
        zone: "Europe/Warsaw",
        rules: "yearly = 2",
        snapshots: &[
            "+2026-12-31T23:00:00Z", // 00:00 on 1 January 2027
            "+2026-12-31T22:59:59Z",
            "-2026-01-01T00:00:00Z",
            "-2025-12-31T23:00:00Z", // 00:00 on 1 January 2026
        ],
    },
    Case {
        name: "the same month of two years is two months",
        zone: "UTC",
        rules: "monthly = 2",
        snapshots: &[
            "+2026-11-20T12:00:00Z",
            "+2025-11-20T12:00:00Z",
            "-2024-11-20T12:00:00Z",
        ],
    },
    Case {
        name: "a duration is counted back from the newest, not from now, and its end is outside",
        zone: "UTC",
        rules: "within = \"7d\"",
        snapshots: &[
            "+2026-11-20T12:00:00Z",
            "+2026-11-13T12:00:01Z",
            "-2026-11-13T12:00:00Z",
        ],
    },
    Case {
        name: "days of a duration follow the clock on the wall",
        zone: "Europe/Warsaw",
        rules: "within = \"1d\"",
        snapshots: &[
            "+2026-10-25T11:00:00Z", // 12:00; a day before was 12:00 in summer time
            "+2026-10-24T10:30:00Z",
            "-2026-10-24T10:00:00Z",
        ],
    },
    Case {
        name: "hours of a duration are elapsed time",
        zone: "Europe/Warsaw",
        rules: "within = \"24h\"",
        snapshots: &[
            "+2026-10-25T11:00:00Z",
            "+2026-10-24T11:30:00Z",
            "-2026-10-24T11:00:00Z",
            "-2026-10-24T10:30:00Z",
        ],
    },
    Case {
        name: "a month before the last day of a long month is the last day of a short one",
        zone: "UTC",
        rules: "within = \"1m\"",
        snapshots: &[
            "+2027-03-31T12:00:00Z",
            "+2027-02-28T12:00:01Z",
            "-2027-02-28T12:00:00Z",
        ],
    },
    Case {
        name: "a year before 29 February is 28 February",
        zone: "UTC",
        rules: "within = \"1y\"",
        snapshots: &[
            "+2028-02-29T12:00:00Z",
            "+2027-02-28T12:00:01Z",
            "-2027-02-28T12:00:00Z",
        ],
    },
    Case {
        name: "rules add up",
        zone: "UTC",
        rules: "last = 2\nmonthly = 2\nyearly = 1",
        snapshots: &[
            "+2026-11-20T12:00:00Z",
            "+2026-11-19T12:00:00Z",
            "-2026-11-18T12:00:00Z",
            "+2026-10-20T12:00:00Z",
            "-2026-09-20T12:00:00Z",
        ],
    },
];

#[test]
fn hard_cases() {
    for case in CASES {
        let snapshots: Vec<_> = case
            .snapshots
            .iter()
            .map(|line| incremental(&line[1..]))
            .collect();
        let toml = format!("[incremental]\n{}", case.rules);
        let plan = planned(&snapshots, &toml, case.zone);
        let expected: Vec<_> = case
            .snapshots
            .iter()
            .filter_map(|line| line.strip_prefix('+'))
            .collect();
        assert_eq!(kept(&plan), expected, "{}", case.name);
    }
}

#[test]
fn without_rules_everything_stays() {
    let snapshots = [
        incremental("2026-11-20T12:00:00Z"),
        full("2020-11-20T12:00:00Z"),
    ];
    let plan = planned(&snapshots, "", "UTC");
    assert_eq!(plan.remove, [""; 0]);
    let old = reasons(&plan, "2020-11-20T12:00:00Z");
    assert_eq!(old, [Reason::NoRule]);
}

#[test]
fn rules_of_one_kind_do_not_touch_the_other() {
    let snapshots = [
        incremental("2026-11-20T12:00:00Z"),
        incremental("2026-11-19T12:00:00Z"),
        full("2026-11-18T12:00:00Z"),
        full("2026-11-17T12:00:00Z"),
    ];
    let plan = planned(&snapshots, "[full]\nlast = 1", "UTC");
    assert_eq!(plan.remove, ["2026-11-17T12:00:00Z"]);
}

#[test]
fn kinds_have_periods_of_their_own() {
    let snapshots = [
        incremental("2026-11-20T22:00:00Z"),
        full("2026-11-20T02:00:00Z"),
    ];
    let toml = "[full]\ndaily = 1\n[incremental]\ndaily = 1";
    assert_eq!(planned(&snapshots, toml, "UTC").remove, [""; 0]);
}

#[test]
fn a_duration_counts_from_the_newest_of_either_kind() {
    let snapshots = [
        full("2026-11-20T12:00:00Z"),
        incremental("2026-11-19T12:00:00Z"),
        incremental("2026-11-01T12:00:00Z"),
        incremental("2026-10-31T12:00:00Z"),
    ];
    let plan = planned(&snapshots, "[incremental]\nwithin = \"7d\"", "UTC");
    assert_eq!(
        plan.remove,
        ["2026-11-01T12:00:00Z", "2026-10-31T12:00:00Z"]
    );
}

#[test]
fn partial_snapshots_never_take_the_place_of_complete_ones() {
    let partial = |text| in_state(SnapshotState::Partial, incremental(text));
    let snapshots = [
        partial("2026-11-20T22:00:00Z"),
        partial("2026-11-20T12:00:00Z"),
        incremental("2026-11-20T02:00:00Z"),
        partial("2026-11-19T02:00:00Z"),
        incremental("2026-11-18T02:00:00Z"),
        incremental("2026-11-17T02:00:00Z"),
    ];
    let plan = planned(&snapshots, "[incremental]\ndaily = 2", "UTC");
    assert_eq!(
        kept(&plan),
        [
            "2026-11-20T22:00:00Z",
            "2026-11-20T02:00:00Z",
            "2026-11-19T02:00:00Z",
            "2026-11-18T02:00:00Z",
        ]
    );
}

#[test]
fn a_snapshot_that_waits_for_verification_is_counted_like_a_good_one() {
    let unverified = in_state(
        SnapshotState::Unverified,
        incremental("2026-11-20T22:00:00Z"),
    );
    let snapshots = [
        unverified,
        incremental("2026-11-20T02:00:00Z"),
        incremental("2026-11-19T02:00:00Z"),
    ];
    let plan = planned(&snapshots, "[incremental]\ndaily = 2", "UTC");
    let newest_good = reasons(&plan, "2026-11-20T02:00:00Z");
    assert_eq!(newest_good, [Reason::NewestGood]);
    assert_eq!(reasons(&plan, "2026-11-19T02:00:00Z"), [Reason::Daily]);
}

#[test]
fn the_newest_good_snapshot_survives_years_of_others() {
    let good = full("2016-11-20T12:00:00Z");
    let mut snapshots = vec![good.clone(), full("2015-11-20T12:00:00Z")];
    for year in 2017..2027 {
        let text = format!("{year}-11-20T12:00:00Z");
        snapshots.push(in_state(SnapshotState::Unverified, full(&text)));
    }
    let plan = planned(&snapshots, "[full]\nlast = 1", "UTC");
    assert_eq!(
        kept(&plan),
        ["2026-11-20T12:00:00Z", "2016-11-20T12:00:00Z"]
    );
    assert_eq!(reasons(&plan, &good.id), [Reason::NewestGood]);
}

#[test]
fn where_none_is_good_the_newest_of_the_best_survives() {
    let snapshots = [
        in_state(SnapshotState::Partial, full("2026-11-20T12:00:00Z")),
        in_state(
            SnapshotState::Unverified,
            incremental("2026-11-10T12:00:00Z"),
        ),
    ];
    let toml = "[full]\nlast = 1\n[incremental]\nwithin = \"1h\"";
    let plan = planned(&snapshots, toml, "UTC");
    assert_eq!(plan.remove, [""; 0]);
    let unverified = reasons(&plan, "2026-11-10T12:00:00Z");
    assert_eq!(unverified, [Reason::Within, Reason::LastResort]);
}

#[test]
fn pinned_snapshots_stay_and_are_counted() {
    let pinned = |text| Snapshot {
        pinned: true,
        ..incremental(text)
    };
    let snapshots = [
        pinned("2026-11-20T12:00:00Z"),
        incremental("2026-11-19T12:00:00Z"),
        incremental("2026-11-18T12:00:00Z"),
        pinned("2020-11-18T12:00:00Z"),
    ];
    let plan = planned(&snapshots, "[incremental]\nlast = 2", "UTC");
    assert_eq!(plan.remove, ["2026-11-18T12:00:00Z"]);
    assert_eq!(reasons(&plan, "2020-11-18T12:00:00Z"), [Reason::Pinned]);
}

#[test]
fn a_clock_that_ran_ahead_pushes_nothing_out() {
    let snapshots = [
        incremental("2036-01-02T12:00:00Z"),
        incremental("2036-01-01T12:00:00Z"),
        incremental("2026-11-20T12:00:00Z"),
        incremental("2026-11-19T12:00:00Z"),
        incremental("2026-11-18T12:00:00Z"),
    ];
    let toml = "[incremental]\nlast = 1\nwithin = \"36h\"";
    let plan = plan(
        &snapshots,
        &rules(toml),
        at("2026-11-20T13:00:00Z"),
        &zone("UTC"),
    );
    assert_eq!(plan.remove, ["2026-11-18T12:00:00Z"]);
    assert_eq!(reasons(&plan, "2036-01-01T12:00:00Z"), [Reason::Future]);
    let newest = reasons(&plan, "2026-11-20T12:00:00Z");
    assert_eq!(newest, [Reason::Last, Reason::Within, Reason::NewestGood]);
}

#[test]
fn a_clock_that_was_set_back_removes_nothing() {
    let snapshots: Vec<_> = (10..30)
        .map(|day| incremental(&format!("2026-11-{day}T12:00:00Z")))
        .collect();
    let rules = rules("[incremental]\nlast = 1");
    let plan = plan(&snapshots, &rules, at("1980-01-01T00:00:00Z"), &zone("UTC"));
    assert_eq!(plan.remove, [""; 0]);
}

#[test]
fn a_clock_that_jumps_ahead_ages_nothing() {
    let snapshots: Vec<_> = (10..30)
        .map(|day| incremental(&format!("2026-11-{day}T12:00:00Z")))
        .collect();
    let rules = rules("[incremental]\nwithin = \"7d\"\ndaily = 9");
    let now = |text| plan(&snapshots, &rules, at(text), &zone("UTC"));
    assert_eq!(now("2026-11-29T13:00:00Z"), now("2099-01-01T00:00:00Z"));
}

#[test]
fn times_at_the_ends_of_time_are_no_trouble() {
    let extreme = |at, id: &str| {
        Snapshot {
            at,
            ..incremental("2026-11-20T12:00:00Z")
        }
        .named(id)
    };
    let snapshots = [
        extreme(jiff::Timestamp::MIN, "first"),
        extreme(jiff::Timestamp::MAX, "last"),
    ];
    let toml = "[incremental]\nweekly = 1\nwithin = \"10000y\"";
    for now in [jiff::Timestamp::MIN, jiff::Timestamp::MAX] {
        for zone_name in ["Pacific/Kiritimati", "Pacific/Pago_Pago"] {
            let plan = plan(&snapshots, &rules(toml), now, &zone(zone_name));
            assert!(kept(&plan).contains(&"last"));
        }
    }
}

#[test]
fn an_id_that_is_there_twice_is_not_removed_while_either_stays() {
    let old = Snapshot {
        at: at("2020-01-01T00:00:00Z"),
        ..incremental("2026-11-20T12:00:00Z")
    };
    let snapshots = [old, incremental("2026-11-20T12:00:00Z")];
    let plan = planned(&snapshots, "[incremental]\nlast = 1", "UTC");
    assert_eq!(plan.remove, [""; 0]);
}

trait Named {
    fn named(self, id: &str) -> Self;
}

impl Named for Snapshot<String> {
    fn named(self, id: &str) -> Self {
        Self {
            id: id.to_owned(),
            ..self
        }
    }
}
