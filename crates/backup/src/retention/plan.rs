//! What stays and what goes.

use super::{KeepRules, RetentionRules, Snapshot, SnapshotKind, SnapshotState};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeSet, HashSet},
    num::NonZeroU32,
};

/// Why a snapshot stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Among the last so many.
    Last,
    /// The newest of its day.
    Daily,
    /// The newest of its ISO week.
    Weekly,
    /// The newest of its month.
    Monthly,
    /// The newest of its year.
    Yearly,
    /// Younger than the duration.
    Within,
    /// No rule is set for its kind.
    NoRule,
    /// A person said that it stays.
    Pinned,
    /// Its time has not come yet: some clock was or is wrong.
    Future,
    /// The newest good one of either kind.
    NewestGood,
    /// The newest of the best there are, where none is good.
    LastResort,
}

/// A snapshot that stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept<Id> {
    /// The snapshot.
    pub id: Id,
    /// Why, at least one reason.
    pub reasons: BTreeSet<Reason>,
}

/// What stays and what goes, each newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan<Id> {
    /// What stays.
    pub keep: Vec<Kept<Id>>,
    /// What may be removed.
    pub remove: Vec<Id>,
}

/// Decides on every snapshot. Days, weeks, months and years are those of `zone`; `now` serves to
/// tell snapshots of the future, which stay and are not counted, and for nothing else.
///
/// The order of `snapshots` does not matter: of two of one instant, the smaller id counts as newer.
/// An id that is there twice is never removed while either stays.
pub fn plan<Id: Clone + Ord>(
    snapshots: &[Snapshot<Id>],
    rules: &RetentionRules,
    now: Timestamp,
    zone: &TimeZone,
) -> Plan<Id> {
    let mut newest_first: Vec<&Snapshot<Id>> = snapshots.iter().collect();
    newest_first.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.id.cmp(&b.id)));
    let mut reasons = vec![BTreeSet::new(); newest_first.len()];
    let mut past = Vec::with_capacity(newest_first.len());
    for (index, (snapshot, reasons)) in newest_first.iter().zip(&mut reasons).enumerate() {
        if snapshot.pinned {
            reasons.insert(Reason::Pinned);
        }
        if snapshot.at > now {
            reasons.insert(Reason::Future);
        } else {
            past.push(Candidate::new(index, snapshot, zone));
        }
    }
    let complete: Vec<Candidate> = past
        .iter()
        .filter(|candidate| candidate.state != SnapshotState::Partial)
        .copied()
        .collect();
    let mut keep = |index: usize, reason| {
        if let Some(reasons) = reasons.get_mut(index) {
            reasons.insert(reason);
        }
    };
    for kind in SnapshotKind::ALL {
        apply(rules.of(kind), kind, &past, zone, &mut keep);
        if complete.len() < past.len() {
            apply(rules.of(kind), kind, &complete, zone, &mut keep);
        }
    }
    if let Some((index, reason)) = survivor(&past) {
        keep(index, reason);
    }
    divide(newest_first, reasons)
}

/// A snapshot that rules may count.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    index: usize,
    at: Timestamp,
    date: Date,
    kind: SnapshotKind,
    state: SnapshotState,
}

impl Candidate {
    fn new<Id>(index: usize, snapshot: &Snapshot<Id>, zone: &TimeZone) -> Self {
        Self {
            index,
            at: snapshot.at,
            date: zone.to_datetime(snapshot.at).date(),
            kind: snapshot.kind,
            state: snapshot.state,
        }
    }
}

/// Asks the rules of one kind over candidates of both, newest first.
fn apply(
    rules: &KeepRules,
    kind: SnapshotKind,
    candidates: &[Candidate],
    zone: &TimeZone,
    keep: &mut impl FnMut(usize, Reason),
) {
    let of_kind: Vec<&Candidate> = candidates.iter().filter(|c| c.kind == kind).collect();
    if rules.is_empty() {
        of_kind.iter().for_each(|c| keep(c.index, Reason::NoRule));
        return;
    }
    for candidate in of_kind.iter().take(count(rules.last)) {
        keep(candidate.index, Reason::Last);
    }
    periods(rules.daily, Reason::Daily, &of_kind, keep, |date| date);
    periods(rules.weekly, Reason::Weekly, &of_kind, keep, |date| {
        let week = date.iso_week_date();
        (week.year(), week.week())
    });
    periods(rules.monthly, Reason::Monthly, &of_kind, keep, |date| {
        (date.year(), date.month())
    });
    periods(rules.yearly, Reason::Yearly, &of_kind, keep, Date::year);
    if let (Some(within), Some(newest)) = (rules.within, candidates.first()) {
        let begin = newest.at.to_zoned_datetime(zone.clone());
        let begin = begin.checked_sub(within.span());
        // Further back than time goes is all of it.
        let begin = begin.map_or(Timestamp::MIN, |begin| begin.timestamp());
        for candidate in of_kind.iter().take_while(|c| c.at > begin) {
            keep(candidate.index, Reason::Within);
        }
    }
}

/// Keeps the newest of each of the last so many periods that have snapshots.
fn periods<P: Eq + std::hash::Hash>(
    most: Option<NonZeroU32>,
    reason: Reason,
    newest_first: &[&Candidate],
    keep: &mut impl FnMut(usize, Reason),
    period: impl Fn(Date) -> P,
) {
    let most = count(most);
    let mut seen = HashSet::new();
    // A set, since local dates may go back when a clock is set back over midnight.
    for candidate in newest_first {
        if seen.len() >= most {
            return;
        }
        if seen.insert(period(candidate.date)) {
            keep(candidate.index, reason);
        }
    }
}

fn count(most: Option<NonZeroU32>) -> usize {
    most.map_or(0, |most| usize::try_from(most.get()).unwrap_or(usize::MAX))
}

/// What stays whatever the rules say: the newest of the best.
fn survivor(past: &[Candidate]) -> Option<(usize, Reason)> {
    let best = past.iter().map(|candidate| candidate.state).max()?;
    let newest = past.iter().find(|candidate| candidate.state == best)?;
    let reason = match best {
        SnapshotState::Good => Reason::NewestGood,
        SnapshotState::Unverified | SnapshotState::Partial => Reason::LastResort,
    };
    Some((newest.index, reason))
}

fn divide<Id: Clone + Ord>(
    newest_first: Vec<&Snapshot<Id>>,
    reasons: Vec<BTreeSet<Reason>>,
) -> Plan<Id> {
    let mut plan = Plan {
        keep: Vec::new(),
        remove: Vec::new(),
    };
    for (snapshot, reasons) in newest_first.into_iter().zip(reasons) {
        let id = snapshot.id.clone();
        if reasons.is_empty() {
            plan.remove.push(id);
        } else {
            plan.keep.push(Kept { id, reasons });
        }
    }
    let kept: BTreeSet<&Id> = plan.keep.iter().map(|kept| &kept.id).collect();
    plan.remove.retain(|id| !kept.contains(id));
    plan
}
