//! When a window or a blackout is on, around an instant.

use super::{
    blackout::{BlackoutDefinition, BlackoutPeriod, MonthDay},
    definition::{WindowDefinition, WindowRecurrence},
    local::{end_of, instant, midnight},
};
use jiff::{SignedDuration, Span, Timestamp, civil::Date, tz::TimeZone};

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

/// Finds the phase of an instant among intervals in the order of their starts. Those that ended
/// before it may be among them.
fn phase(at: Timestamp, intervals: impl Iterator<Item = (Timestamp, Timestamp)>) -> Phase {
    let mut until = None;
    for (start, end) in intervals.filter(|(start, end)| start < end && at < *end) {
        match until {
            _ if start <= at => until = until.max(Some(end)),
            None => return Phase::Off { next: start },
            Some(_) => break,
        }
    }
    until.map_or(Phase::Over, |until| Phase::On { until })
}

/// A window in the zone that counts for it.
#[derive(Debug)]
pub(super) struct Occurrences<'a> {
    definition: &'a WindowDefinition,
    zone: TimeZone,
    /// From when to when the window is in force.
    valid: (Timestamp, Timestamp),
}

impl<'a> Occurrences<'a> {
    pub(super) fn new(definition: &'a WindowDefinition, zone: TimeZone) -> Self {
        let from = definition
            .valid_from()
            .and_then(|date| midnight(&zone, date));
        let until = definition
            .valid_until()
            .and_then(|date| end_of(&zone, date));
        Self {
            definition,
            valid: (
                from.unwrap_or(Timestamp::MIN),
                until.unwrap_or(Timestamp::MAX),
            ),
            zone,
        }
    }

    pub(super) const fn valid(&self) -> (Timestamp, Timestamp) {
        self.valid
    }

    pub(super) fn is_valid(&self, at: Timestamp) -> bool {
        self.valid.0 <= at && at < self.valid.1
    }

    pub(super) fn phase(&self, at: Timestamp) -> Phase {
        let (first, last) = self.valid;
        if last <= at {
            return Phase::Over;
        }
        let length = self.definition.duration();
        let intervals = self
            .dates(at.max(first))
            .map_while(|date| instant(&self.zone, date.to_datetime(self.definition.start_time())))
            .map(|start| (start, start.checked_add(length).unwrap_or(Timestamp::MAX)))
            .take_while(|(start, _)| *start < last)
            .map(|(start, end)| (start.max(first), end.min(last)));
        phase(at, intervals)
    }

    /// Dates of starts, in order, from one that can no longer be open at the instant.
    fn dates(&self, at: Timestamp) -> impl Iterator<Item = Date> {
        // A day more than it lasts, and one more for islands that skipped one.
        let back = self.definition.duration().as_hours() / 24 + 3;
        let local = self.zone.to_datetime(at).date();
        let first = local
            .checked_sub(SignedDuration::from_hours(24 * back))
            .unwrap_or(Date::MIN);
        let recurrence = self.definition.recurrence();
        std::iter::successors(next_start(recurrence, first), move |date| {
            next_start(recurrence, date.tomorrow().ok()?)
        })
    }
}

/// The first date of a start that is not before `from`.
fn next_start(recurrence: &WindowRecurrence, from: Date) -> Option<Date> {
    match recurrence {
        WindowRecurrence::Weekly { days } => {
            let mut dates = std::iter::successors(Some(from), |date| date.tomorrow().ok()).take(7);
            dates.find(|date| days.contains(date.weekday()))
        }
        WindowRecurrence::Monthly {
            nth,
            weekday,
            offset_days,
        } => {
            let offset = Span::new().days(*offset_days);
            let month = from.checked_sub(offset).ok()?.first_of_month();
            let months = std::iter::successors(Some(month), |month| {
                month.checked_add(Span::new().months(1)).ok()
            });
            // Some month of every five has a fifth one of any weekday.
            months
                .take(8)
                .filter_map(|month| month.nth_weekday_of_month(nth.number(), *weekday).ok())
                .filter_map(|date| date.checked_add(offset).ok())
                .find(|date| *date >= from)
        }
    }
}

/// When a blackout is on, in the zone that counts for it.
pub(super) fn blackout_phase(
    definition: &BlackoutDefinition,
    zone: &TimeZone,
    at: Timestamp,
) -> Phase {
    let local = zone.to_datetime(at).date();
    let days = |days: Option<(Date, Date)>| {
        let (first, last) = days?;
        Some((midnight(zone, first)?, end_of(zone, last)?))
    };
    match definition.period() {
        BlackoutPeriod::Once { from, until } => phase(at, std::iter::once((*from, *until))),
        BlackoutPeriod::Yearly { first, last } => {
            // The next 29 February can be eight years away.
            let years = local.year().saturating_sub(1)..=local.year().saturating_add(9);
            let spans = years.filter_map(|year| days(yearly(*first, *last, year)));
            phase(at, spans)
        }
        BlackoutPeriod::Monthly {
            first_day,
            last_day,
        } => {
            let before = local.first_of_month().checked_sub(Span::new().months(1));
            // No two months that follow each other lack the same day.
            let months = std::iter::successors(before.ok(), |month| {
                month.checked_add(Span::new().months(1)).ok()
            });
            let spans = months
                .take(4)
                .flat_map(|month| monthly(*first_day, *last_day, month))
                .filter_map(|span| days(Some(span)));
            phase(at, spans)
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
