//! When a window or a blackout is on by itself, whatever else there is.

use crate::{AppError, FieldCode, FieldError};
use jiff::{SignedDuration, Timestamp, civil::date, tz::TimeZone};
use latarnik_model::{
    Blackout, BlackoutDefinition, BlackoutId, BlackoutPeriod, Calendar, LocalOpening,
    MaintenanceAction, MaintenanceRules, MaintenanceWindow, MaintenanceWindowId, Opening,
    PolicyScope, ScopeMaintenance, WindowDefinition, WithoutWindow, WithoutWindows,
};
use std::{collections::HashMap, ops::RangeInclusive};
use uuid::Uuid;

/// When something is on, in a zone.
#[derive(Debug, Clone)]
pub struct SpanPreview {
    /// The IANA time zone in which local times are.
    pub time_zone: String,
    /// The spans, in their order.
    pub spans: Vec<LocalOpening>,
}

/// Spans that a preview lists unless it is asked for another number of them.
const DEFAULT_COUNT: u32 = 10;
const COUNTS: RangeInclusive<u32> = 1..=50;
/// A window lasts seven days at most: one that is open now began no earlier.
const LONGEST_WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);
/// A blackout that comes every month or every year and is on now began no earlier.
const LONGEST_BLACKOUT: SignedDuration = SignedDuration::from_hours(367 * 24);

/// Windows that overlap within this time are named to each other.
const OVERLAPS_AHEAD: SignedDuration = SignedDuration::from_hours(8 * 7 * 24);
/// Occurrences in that time: one a day at most.
const MOST_COMPARED: usize = 8 * 7 + 1;

/// What somebody wants to see of a definition.
#[derive(Debug, Clone, Default)]
pub(super) struct Look {
    pub(super) from: Option<Timestamp>,
    pub(super) count: Option<u32>,
}

impl Look {
    /// From when, and how many.
    pub(super) fn checked(&self, now: Timestamp) -> Result<(Timestamp, usize), AppError> {
        let mut errors = Vec::new();
        let mut note = |field| {
            errors.push(FieldError {
                field,
                code: FieldCode::OutOfRange,
            });
        };
        let from = self.from.unwrap_or(now);
        if !is_in_range(from) {
            note("from");
        }
        let count = self.count.unwrap_or(DEFAULT_COUNT);
        if !COUNTS.contains(&count) {
            note("count");
        }
        if errors.is_empty() {
            Ok((from, usize::try_from(count).unwrap_or_default()))
        } else {
            Err(AppError::Invalid(errors))
        }
    }
}

/// Whether the calendar knows about an instant: from 2000 to 2100.
pub(super) fn is_in_range(at: Timestamp) -> bool {
    let instant = |year| {
        let midnight = date(year, 1, 1).to_zoned_datetime(TimeZone::UTC);
        midnight.map_or(Timestamp::MAX, |zoned| zoned.timestamp())
    };
    instant(2000) <= at && at < instant(2101)
}

/// Rules of nothing else.
fn alone(
    zone: &str,
    windows: Vec<MaintenanceWindow>,
    blackouts: Vec<Blackout>,
    otherwise: WithoutWindow,
) -> MaintenanceRules {
    MaintenanceRules {
        tenant_zone: zone.to_owned(),
        scopes: vec![ScopeMaintenance {
            scope: PolicyScope::Tenant,
            windows,
            blackouts,
        }],
        without_windows: WithoutWindows {
            update: otherwise,
            restart: otherwise,
            backup: otherwise,
        },
    }
}

/// The occurrences of a window that is open at an instant or opens later. Those that touch are one.
pub(super) fn of_window(
    definition: &WindowDefinition,
    zone: &str,
    from: Timestamp,
    most: usize,
) -> Vec<LocalOpening> {
    let Some(action) = definition.actions().first().copied() else {
        return Vec::new();
    };
    let window = MaintenanceWindow {
        id: MaintenanceWindowId(Uuid::nil()),
        name: String::new(),
        enabled: true,
        definition: definition.clone(),
    };
    let rules = alone(zone, vec![window], Vec::new(), WithoutWindow::Hold);
    let calendar = rules.calendar(None, jiff::tz::db());
    let earliest = from.checked_sub(LONGEST_WINDOW).unwrap_or(from);
    // It opens once a day at most.
    let openings = calendar.openings(action, earliest, most.saturating_add(8));
    let coming = openings
        .into_iter()
        .filter(|opening| opening.end.is_none_or(|end| from < end));
    let local = |opening| calendar.local(opening);
    coming.map(local).take(most).collect()
}

/// The spans of a blackout that is on at an instant or comes before another one.
pub(super) fn of_blackout(
    definition: &BlackoutDefinition,
    zone: &str,
    (from, until): (Timestamp, Timestamp),
    most: usize,
) -> Vec<LocalOpening> {
    let Some(action) = definition.actions().first().copied() else {
        return Vec::new();
    };
    let blackout = Blackout {
        id: BlackoutId(Uuid::nil()),
        name: String::new(),
        definition: definition.clone(),
    };
    let rules = alone(zone, Vec::new(), vec![blackout], WithoutWindow::Run);
    let calendar = rules.calendar(None, jiff::tz::db());
    let earliest = match definition.period() {
        BlackoutPeriod::Once { from: first, .. } => from.min(*first),
        BlackoutPeriod::Yearly { .. } | BlackoutPeriod::Monthly { .. } => {
            from.checked_sub(LONGEST_BLACKOUT).unwrap_or(from)
        }
    };
    let mut spans = Vec::new();
    let mut at = Some(earliest);
    while let Some(instant) = at.filter(|at| *at < until && spans.len() < most) {
        let span = next_blackout(&calendar, action, instant, until);
        at = span.and_then(|span| span.end);
        spans.extend(span.filter(|span| span.end.is_none_or(|end| from < end)));
    }
    let local = |span| calendar.local(span);
    spans.into_iter().map(local).collect()
}

/// The next span of a calendar that has nothing but blackouts. One that lasts beyond the horizon has
/// no end.
fn next_blackout(
    calendar: &Calendar<'_>,
    action: MaintenanceAction,
    from: Timestamp,
    horizon: Timestamp,
) -> Option<Opening> {
    let mut start = from;
    let mut verdict = calendar.verdict(action, start);
    if verdict.open {
        start = verdict.until.filter(|next| *next < horizon)?;
        verdict = calendar.verdict(action, start);
    }
    let mut end = verdict.until;
    while let Some(at) = end.filter(|at| !calendar.verdict(action, *at).open) {
        let later = calendar.verdict(action, at).until;
        end = later.filter(|_| at < horizon);
    }
    Some(Opening { start, end })
}

/// Windows of one scope that allow the same kind of work at the same time, each with the others.
pub(super) fn overlaps(
    windows: &[(&MaintenanceWindow, &str)],
    now: Timestamp,
) -> HashMap<MaintenanceWindowId, Vec<(MaintenanceWindowId, String)>> {
    let enabled: Vec<_> = windows.iter().filter(|(one, _)| one.enabled).collect();
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    if enabled.len() < 2 {
        return found;
    }
    let spans: Vec<Vec<_>> = enabled
        .iter()
        .map(|(window, zone)| compared(&window.definition, zone, now))
        .collect();
    for (position, ((one, _), spans_of_one)) in enabled.iter().zip(&spans).enumerate() {
        let others = enabled.iter().zip(&spans).skip(position + 1);
        for ((other, _), spans_of_other) in others {
            if allow_the_same(&one.definition, &other.definition)
                && touch(spans_of_one, spans_of_other)
            {
                let name = |window: &MaintenanceWindow| (window.id, window.name.clone());
                found.entry(one.id).or_default().push(name(other));
                found.entry(other.id).or_default().push(name(one));
            }
        }
    }
    found
}

/// The windows of a scope with which one of this definition would overlap that is to be in it.
pub(super) fn overlaps_of(
    definition: &WindowDefinition,
    zone: &str,
    others: &[(&MaintenanceWindow, &str)],
    now: Timestamp,
) -> Vec<(MaintenanceWindowId, String)> {
    let own = compared(definition, zone, now);
    let others = others
        .iter()
        .filter(|(other, _)| other.enabled && allow_the_same(definition, &other.definition))
        .filter(|(other, zone)| touch(&own, &compared(&other.definition, zone, now)));
    let named = others.map(|(other, _)| (other.id, other.name.clone()));
    named.collect()
}

/// The occurrences in which windows are compared with each other.
fn compared(definition: &WindowDefinition, zone: &str, now: Timestamp) -> Vec<Opening> {
    let until = now.checked_add(OVERLAPS_AHEAD).unwrap_or(now);
    let spans = of_window(definition, zone, now, MOST_COMPARED);
    let spans = spans.into_iter().map(|span| span.opening);
    spans.filter(|span| span.start < until).collect()
}

fn allow_the_same(one: &WindowDefinition, other: &WindowDefinition) -> bool {
    !one.actions().is_disjoint(other.actions())
}

/// Whether one of these spans and one of those have an instant in common; both in their order.
fn touch(these: &[Opening], those: &[Opening]) -> bool {
    let (mut these, mut those) = (these.iter().peekable(), those.iter().peekable());
    let ends_by = |one: &Opening, at: Timestamp| one.end.is_some_and(|end| end <= at);
    while let (Some(this), Some(that)) = (these.peek(), those.peek()) {
        if ends_by(this, that.start) {
            these.next();
        } else if ends_by(that, this.start) {
            those.next();
        } else {
            return true;
        }
    }
    false
}
