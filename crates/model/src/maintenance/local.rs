//! Wall clocks: which instant a local time stands for.

use jiff::{
    Timestamp,
    civil::{Date, Weekday, date},
    tz::TimeZone,
};

/// Seconds of a day on a wall clock.
const DAY: i64 = 24 * 60 * 60;
/// Further than this is no clock from UTC.
const FURTHEST: i64 = 26 * 60 * 60;

/// The number of a date: days since 1970-01-01.
pub(super) fn day_of(of: Date) -> i64 {
    const FIRST: Date = date(1970, 1, 1);
    of.duration_since(FIRST).as_secs() / DAY
}

/// The date of a number; the last ones there are for what lies outside of the calendar.
pub(super) fn date_of(day: i64) -> Date {
    let at = within(day.saturating_mul(DAY));
    TimeZone::UTC.to_datetime(at).date()
}

/// The weekday of a number: 1970-01-01 was a Thursday.
pub(super) fn weekday_of(day: i64) -> Option<Weekday> {
    let offset = i8::try_from((day + 3).rem_euclid(7)).ok()?;
    Weekday::from_monday_zero_offset(offset).ok()
}

fn within(second: i64) -> Timestamp {
    let bounds = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    Timestamp::from_second(second.clamp(bounds.0, bounds.1)).unwrap_or(Timestamp::MAX)
}

/// The clock on a wall of a zone.
///
/// It asks the zone for its offsets alone, and remembers the last one: local times of the same half
/// of a year cost an addition.
#[derive(Debug)]
pub(super) struct WallClock<'z> {
    zone: &'z TimeZone,
    known: Option<Stretch>,
}

/// An offset, and instants from and until which it holds.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    from: i64,
    until: i64,
    offset: i64,
}

impl Stretch {
    fn at(zone: &TimeZone, second: i64) -> Self {
        let at = within(second);
        let change = zone.following(at).next();
        Self {
            from: second,
            until: change.map_or(i64::MAX, |change| change.timestamp().as_second()),
            offset: i64::from(zone.to_offset(at).seconds()),
        }
    }

    const fn contains(self, second: i64) -> bool {
        self.from <= second && second < self.until
    }
}

impl<'z> WallClock<'z> {
    pub(super) const fn new(zone: &'z TimeZone) -> Self {
        Self { zone, known: None }
    }

    /// The local date of an instant.
    pub(super) fn day(&self, at: Timestamp) -> i64 {
        let offset = i64::from(self.zone.to_offset(at).seconds());
        (at.as_second() + offset).div_euclid(DAY)
    }

    /// The first instant at which the clock shows a second of a day, or a later one if a clock
    /// change skips it. What lies outside of the calendar stands for its bounds.
    pub(super) fn instant(&mut self, day: i64, second: i64) -> Timestamp {
        let face = day.saturating_mul(DAY).saturating_add(second);
        let early = face.saturating_sub(FURTHEST);
        let known = self.known.filter(|known| known.contains(early));
        let mut stretch = known.unwrap_or_else(|| Stretch::at(self.zone, early));
        self.known = Some(stretch);
        loop {
            let shown = face.saturating_sub(stretch.offset);
            if shown < stretch.until {
                return within(shown.max(stretch.from));
            }
            stretch = Stretch::at(self.zone, stretch.until);
        }
    }

    /// The first instant of a local date.
    pub(super) fn midnight(&mut self, day: i64) -> Timestamp {
        self.instant(day, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZoneDatabase;

    const MINUTE: i64 = 60;

    /// Clock changes of a zone from 2000 to 2100.
    fn changes(zone: &TimeZone) -> Vec<Timestamp> {
        let first: Timestamp = "2000-01-01T00:00Z".parse().unwrap();
        let last: Timestamp = "2101-01-01T00:00Z".parse().unwrap();
        let changes = zone.following(first).map(|change| change.timestamp());
        changes.take_while(|at| *at < last).collect()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn offset(zone: &TimeZone, second: i64) -> i64 {
        i64::from(zone.to_offset(at(second)).seconds())
    }

    /// The first minute after `from` at which the clock shows the local time or a later one.
    fn searched(zone: &TimeZone, change: i64, face: i64) -> i64 {
        let (before, after) = (offset(zone, change - 1), offset(zone, change));
        let shows = |second: i64| second + if second < change { before } else { after };
        let far = (before - after).abs() / MINUTE + 60;
        let around = (-far..far).map(|minutes| change + minutes * MINUTE);
        around
            .into_iter()
            .find(|second| face <= shows(*second))
            .unwrap()
    }

    /// Every zone, every change of its clock within a century: the minutes of the gap or of the
    /// doubled time, and those next to it.
    #[test]
    fn skipped_time_is_first_instant_after_and_doubled_time_is_its_first() {
        let zones = TimeZoneDatabase::bundled();
        let mut seen = std::collections::HashSet::new();
        let mut asked = 0;
        for name in zones.available() {
            let zone = zones.get(name.as_str()).unwrap();
            let changes = changes(&zone);
            let table: Vec<_> = changes
                .iter()
                .map(|at| (*at, zone.to_offset(*at)))
                .collect();
            if !seen.insert(table) {
                continue;
            }
            for change in changes.iter().map(|change| change.as_second()) {
                let (before, after) = (offset(&zone, change - 1), offset(&zone, change));
                let (first, last) = (before.min(after), before.max(after));
                let faces = [
                    first - MINUTE,
                    first,
                    first + MINUTE,
                    i64::midpoint(first, last),
                    last - MINUTE,
                    last,
                ];
                for face in faces.map(|offset| change + offset) {
                    let expected = at(searched(&zone, change, face));
                    let found = WallClock::new(&zone).instant(0, face);
                    assert_eq!(found, expected, "{} in {}", at(face), name.as_str());
                    asked += 1;
                }
            }
        }
        assert!(10_000 < asked, "only {asked} local times were asked for");
    }
}
