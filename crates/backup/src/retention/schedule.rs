//! When runs begin, as far as questions about retention need to know.

use super::SnapshotKind;
use jiff::{
    Timestamp,
    civil::{Date, Time, Weekday},
    tz::{AmbiguousOffset, TimeZone},
};

/// A run that is going to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlannedRun {
    /// When it begins.
    pub at: Timestamp,
    /// What it reads.
    pub kind: SnapshotKind,
}

/// Weekdays and a time at which runs begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timetable {
    /// The days; none is no run at all.
    pub days: Vec<Weekday>,
    /// The time on the wall clock.
    pub at: Time,
}

impl Timetable {
    /// Every day.
    #[must_use]
    pub fn daily(at: Time) -> Self {
        let days = Weekday::Monday.cycle_forward().take(7).collect();
        Self { days, at }
    }

    /// On one day of the week.
    #[must_use]
    pub fn weekly(day: Weekday, at: Time) -> Self {
        Self {
            days: vec![day],
            at,
        }
    }
}

/// When full and incremental runs begin.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schedule {
    /// Full runs.
    pub full: Option<Timetable>,
    /// Incremental runs; one that would begin together with a full run is left out.
    pub incremental: Option<Timetable>,
}

impl Schedule {
    /// The runs from the first to the last date, both included, in order.
    ///
    /// A local time that a clock change skips stands for the first instant after the gap, one that
    /// happens twice for its first occurrence: what windows do, too.
    pub fn runs(
        &self,
        first: Date,
        last: Date,
        zone: &TimeZone,
    ) -> impl Iterator<Item = PlannedRun> {
        let dates = std::iter::successors(Some(first), |date| date.tomorrow().ok());
        dates
            .take_while(move |date| *date <= last)
            .flat_map(move |date| self.runs_of(date, zone))
    }

    fn runs_of(&self, date: Date, zone: &TimeZone) -> Vec<PlannedRun> {
        let run = |timetable: &Option<Timetable>, kind| {
            let timetable = timetable.as_ref()?;
            let is_due = timetable.days.contains(&date.weekday());
            let at = is_due.then(|| instant(date, timetable.at, zone))??;
            Some(PlannedRun { at, kind })
        };
        let full = run(&self.full, SnapshotKind::Full);
        let incremental = run(&self.incremental, SnapshotKind::Incremental)
            .filter(|run| full.is_none_or(|full| full.at != run.at));
        let mut runs: Vec<_> = full.into_iter().chain(incremental).collect();
        runs.sort_unstable();
        runs
    }
}

/// `None` beyond the end of time.
pub(super) fn instant(date: Date, time: Time, zone: &TimeZone) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(date.to_datetime(time));
    let is_skipped = matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. });
    let at = ambiguous.compatible().ok()?;
    if !is_skipped {
        return Some(at);
    }
    // As far behind the gap as the time is inside of it: the change is the last one before that.
    let change = zone.preceding(at).next();
    Some(change.map_or(at, |change| change.timestamp()))
}
