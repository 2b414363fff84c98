//! Maintenance: what windows and blackouts have in common, what holds for a tenant, and why
//! something may not run now.

pub(super) mod explain_device;
pub(super) mod plan;
pub(super) mod read_settings;
pub(super) mod replace_settings;

use crate::instant::{Instant, optional};
use latarnik_app::SpanPreview as AppSpanPreview;
use latarnik_model::{LocalOpening, WithoutWindow, WithoutWindows};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// From when to when, in UTC and on the clock of a time zone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LocalSpan {
    starts_at: Instant,
    /// Null without an end in sight.
    ends_at: Option<Instant>,
    /// RFC 3339 with the zone's offset from UTC, such as `2026-11-27T22:00:00+01:00`.
    #[schema(format = DateTime)]
    local_starts_at: String,
    #[schema(format = DateTime)]
    local_ends_at: Option<String>,
}

impl From<LocalOpening> for LocalSpan {
    fn from(opening: LocalOpening) -> Self {
        Self {
            starts_at: opening.opening.start.into(),
            ends_at: optional(opening.opening.end),
            local_starts_at: opening.local_start(),
            local_ends_at: opening.local_end(),
        }
    }
}

/// When something is on by itself, whatever else there is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SpanPreview {
    /// The IANA time zone of the local times.
    time_zone: String,
    /// In order of their starts.
    items: Vec<LocalSpan>,
}

impl From<AppSpanPreview> for SpanPreview {
    fn from(preview: AppSpanPreview) -> Self {
        Self {
            time_zone: preview.time_zone,
            items: preview.spans.into_iter().map(LocalSpan::from).collect(),
        }
    }
}

/// What happens to automatic work in a tenant where no window is in force.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MaintenanceSettings {
    update: WithoutWindow,
    restart: WithoutWindow,
    backup: WithoutWindow,
}

impl From<WithoutWindows> for MaintenanceSettings {
    fn from(settings: WithoutWindows) -> Self {
        let WithoutWindows {
            update,
            restart,
            backup,
        } = settings;
        Self {
            update,
            restart,
            backup,
        }
    }
}

impl From<MaintenanceSettings> for WithoutWindows {
    fn from(settings: MaintenanceSettings) -> Self {
        let MaintenanceSettings {
            update,
            restart,
            backup,
        } = settings;
        Self {
            update,
            restart,
            backup,
        }
    }
}
