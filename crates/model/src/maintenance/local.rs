//! Wall clocks: which instant a local time stands for.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::{AmbiguousOffset, TimeZone},
};

/// The instant of a local time: the first one after the gap if a clock change skips it, the first
/// one if it happens twice. `None` outside of the calendar.
pub(super) fn instant(zone: &TimeZone, local: DateTime) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok(),
        AmbiguousOffset::Fold { before, .. } => before.to_timestamp(local).ok(),
        AmbiguousOffset::Gap { after, .. } => {
            // By the later offset the skipped time lies before the change, by less than the gap.
            let ahead = after.to_timestamp(local).ok()?;
            let change = zone.following(ahead).next()?;
            Some(change.timestamp())
        }
    }
}

/// The first instant of a local date.
pub(super) fn midnight(zone: &TimeZone, date: Date) -> Option<Timestamp> {
    instant(zone, date.to_datetime(Time::midnight()))
}

/// The first instant after a local date.
pub(super) fn end_of(zone: &TimeZone, date: Date) -> Option<Timestamp> {
    midnight(zone, date.tomorrow().ok()?)
}
