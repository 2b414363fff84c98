//! Blackouts.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;
pub(super) mod preview;
pub(super) mod read;
pub(super) mod replace;

use super::{maintenance::LocalSpan, update_policies::ScopeReference};
use crate::instant::Instant;
use latarnik_app::BlackoutEntry;
use latarnik_model::{BlackoutDraft, BlackoutId, TenantId};
use serde::Serialize;
use utoipa::ToSchema;

/// When nothing automatic may run on the devices of a tenant, of a group, or on one device, whatever
/// the windows say.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Blackout {
    id: BlackoutId,
    tenant_id: TenantId,
    scope: ScopeReference,
    name: String,
    definition: BlackoutDraft,
    /// Counts the changes; whoever replaces it names the one that they have seen.
    version: u64,
    updated_at: Instant,
    updated_by: String,
    /// The IANA time zone in which it is shown by itself: its own, or its tenant's.
    time_zone: String,
    /// When it is on now and comes next: up to 12 spans within about 400 days.
    coming: Vec<LocalSpan>,
    /// How many devices its scope has.
    devices: u64,
}

impl From<BlackoutEntry> for Blackout {
    fn from(entry: BlackoutEntry) -> Self {
        let record = entry.record;
        Self {
            id: record.blackout.id,
            tenant_id: record.tenant_id,
            scope: ScopeReference::new(record.scope, record.scope_name),
            name: record.blackout.name,
            definition: record.blackout.definition.into(),
            version: record.version,
            updated_at: record.updated_at.into(),
            updated_by: record.updated_by_name,
            time_zone: entry.time_zone,
            coming: entry.coming.into_iter().map(LocalSpan::from).collect(),
            devices: entry.devices,
        }
    }
}
