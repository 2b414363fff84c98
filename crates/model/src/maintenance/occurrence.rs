//! When a window or a blackout is on.

use super::{
    blackout::{BlackoutDefinition, BlackoutPeriod, MonthDay},
    definition::{WindowDefinition, WindowRecurrence},
    local::{WallClock, date_of, day_of, weekday_of},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    iter::{empty, once, successors},
};

/// How something that comes and goes stands to an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It is on, at least until then.
    On {
        until: Timestamp,
        /// The number of the source that says so.
        source: usize,
    },
    /// It is off until then.
    Off { next: Timestamp },
    /// It does not come again.
    Over,
}

type Interval = (Timestamp, Timestamp);
/// Times in the order of their starts.
pub(super) type Intervals<'a> = Box<dyn Iterator<Item = Interval> + 'a>;

/// What comes and goes, from one instant on: on while any of its sources is.
pub(super) struct Course<'a> {
    sources: Vec<Intervals<'a>>,
    /// The next time of each source, with the source's number.
    next: BinaryHeap<Reverse<(Timestamp, Timestamp, usize)>>,
    /// Until when it is on, and by which source.
    on: Option<(Timestamp, usize)>,
}

impl<'a> Course<'a> {
    pub(super) fn new(sources: impl IntoIterator<Item = Intervals<'a>>) -> Self {
        let mut course = Self {
            sources: sources.into_iter().collect(),
            next: BinaryHeap::new(),
            on: None,
        };
        for source in 0..course.sources.len() {
            course.advance(source);
        }
        course
    }

    fn advance(&mut self, source: usize) {
        let intervals = self.sources.get_mut(source);
        let next = intervals.and_then(|all| all.find(|(start, end)| start < end));
        self.next
            .extend(next.map(|(start, end)| Reverse((start, end, source))));
    }

    /// The phase of an instant. No later one may have been asked for before.
    pub(super) fn phase(&mut self, at: Timestamp) -> Phase {
        while let Some(Reverse((start, end, source))) = self.next.peek().copied()
            && start <= at
        {
            self.next.pop();
            self.on = self.on.max(Some((end, source)));
            self.advance(source);
        }
        match (self.on, self.next.peek()) {
            (Some((until, source)), _) if at < until => Phase::On { until, source },
            (_, Some(Reverse((next, ..)))) => Phase::Off { next: *next },
            (_, None) => Phase::Over,
        }
    }
}

/// A window in the zone that counts for it.
#[derive(Debug)]
pub(super) struct Occurrences<'a> {
    definition: &'a WindowDefinition,
    zone: TimeZone,
    /// From when to when the window is in force.
    valid: Interval,
}

impl<'a> Occurrences<'a> {
    pub(super) fn new(definition: &'a WindowDefinition, zone: TimeZone) -> Self {
        let mut clock = WallClock::new(&zone);
        let from = definition.valid_from().map(day_of);
        let from = from.map_or(Timestamp::MIN, |day| clock.midnight(day));
        let until = definition.valid_until().map(day_of);
        let until = until.map_or(Timestamp::MAX, |day| clock.midnight(day + 1));
        Self {
            definition,
            valid: (from, until),
            zone,
        }
    }

    pub(super) const fn valid(&self) -> (Timestamp, Timestamp) {
        self.valid
    }

    pub(super) fn is_valid(&self, at: Timestamp) -> bool {
        self.valid.0 <= at && at < self.valid.1
    }

    /// When it is open, from an instant on.
    pub(super) fn intervals(&self, from: Timestamp) -> Intervals<'_> {
        let (first, last) = self.valid;
        if last <= from {
            return Box::new(empty());
        }
        let mut clock = WallClock::new(&self.zone);
        let length = self.definition.duration();
        // A day more than it lasts, and one more for islands that skipped one.
        let back = length.as_hours() / 24 + 3;
        let day = clock.day(from.max(first)) - back;
        let start = self.definition.start_time();
        let second = i64::from(start.hour()) * 3600 + i64::from(start.minute()) * 60;
        let starts = move |day| clock.instant(day, second);
        let interval = move |start: Timestamp| {
            let end = start.checked_add(length).unwrap_or(Timestamp::MAX);
            (start.max(first), end.min(last))
        };
        let not_over = move |start: &Timestamp| *start < last;
        match *self.definition.recurrence() {
            WindowRecurrence::Weekly { days } => {
                let dates = (day..=day_of(Date::MAX))
                    .filter(move |day| weekday_of(*day).is_some_and(|day| days.contains(day)));
                Box::new(dates.map(starts).take_while(not_over).map(interval))
            }
            WindowRecurrence::Monthly {
                nth,
                weekday,
                offset_days,
            } => {
                let offset = i64::from(offset_days);
                let dates = months(date_of(day - offset))
                    .filter_map(move |month| month.nth_weekday_of_month(nth.number(), weekday).ok())
                    .map(move |date| day_of(date) + offset);
                Box::new(dates.map(starts).take_while(not_over).map(interval))
            }
        }
    }
}

/// The first days of a date's month and of those that follow.
fn months(date: Date) -> impl Iterator<Item = Date> {
    successors(Some(date.first_of_month()), |month| {
        let next = match month.month() {
            12 => Date::new(month.year().checked_add(1)?, 1, 1),
            number => Date::new(month.year(), number + 1, 1),
        };
        next.ok()
    })
}

/// When a blackout is on, in the zone that counts for it, from an instant on.
pub(super) fn blackout_intervals<'a>(
    definition: &BlackoutDefinition,
    zone: &'a TimeZone,
    from: Timestamp,
) -> Intervals<'a> {
    let mut clock = WallClock::new(zone);
    let local = date_of(clock.day(from));
    let span = move |(first, last): (i64, i64)| (clock.midnight(first), clock.midnight(last + 1));
    match *definition.period() {
        BlackoutPeriod::Once { from, until } => Box::new(once((from, until))),
        BlackoutPeriod::Yearly { first, last } => {
            // One that wraps began in the year before.
            let years = local.year().saturating_sub(1)..=Date::MAX.year();
            let days = years.filter_map(move |year| yearly(first, last, year));
            Box::new(days.map(span))
        }
        BlackoutPeriod::Monthly {
            first_day,
            last_day,
        } => {
            // Days on islands reach into the next month: the clock there can go back.
            let before = date_of(day_of(local.first_of_month()) - 1);
            let days = months(before).flat_map(move |month| monthly(first_day, last_day, month));
            Box::new(days.map(span))
        }
    }
}

/// The days of one year's span, the last one in the next year if it wraps.
fn yearly(first: MonthDay, last: MonthDay, year: i16) -> Option<(i64, i64)> {
    let wraps = i16::from(first > last);
    let last = last.as_last_in(year.checked_add(wraps)?)?;
    Some((day_of(first.as_first_in(year)?), day_of(last)))
}

/// The days of the spans in the month that begins on `month`.
fn monthly(first_day: u8, last_day: u8, month: Date) -> impl Iterator<Item = (i64, i64)> {
    let length = month.days_in_month().unsigned_abs();
    let before = day_of(month) - 1;
    let spans = if first_day <= last_day {
        [Some((first_day, last_day)), None]
    } else {
        [Some((1, last_day)), Some((first_day, length))]
    };
    let in_month = spans.into_iter().flatten();
    in_month
        .filter(move |(first, _)| *first <= length)
        .map(move |(first, last)| {
            (
                before + i64::from(first),
                before + i64::from(last.min(length)),
            )
        })
}
