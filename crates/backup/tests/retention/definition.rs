//! The rules of retention, written so that each line can be held against the documentation.

use jiff::{Timestamp, tz::TimeZone};
use latarnik_backup::retention::{
    KeepRules, Reason, RetentionRules, Snapshot, SnapshotKind, SnapshotState,
};
use std::collections::BTreeSet;

type Snap = Snapshot<u32>;

/// Why a snapshot stays; no reason is that it goes.
pub(crate) fn reasons(
    snapshot: &Snap,
    all: &[Snap],
    rules: &RetentionRules,
    now: Timestamp,
    zone: &TimeZone,
) -> BTreeSet<Reason> {
    let mut reasons = BTreeSet::new();
    let past: Vec<&Snap> = all.iter().filter(|other| other.at <= now).collect();
    if snapshot.pinned {
        reasons.insert(Reason::Pinned);
    }
    if snapshot.at > now {
        reasons.insert(Reason::Future);
        return reasons;
    }
    let keep = match snapshot.kind {
        SnapshotKind::Full => &rules.full,
        SnapshotKind::Incremental => &rules.incremental,
    };
    reasons.extend(by_rules(snapshot, &past, keep, zone));
    if snapshot.state != SnapshotState::Partial {
        let complete: Vec<&Snap> = past
            .iter()
            .copied()
            .filter(|other| other.state != SnapshotState::Partial)
            .collect();
        reasons.extend(by_rules(snapshot, &complete, keep, zone));
    }
    reasons.extend(survives(snapshot, &past));
    reasons
}

fn survives(snapshot: &Snap, past: &[&Snap]) -> Option<Reason> {
    let better = |other: &&&Snap| {
        other.state > snapshot.state || other.state == snapshot.state && is_newer(other, snapshot)
    };
    if past.iter().any(|other| better(&other)) {
        None
    } else if snapshot.state == SnapshotState::Good {
        Some(Reason::NewestGood)
    } else {
        Some(Reason::LastResort)
    }
}

fn is_newer(a: &Snap, b: &Snap) -> bool {
    a.at > b.at || a.at == b.at && a.id < b.id
}

fn by_rules(snapshot: &Snap, list: &[&Snap], rules: &KeepRules, zone: &TimeZone) -> Vec<Reason> {
    let same_kind: Vec<&Snap> = list
        .iter()
        .copied()
        .filter(|other| other.kind == snapshot.kind)
        .collect();
    if rules.is_empty() {
        return vec![Reason::NoRule];
    }
    let mut reasons = Vec::new();
    let newer: Vec<&&Snap> = same_kind
        .iter()
        .filter(|other| is_newer(other, snapshot))
        .collect();
    if rules
        .last
        .is_some_and(|last| newer.len() < last.get() as usize)
    {
        reasons.push(Reason::Last);
    }
    for (most, reason, format) in [
        (rules.daily, Reason::Daily, "%Y-%m-%d"),
        (rules.weekly, Reason::Weekly, "%G-%V"),
        (rules.monthly, Reason::Monthly, "%Y-%m"),
        (rules.yearly, Reason::Yearly, "%Y"),
    ] {
        let Some(most) = most else { continue };
        let most = most.get() as usize;
        let period = |snapshot: &Snap| {
            let local = snapshot.at.to_zoned_datetime(zone.clone());
            local.strftime(format).to_string()
        };
        let newer_periods: BTreeSet<String> = newer.iter().map(|other| period(other)).collect();
        if newer_periods.len() < most && !newer_periods.contains(&period(snapshot)) {
            reasons.push(reason);
        }
    }
    let newest = list.iter().map(|other| other.at).max();
    if let (Some(within), Some(newest)) = (rules.within, newest) {
        let newest = newest.to_zoned_datetime(zone.clone());
        let within: jiff::Span = spelled_out(&within.to_string());
        if snapshot.at > newest.checked_sub(within).unwrap().timestamp() {
            reasons.push(Reason::Within);
        }
    }
    reasons
}

/// `1y6m2d3h` as jiff's own parser reads it, for which `m` are minutes.
fn spelled_out(within: &str) -> jiff::Span {
    within.replace('m', "mo").parse().unwrap()
}
