//! Maintenance windows.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;
pub(super) mod list_occurrences;
pub(super) mod preview;
pub(super) mod read;
pub(super) mod replace;
pub(super) mod save;

use super::{maintenance::LocalSpan, update_policies::ScopeReference};
use crate::instant::Instant;
use latarnik_app::MaintenanceWindowEntry;
use latarnik_model::{MaintenanceWindowId, TenantId, WindowDraft};
use serde::Serialize;
use utoipa::ToSchema;

/// When automatic work may run on the devices of a tenant, of a group, or on one device.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MaintenanceWindow {
    id: MaintenanceWindowId,
    tenant_id: TenantId,
    scope: ScopeReference,
    name: String,
    /// Whether it counts.
    enabled: bool,
    definition: WindowDraft,
    /// Counts the changes; whoever replaces it names the one that they have seen.
    version: u64,
    updated_at: Instant,
    updated_by: String,
    /// The IANA time zone in which it is shown by itself: its own, or its tenant's.
    time_zone: String,
    /// When it is open now or opens next; null if it is not enabled or does not open again.
    next: Option<LocalSpan>,
    /// How many devices its scope has.
    devices: u64,
    /// Enabled windows of the same scope that allow the same kind of work at the same time, within
    /// the next eight weeks.
    overlaps: Vec<OverlappingWindow>,
}

/// A window, by name.
#[derive(Debug, Serialize, ToSchema)]
struct OverlappingWindow {
    id: MaintenanceWindowId,
    name: String,
}

impl From<(MaintenanceWindowId, String)> for OverlappingWindow {
    fn from((id, name): (MaintenanceWindowId, String)) -> Self {
        Self { id, name }
    }
}

impl From<MaintenanceWindowEntry> for MaintenanceWindow {
    fn from(entry: MaintenanceWindowEntry) -> Self {
        let record = entry.record;
        let overlaps = entry.overlaps.into_iter();
        Self {
            id: record.window.id,
            tenant_id: record.tenant_id,
            scope: ScopeReference::new(record.scope, record.scope_name),
            name: record.window.name,
            enabled: record.window.enabled,
            definition: record.window.definition.into(),
            version: record.version,
            updated_at: record.updated_at.into(),
            updated_by: record.updated_by_name,
            time_zone: entry.time_zone,
            next: entry.next.map(LocalSpan::from),
            devices: entry.devices,
            overlaps: overlaps.map(OverlappingWindow::from).collect(),
        }
    }
}
