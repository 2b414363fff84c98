//! When the windows of all scopes are open in the coming days, each by itself.

use super::{spans, surroundings::Surroundings};
use crate::{App, AppError, Context, FieldCode, error::invalid, tenants::narrowed};
use jiff::SignedDuration;
use latarnik_model::{LocalOpening, Permission, TenantId};
use latarnik_store::MaintenanceWindowRecord;
use std::{ops::RangeInclusive, sync::Arc};

/// When a window is open.
#[derive(Debug, Clone)]
pub struct WindowOccurrence {
    /// The window.
    pub record: Arc<MaintenanceWindowRecord>,
    /// From when to when, in its zone or its tenant's.
    pub span: LocalOpening,
    /// How many devices its scope has.
    pub devices: u64,
}

const DAYS: RangeInclusive<u32> = 1..=92;
const DEFAULT_DAYS: u32 = 14;
/// Occurrences that are listed.
const MOST: usize = 200;

impl App {
    /// When the windows that the caller may see are open in the coming days, in order of the starts,
    /// at most 200.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for a number of days that is none.
    pub async fn list_window_occurrences(
        &self,
        context: &Context,
        tenant: Option<TenantId>,
        days: Option<u32>,
    ) -> Result<Vec<WindowOccurrence>, AppError> {
        context.authorize(Permission::ReadDevices)?;
        let days = days.unwrap_or(DEFAULT_DAYS);
        if !DAYS.contains(&days) {
            return Err(invalid("days", FieldCode::OutOfRange));
        }
        let scope = narrowed(&context.scope, tenant);
        let records = self.store().maintenance_windows(&scope).await?;
        let around = Surroundings::load(self.store(), &scope).await?;
        let now = self.now();
        let until = now + SignedDuration::from_hours(24 * i64::from(days));
        // It opens once a day at most.
        let most = usize::try_from(days).unwrap_or(MOST).saturating_add(1);
        let mut occurrences = Vec::new();
        for record in records.into_iter().filter(|record| record.window.enabled) {
            let record = Arc::new(record);
            let definition = &record.window.definition;
            let zone = definition.time_zone();
            let zone = zone.unwrap_or_else(|| around.zone(record.tenant_id));
            let spans = spans::of_window(definition, zone, now, most);
            let devices = around.devices(record.tenant_id, record.scope);
            let coming = spans.into_iter().filter(|span| span.opening.start < until);
            occurrences.extend(coming.map(|span| WindowOccurrence {
                record: record.clone(),
                span,
                devices,
            }));
        }
        occurrences.sort_by_key(|one| (one.span.opening.start, one.record.window.id));
        occurrences.truncate(MOST);
        Ok(occurrences)
    }
}
