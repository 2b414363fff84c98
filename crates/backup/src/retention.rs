//! Which snapshots stay, and which may go.
//!
//! Pure rules over a list of [`Snapshot`]s: no I/O, no clock, no repository. [`plan()`] decides;
//! [`restore_points`] and [`change_of_rules`] answer beforehand what a schedule and rules come to.
//!
//! 1. A snapshot that is pinned, or from the future, stays.
//! 2. Full and incremental snapshots have rules of their own. Without a rule for its kind, a
//!    snapshot stays.
//! 3. Otherwise a snapshot stays if a rule of its kind keeps it: among the last *n*; the newest of
//!    one of the last *n* days, ISO weeks, months or years that have snapshots; or younger than a
//!    duration, counted back from the newest snapshot of either kind.
//! 4. Every rule is asked twice: over all snapshots, and as though the partial ones were not there.
//!    What either answer keeps, stays: a partial snapshot never takes the place of a complete one.
//! 5. The newest good snapshot stays, whatever the rules say.
//!
//! Over complete snapshots of one kind that is what `restic forget` of Debian 12 keeps.
//! `docs/backup-retention.md` compares the two.

mod plan;
mod rules;
mod schedule;
mod simulation;

pub use plan::{Kept, Plan, Reason, plan};
pub use rules::{
    KeepRules, KeepRulesDraft, MOST_KEPT, RetentionRules, RetentionRulesDraft, RuleFault,
    RuleFaultCode, RuleFaults, Within,
};
pub use schedule::{PlannedRun, Schedule, Timetable};
pub use simulation::{ChangeOfRules, RestorePoint, change_of_rules, restore_points};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How a snapshot was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotKind {
    /// Every byte was read again.
    Full,
    /// What had changed was read.
    Incremental,
}

impl SnapshotKind {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::Full, Self::Incremental];
}

/// What is known of a snapshot's contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotState {
    /// Some of the sources could not be read.
    Partial,
    /// Complete, and not verified yet.
    Unverified,
    /// Complete and verified.
    Good,
}

/// A snapshot as retention sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot<Id> {
    /// Its name; no two snapshots share one.
    pub id: Id,
    /// When its run began.
    pub at: Timestamp,
    /// How it was read.
    pub kind: SnapshotKind,
    /// What is known of its contents.
    pub state: SnapshotState,
    /// Whether a person said that it stays.
    pub pinned: bool,
}
