//! What holds for any snapshots and any rules.

use crate::{at, definition, zone};
use jiff::{SignedDuration, Timestamp};
use latarnik_backup::retention::{
    KeepRules, Plan, RetentionRules, Snapshot, SnapshotKind, SnapshotState, plan,
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use std::{collections::BTreeSet, num::NonZeroU32};

const ZONES: [&str; 7] = [
    "Europe/Warsaw",
    "America/St_Johns",
    "America/Havana",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "UTC",
];

/// Nights on which clocks change, ends of years, and the day that Apia did without.
const NIGHTS: [&str; 8] = [
    "2026-10-25T00:00:00Z",
    "2026-03-29T00:00:00Z",
    "2026-03-08T05:00:00Z",
    "2009-11-01T02:31:00Z",
    "2026-12-31T23:00:00Z",
    "2021-01-03T23:00:00Z",
    "2024-12-30T00:00:00Z",
    "2011-12-30T10:00:00Z",
];

fn instants() -> impl Strategy<Value = Timestamp> {
    let near = (select(&NIGHTS[..]), -100_i64..100)
        .prop_map(|(night, steps)| at(night) + SignedDuration::from_mins(steps * 30));
    let around = (select(&NIGHTS[..]), -800_i64..800)
        .prop_map(|(night, days)| at(night) + SignedDuration::from_hours(days * 24));
    prop_oneof![3 => near, 2 => around]
}

fn snapshots(most: usize) -> impl Strategy<Value = Vec<Snapshot<u32>>> {
    use SnapshotState::{Good, Partial, Unverified};
    let one = (
        instants(),
        select(&SnapshotKind::ALL[..]),
        select(&[Good, Good, Good, Unverified, Partial][..]),
        prop::bool::weighted(0.05),
    );
    vec(one, 0..most).prop_map(|list| {
        let numbered = list.into_iter().zip(0..);
        let snapshot = |((at, kind, state, pinned), id)| Snapshot {
            id,
            at,
            kind,
            state,
            pinned,
        };
        numbered.map(snapshot).collect()
    })
}

fn keep_rules() -> impl Strategy<Value = KeepRules> {
    let number = || option::weighted(0.3, (1_u32..6).prop_map(|n| NonZeroU32::new(n).unwrap()));
    let within = option::weighted(
        0.3,
        select(&["1h", "36h", "1d", "7d", "1m", "1y2m3d4h", "40y"][..]),
    );
    (number(), number(), number(), number(), number(), within).prop_map(
        |(last, daily, weekly, monthly, yearly, within)| KeepRules {
            last,
            daily,
            weekly,
            monthly,
            yearly,
            within: within.map(|text| text.parse().unwrap()),
        },
    )
}

fn any_rules() -> impl Strategy<Value = RetentionRules> {
    (keep_rules(), keep_rules())
        .prop_map(|(full, incremental)| RetentionRules { full, incremental })
}

fn now() -> impl Strategy<Value = Timestamp> {
    prop_oneof![3 => Just(at("2040-01-01T00:00:00Z")), 1 => instants()]
}

fn kept_ids(plan: &Plan<u32>) -> BTreeSet<u32> {
    plan.keep.iter().map(|kept| kept.id).collect()
}

fn only(list: &[Snapshot<u32>], ids: &BTreeSet<u32>) -> Vec<Snapshot<u32>> {
    let kept = list.iter().filter(|snapshot| ids.contains(&snapshot.id));
    kept.cloned().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_plan_is_what_the_definition_says(
        list in snapshots(40), rules in any_rules(), now in now(), zone_name in select(&ZONES[..])
    ) {
        let zone = zone(zone_name);
        let plan = plan(&list, &rules, now, &zone);
        for snapshot in &list {
            let expected = definition::reasons(snapshot, &list, &rules, now, &zone);
            let kept = plan.keep.iter().find(|kept| kept.id == snapshot.id);
            let found = kept.map(|kept| kept.reasons.clone()).unwrap_or_default();
            prop_assert_eq!(&found, &expected, "{:?}", snapshot);
            prop_assert_eq!(plan.remove.contains(&snapshot.id), expected.is_empty());
        }
        prop_assert_eq!(plan.keep.len() + plan.remove.len(), list.len());
    }

    #[test]
    fn the_newest_good_snapshot_survives(
        list in snapshots(20), rules in any_rules(), now in now()
    ) {
        let kept = kept_ids(&plan(&list, &rules, now, &zone("Europe/Warsaw")));
        let good = || list.iter().filter(|snapshot| snapshot.state == SnapshotState::Good);
        for among in [good().filter(|s| s.at <= now).collect::<Vec<_>>(), good().collect()] {
            let Some(newest) = among.iter().map(|snapshot| snapshot.at).max() else { continue };
            prop_assert!(among.iter().any(|s| s.at == newest && kept.contains(&s.id)));
        }
        prop_assert_eq!(kept.is_empty(), list.is_empty());
    }

    #[test]
    fn a_plan_that_was_carried_out_has_nothing_left_to_do(
        list in snapshots(40), rules in any_rules(), now in now(), zone_name in select(&ZONES[..])
    ) {
        let zone = zone(zone_name);
        let first = plan(&list, &rules, now, &zone);
        let second = plan(&only(&list, &kept_ids(&first)), &rules, now, &zone);
        prop_assert_eq!(second.keep, first.keep);
        prop_assert!(second.remove.is_empty());
    }

    #[test]
    fn removing_after_every_run_and_at_the_end_come_to_the_same(
        mut list in snapshots(30), rules in any_rules(), zone_name in select(&ZONES[..])
    ) {
        let zone = zone(zone_name);
        list.sort_by_key(|snapshot| snapshot.at);
        let mut there: Vec<Snapshot<u32>> = Vec::new();
        for snapshot in &list {
            there.push(snapshot.clone());
            let kept = kept_ids(&plan(&there, &rules, snapshot.at, &zone));
            there = only(&there, &kept);
        }
        let now = list.last().map_or(Timestamp::UNIX_EPOCH, |snapshot| snapshot.at);
        prop_assert_eq!(
            there.iter().map(|snapshot| snapshot.id).collect::<BTreeSet<_>>(),
            kept_ids(&plan(&list, &rules, now, &zone))
        );
    }

    #[test]
    fn the_order_of_the_list_does_not_matter(
        list in snapshots(20).prop_shuffle(), rules in any_rules(), now in now()
    ) {
        let zone = zone("Europe/Warsaw");
        let mut sorted = list.clone();
        sorted.sort_by_key(|snapshot| snapshot.id);
        prop_assert_eq!(plan(&list, &rules, now, &zone), plan(&sorted, &rules, now, &zone));
    }

    #[test]
    fn a_durations_text_is_read_as_it_is_written(text in "([0-9]{1,6}[ymdh]){0,4}|.{0,8}") {
        use latarnik_backup::retention::Within;
        if let Ok(within) = text.parse::<Within>() {
            prop_assert_eq!(within.to_string().parse::<Within>(), Ok(within));
        }
    }
}
