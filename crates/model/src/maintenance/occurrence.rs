//! When a window or a blackout is on.

use super::{
    blackout::{BlackoutDefinition, BlackoutPeriod, MonthDay},
    definition::{WindowDefinition, WindowRecurrence},
    local::{WallClock, date_of, day_of, weekday_of},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use std::iter::{Peekable, empty, once, successors};

/// How something that comes and goes stands to an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It is on, at least until then.
    On { until: Timestamp },
    /// It is off until then.
    Off { next: Timestamp },
    /// It does not come again.
    Over,
}

type Interval = (Timestamp, Timestamp);
type Intervals<'a> = Box<dyn Iterator<Item = Interval> + 'a>;

/// What comes and goes, from one instant on.
pub(super) struct Course<'a> {
    /// In the order of their starts.
    intervals: Peekable<Intervals<'a>>,
    on_until: Option<Timestamp>,
}

impl<'a> Course<'a> {
    fn new(intervals: impl Iterator<Item = Interval> + 'a) -> Self {
        let intervals: Intervals<'a> = Box::new(intervals.filter(|(start, end)| start < end));
        Self {
            intervals: intervals.peekable(),
            on_until: None,
        }
    }

    /// What never comes.
    pub(super) fn never() -> Self {
        Self::new(empty())
    }

    /// What never ends.
    pub(super) fn always() -> Self {
        Self::new(once((Timestamp::MIN, Timestamp::MAX)))
    }

    /// The phase of an instant. No later one may have been asked for before.
    pub(super) fn phase(&mut self, at: Timestamp) -> Phase {
        while let Some((_, end)) = self.intervals.next_if(|(start, _)| *start <= at) {
            self.on_until = self.on_until.max(Some(end));
        }
        match (self.on_until, self.intervals.peek()) {
            (Some(until), _) if at < until => Phase::On { until },
            (_, Some((next, _))) => Phase::Off { next: *next },
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
    pub(super) fn course(&self, from: Timestamp) -> Course<'_> {
        let (first, last) = self.valid;
        if last <= from {
            return Course::never();
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
                Course::new(dates.map(starts).take_while(not_over).map(interval))
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
                Course::new(dates.map(starts).take_while(not_over).map(interval))
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
pub(super) fn blackout_course<'a>(
    definition: &BlackoutDefinition,
    zone: &'a TimeZone,
    from: Timestamp,
) -> Course<'a> {
    let mut clock = WallClock::new(zone);
    let local = date_of(clock.day(from));
    let span = move |(first, last): (Date, Date)| {
        let end = day_of(last) + 1;
        (clock.midnight(day_of(first)), clock.midnight(end))
    };
    match *definition.period() {
        BlackoutPeriod::Once { from, until } => Course::new(once((from, until))),
        BlackoutPeriod::Yearly { first, last } => {
            // One that wraps began in the year before.
            let years = local.year().saturating_sub(1)..=Date::MAX.year();
            let dates = years.filter_map(move |year| yearly(first, last, year));
            Course::new(dates.map(span))
        }
        BlackoutPeriod::Monthly {
            first_day,
            last_day,
        } => {
            // Days on islands reach into the next month: the clock there can go back.
            let before = date_of(day_of(local.first_of_month()) - 1);
            let dates = months(before).flat_map(move |month| monthly(first_day, last_day, month));
            Course::new(dates.map(span))
        }
    }
}

/// The dates of one year's span, the last one in the next year if it wraps.
fn yearly(first: MonthDay, last: MonthDay, year: i16) -> Option<(Date, Date)> {
    let wraps = i16::from(first > last);
    Some((
        first.as_first_in(year)?,
        last.as_last_in(year.checked_add(wraps)?)?,
    ))
}

/// The dates of the spans in the month that begins on `month`.
fn monthly(first_day: u8, last_day: u8, month: Date) -> impl Iterator<Item = (Date, Date)> {
    let length = month.days_in_month().unsigned_abs();
    let spans = if first_day <= last_day {
        [Some((first_day, last_day)), None]
    } else {
        [Some((1, last_day)), Some((first_day, length))]
    };
    let date = move |day: u8| {
        let day = i8::try_from(day.min(length)).ok()?;
        month.with().day(day).build().ok()
    };
    spans
        .into_iter()
        .flatten()
        .filter(move |(first, _)| *first <= length)
        .filter_map(move |(first, last)| Some((date(first)?, date(last)?)))
}
