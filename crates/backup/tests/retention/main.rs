//! Retention against its definition: written the slow and obvious way, in cases worked out by hand,
//! and against what stock restic keeps.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should fail at once"
)]

mod definition;
mod hard_cases;
mod like_restic;
mod properties;
mod rules;
mod simulation;

#[path = "../stock_restic/mod.rs"]
mod stock_restic;

use jiff::{
    Timestamp,
    tz::{TimeZone, TimeZoneDatabase},
};
use latarnik_backup::retention::{
    Plan, Reason, RetentionRules, Snapshot, SnapshotKind, SnapshotState,
};

pub(crate) fn zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(name).unwrap()
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn rules(toml: &str) -> RetentionRules {
    toml::from_str(toml).unwrap()
}

/// A good incremental snapshot whose id is its instant as it is written here.
pub(crate) fn incremental(text: &str) -> Snapshot<String> {
    Snapshot {
        id: text.to_owned(),
        at: at(text),
        kind: SnapshotKind::Incremental,
        state: SnapshotState::Good,
        pinned: false,
    }
}

pub(crate) fn full(text: &str) -> Snapshot<String> {
    Snapshot {
        kind: SnapshotKind::Full,
        ..incremental(text)
    }
}

pub(crate) fn in_state(state: SnapshotState, snapshot: Snapshot<String>) -> Snapshot<String> {
    Snapshot { state, ..snapshot }
}

pub(crate) fn kept(plan: &Plan<String>) -> Vec<&str> {
    plan.keep.iter().map(|kept| kept.id.as_str()).collect()
}

pub(crate) fn reasons(plan: &Plan<String>, id: &str) -> Vec<Reason> {
    let kept = plan.keep.iter().find(|kept| kept.id == id);
    kept.map_or_else(Vec::new, |kept| kept.reasons.iter().copied().collect())
}
