//! Reads a calendar from one instant on.

use super::{
    Because, Calendar, LONGEST_OPENING, MaintenanceAction, Opening, Verdict, WithoutWindow,
    calendar::{BlackoutInZone, Window},
    occurrence::{Course, Phase},
};
use jiff::{Timestamp, civil::date, tz::TimeZone};

/// A calendar that is read forwards for one kind of work: what was worked out for an instant is not
/// worked out again for a later one, and what does not matter is not worked out at all.
pub(super) struct Reading<'c> {
    calendar: &'c Calendar<'c>,
    action: MaintenanceAction,
    /// Those that concern the action.
    windows: Vec<(&'c Window<'c>, Option<Course<'c>>)>,
    blackouts: Vec<(&'c BlackoutInZone<'c>, Course<'c>)>,
}

impl<'c> Reading<'c> {
    pub(super) fn new(
        calendar: &'c Calendar<'c>,
        action: MaintenanceAction,
        from: Timestamp,
    ) -> Self {
        let windows = calendar.windows.iter().filter(|one| one.concerns(action));
        let blackouts = calendar.blackouts.iter();
        let blackouts = blackouts.filter(|one| one.concerns(action));
        Self {
            calendar,
            action,
            windows: windows.map(|window| (window, None)).collect(),
            blackouts: blackouts
                .map(|blackout| (blackout, blackout.course(from)))
                .collect(),
        }
    }

    /// The verdict on an instant. No later one may have been asked for before.
    pub(super) fn verdict(&mut self, at: Timestamp) -> Verdict {
        let (mut covered, mut next_blackout) = (None, None);
        for (blackout, course) in &mut self.blackouts {
            match course.phase(at) {
                Phase::On { until } => covered = covered.max(Some((until, blackout.scope))),
                Phase::Off { next } => next_blackout = earliest(next_blackout, Some(next)),
                Phase::Over => {}
            }
        }
        if let Some((until, scope)) = covered {
            return Verdict {
                open: false,
                because: Because::Blackout,
                scope: Some(scope),
                until: (until < Timestamp::MAX).then_some(until),
            };
        }
        let mut verdict = self.by_windows(at);
        if verdict.open {
            verdict.until = earliest(verdict.until, next_blackout);
        }
        verdict
    }

    /// What the windows say, whatever blackouts there are.
    fn by_windows(&mut self, at: Timestamp) -> Verdict {
        let concerned = || self.windows.iter().map(|(window, _)| window);
        let bounds = concerned().filter_map(|window| window.next_bound(at));
        let bound = bounds.filter(|bound| *bound < Timestamp::MAX).min();
        let in_force = concerned().filter(|window| window.in_force(at));
        let Some(narrowest) = in_force.min_by_key(|window| window.distance) else {
            let setting = self.calendar.rules.without_windows.of(self.action);
            return Verdict {
                open: setting == WithoutWindow::Run,
                because: Because::WithoutWindow,
                scope: None,
                until: bound,
            };
        };
        let (distance, scope) = (narrowest.distance, narrowest.scope);
        let (mut until, mut next) = (None, None);
        for (window, course) in &mut self.windows {
            if window.distance != distance || !window.in_force(at) {
                continue;
            }
            let course = course.get_or_insert_with(|| window.course(at));
            match course.phase(at) {
                Phase::On { until: end } => until = until.max(Some(end)),
                Phase::Off { next: start } => next = earliest(next, Some(start)),
                Phase::Over => {}
            }
        }
        Verdict {
            open: until.is_some(),
            because: match until {
                Some(_) => Because::InWindow,
                None => Because::OutsideWindows,
            },
            scope: Some(scope),
            until: earliest(until.or(next), bound),
        }
    }

    /// The openings from an instant on.
    pub(super) fn openings(mut self, from: Timestamp) -> impl Iterator<Item = Opening> + 'c {
        let mut at = Some(from);
        std::iter::from_fn(move || {
            loop {
                let start = at.filter(|at| *at < last_instant())?;
                let verdict = self.verdict(start);
                at = verdict.until;
                if verdict.open {
                    let end = self.end_of_opening(start, verdict.until);
                    at = end;
                    return Some(Opening { start, end });
                }
            }
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
