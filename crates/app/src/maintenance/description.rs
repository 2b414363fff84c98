//! What the audit says of windows and blackouts, in codes and numbers.

use crate::context::Target;
use latarnik_model::{
    BlackoutDefinition, BlackoutDraft, PeriodDraft, PolicyScope, RecurrenceDraft, WindowDefinition,
    WindowDraft,
};

/// Says whose something is.
pub(super) fn scoped(target: Target, scope: PolicyScope, scope_name: &str) -> Target {
    let kind = match scope {
        PolicyScope::Tenant => return target.with("scope", "tenant"),
        PolicyScope::Group(_) => "group",
        PolicyScope::Device(_) => "device",
    };
    target.with("scope", format!("{kind} {scope_name}"))
}

/// Says when a window is open, and for what.
pub(super) fn window(target: Target, definition: &WindowDefinition) -> Target {
    let draft = WindowDraft::from(definition.clone());
    let recurrence = match &draft.recurrence {
        RecurrenceDraft::Weekly { days } => format!("weekly {}", days.join(", ")),
        RecurrenceDraft::Monthly {
            nth,
            weekday,
            offset_days: 0,
        } => format!("monthly {nth} {weekday}"),
        RecurrenceDraft::Monthly {
            nth,
            weekday,
            offset_days,
        } => format!("monthly {nth} {weekday} +{offset_days}"),
    };
    let target = target
        .with("recurrence", recurrence)
        .with("start_time", &draft.start_time)
        .with("duration_minutes", draft.duration_minutes)
        .with("actions", draft.actions.join(", "));
    [
        ("time_zone", draft.time_zone),
        ("valid_from", draft.valid_from),
        ("valid_until", draft.valid_until),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .fold(target, |target, (name, value)| target.with(name, value))
}

/// Says when a blackout is, and for what.
pub(super) fn blackout(target: Target, definition: &BlackoutDefinition) -> Target {
    let draft = BlackoutDraft::from(definition.clone());
    let period = match draft.period {
        PeriodDraft::Once { from, until } => format!("once {from} {until}"),
        PeriodDraft::Yearly { first, last } => format!("yearly {first} {last}"),
        PeriodDraft::Monthly {
            first_day,
            last_day,
        } => format!("monthly {first_day} {last_day}"),
    };
    let target = target
        .with("period", period)
        .with("actions", draft.actions.join(", "));
    match draft.time_zone {
        Some(zone) => target.with("time_zone", zone),
        None => target,
    }
}
