//! Reads a calendar from one instant on.

use super::{
    Because, Calendar, LONGEST_OPENING, MaintenanceAction, Opening, Verdict, WithoutWindow,
    calendar::{BlackoutInZone, MOST_CHANGES, Window},
    occurrence::{Course, Phase},
};
use crate::PolicyScope;
use jiff::{Timestamp, civil::date, tz::TimeZone};
use std::collections::BTreeMap;

/// A calendar that is read forwards for one kind of work: what was worked out for an instant is not
/// worked out again for a later one, and what does not matter is not worked out at all.
pub(super) struct Reading<'c> {
    calendar: &'c Calendar<'c>,
    action: MaintenanceAction,
    /// Those that concern the action.
    windows: Vec<&'c Window<'c>>,
    blackouts: Vec<&'c BlackoutInZone<'c>>,
    /// When any blackout is on.
    covered: Course<'c>,
    /// When windows are open, by the distance of their scope: of those that have decided.
    open: BTreeMap<usize, Course<'c>>,
    /// As of the last instant that was asked for.
    deciding: Option<Deciding>,
}

/// The scope whose windows decide, and its distance; none is the tenant's setting.
#[derive(Debug, Clone, Copy)]
struct Deciding {
    scope: Option<(usize, PolicyScope)>,
    /// When some window comes into force or goes out of it.
    until: Option<Timestamp>,
}

impl<'c> Reading<'c> {
    pub(super) fn new(
        calendar: &'c Calendar<'c>,
        action: MaintenanceAction,
        from: Timestamp,
    ) -> Self {
        let windows = calendar.windows.iter();
        let blackouts = calendar.blackouts.iter();
        let blackouts: Vec<_> = blackouts.filter(|one| one.concerns(action)).collect();
        Self {
            calendar,
            action,
            windows: windows.filter(|one| one.concerns(action)).collect(),
            covered: Course::new(blackouts.iter().map(|one| one.intervals(from))),
            blackouts,
            open: BTreeMap::new(),
            deciding: None,
        }
    }

    /// The verdict on an instant. No later one may have been asked for before.
    pub(super) fn verdict(&mut self, at: Timestamp) -> Verdict {
        let next_blackout = match self.covered.phase(at) {
            Phase::On { until, source } => {
                return Verdict {
                    open: false,
                    because: Because::Blackout,
                    scope: self.blackouts.get(source).map(|blackout| blackout.scope),
                    until: (until < Timestamp::MAX).then_some(until),
                };
            }
            Phase::Off { next } => Some(next),
            Phase::Over => None,
        };
        let verdict = self.by_windows(at);
        let blackout = next_blackout.filter(|_| verdict.open);
        Verdict {
            until: earliest(verdict.until, blackout),
            ..verdict
        }
    }

    /// What the windows say, whatever blackouts there are.
    fn by_windows(&mut self, at: Timestamp) -> Verdict {
        let stands = |deciding: &Deciding| deciding.until.is_none_or(|until| at < until);
        let deciding = self.deciding.filter(stands);
        let deciding = deciding.unwrap_or_else(|| self.decide(at));
        self.deciding = Some(deciding);
        let Some((distance, scope)) = deciding.scope else {
            let setting = self.calendar.rules.without_windows.of(self.action);
            return Verdict {
                open: setting == WithoutWindow::Run,
                because: Because::WithoutWindow,
                scope: None,
                until: deciding.until,
            };
        };
        let windows = &self.windows;
        let open = self.open.entry(distance).or_insert_with(|| {
            // Those that are not in force are closed: their occurrences are clipped.
            let of_scope = windows.iter().filter(|one| one.distance == distance);
            Course::new(of_scope.map(|one| one.intervals(at)))
        });
        let (because, until) = match open.phase(at) {
            Phase::On { until, .. } => (Because::InWindow, Some(until)),
            Phase::Off { next } => (Because::OutsideWindows, Some(next)),
            Phase::Over => (Because::OutsideWindows, None),
        };
        Verdict {
            open: because == Because::InWindow,
            because,
            scope: Some(scope),
            until: earliest(until, deciding.until),
        }
    }

    /// Which scope's windows decide at an instant, and until when.
    fn decide(&self, at: Timestamp) -> Deciding {
        let concerned = || self.windows.iter();
        let bounds = concerned().filter_map(|window| window.next_bound(at));
        let in_force = concerned().filter(|window| window.in_force(at));
        let narrowest = in_force.min_by_key(|window| window.distance);
        Deciding {
            scope: narrowest.map(|window| (window.distance, window.scope)),
            until: bounds.filter(|bound| *bound < Timestamp::MAX).min(),
        }
    }

    /// The openings from an instant on.
    pub(super) fn openings(mut self, from: Timestamp) -> impl Iterator<Item = Opening> + 'c {
        let mut at = Some(from);
        std::iter::from_fn(move || {
            for _ in 0..MOST_CHANGES {
                let start = at.filter(|at| *at < last_instant())?;
                let verdict = self.verdict(start);
                at = verdict.until;
                if verdict.open {
                    let end = self.end_of_opening(start, verdict.until);
                    at = end;
                    return Some(Opening { start, end });
                }
            }
            at = None;
            None
        })
    }

    fn end_of_opening(
        &mut self,
        start: Timestamp,
        mut until: Option<Timestamp>,
    ) -> Option<Timestamp> {
        loop {
            let end = until?;
            if LONGEST_OPENING < end.duration_since(start) {
                return None;
            }
            let verdict = self.verdict(end);
            if !verdict.open {
                return Some(end);
            }
            until = verdict.until;
        }
    }
}

fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

/// Openings are looked for until then.
fn last_instant() -> Timestamp {
    let end = date(2101, 1, 1).to_zoned_datetime(TimeZone::UTC);
    end.map_or(Timestamp::MAX, |end| end.timestamp())
}
