//! Answers before anything is removed.

use super::{
    PlannedRun, RetentionRules, RunKind, Snapshot, SnapshotState, plan,
    plan::{Plan, Reason},
    schedule::instant,
};
use jiff::{
    Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};
use serde::Serialize;
use std::collections::BTreeSet;

/// A snapshot that will be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RestorePoint {
    /// When its run began.
    pub at: Timestamp,
    /// How it was read.
    pub kind: RunKind,
    /// Why it is still there.
    pub reasons: BTreeSet<Reason>,
}

/// The restore points at the end of a date in `zone`, newest first, if all of these runs succeed and
/// the rules are kept after each. Runs after that date are not counted.
///
/// It is enough to ask the rules once, at the end: what they once let go, they never ask for again.
pub fn restore_points(
    runs: impl IntoIterator<Item = PlannedRun>,
    rules: &RetentionRules,
    on: Date,
    zone: &TimeZone,
) -> Vec<RestorePoint> {
    let midnight = on.tomorrow().ok();
    let midnight = midnight.and_then(|next| instant(next, Time::midnight(), zone));
    let end = midnight.unwrap_or(Timestamp::MAX);
    let runs: Vec<PlannedRun> = runs.into_iter().filter(|run| run.at < end).collect();
    let snapshots: Vec<Snapshot<usize>> = runs
        .iter()
        .enumerate()
        .map(|(id, run)| Snapshot {
            id,
            at: run.at,
            kind: run.kind,
            state: SnapshotState::Good,
            pinned: false,
        })
        .collect();
    let kept = plan(&snapshots, rules, end, zone).keep;
    kept.into_iter()
        .filter_map(|kept| {
            let run = runs.get(kept.id)?;
            Some(RestorePoint {
                at: run.at,
                kind: run.kind,
                reasons: kept.reasons,
            })
        })
        .collect()
}

/// What other rules would do to the snapshots that are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangeOfRules<Id> {
    /// What would stay and what would go.
    pub plan: Plan<Id>,
    /// Full snapshots that would go.
    pub full_removed: usize,
    /// Incremental snapshots that would go.
    pub incremental_removed: usize,
    /// Bytes that would be freed, also those that snapshots which go share among each other alone.
    pub freed_bytes: u64,
}

/// What these rules would remove now. `freed` tells what removing all of these snapshots frees, as
/// [`Generations::forecast`](crate::Generations::forecast) does.
///
/// # Errors
///
/// Those of `freed`.
pub fn change_of_rules<Id: Clone + Ord, E>(
    snapshots: &[Snapshot<Id>],
    rules: &RetentionRules,
    now: Timestamp,
    zone: &TimeZone,
    freed: impl FnOnce(&[Id]) -> Result<u64, E>,
) -> Result<ChangeOfRules<Id>, E> {
    let plan = plan(snapshots, rules, now, zone);
    let removed: BTreeSet<&Id> = plan.remove.iter().collect();
    let of_kind = |kind| {
        let of_kind = snapshots.iter().filter(|snapshot| snapshot.kind == kind);
        of_kind
            .filter(|snapshot| removed.contains(&snapshot.id))
            .count()
    };
    Ok(ChangeOfRules {
        full_removed: of_kind(RunKind::Full),
        incremental_removed: of_kind(RunKind::Incremental),
        freed_bytes: freed(&plan.remove)?,
        plan,
    })
}
