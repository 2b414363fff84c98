//! Tenants.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;
pub(super) mod read;
pub(super) mod update;
pub(super) mod verify_audit;

use crate::instant::Instant;
use latarnik_app::{Tenant as AppTenant, TenantDeletion as AppTenantDeletion};
use latarnik_model::TenantId;
use serde::Serialize;
use utoipa::ToSchema;

/// A tenant, by name.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct TenantReference {
    pub(crate) id: TenantId,
    pub(crate) name: String,
}

impl From<(TenantId, String)> for TenantReference {
    fn from((id, name): (TenantId, String)) -> Self {
        Self { id, name }
    }
}

/// A tenant.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tenant {
    id: TenantId,
    name: String,
    /// The provider of a client.
    parent_id: Option<TenantId>,
    kind: TenantKind,
    /// IANA zone for devices that do not know their own.
    time_zone: String,
    /// How many days audit events are kept; null is for ever.
    audit_retention_days: Option<u64>,
    /// Devices that were not removed.
    devices: u64,
    /// People.
    users: u64,
    created_at: Instant,
    /// How far its deletion is, if it is being deleted.
    deletion: Option<TenantDeletion>,
}

/// Provider or client.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TenantKind {
    Provider,
    Client,
}

impl TenantKind {
    pub(crate) const fn of(parent: Option<TenantId>) -> Self {
        match parent {
            None => Self::Provider,
            Some(_) => Self::Client,
        }
    }
}

/// How far a deletion is.
#[derive(Debug, Serialize, ToSchema)]
struct TenantDeletion {
    requested_at: Instant,
    /// By whom, by name.
    requested_by: String,
    /// How many rows there were.
    rows: u64,
    /// How many of them are gone.
    rows_done: u64,
}

impl From<AppTenantDeletion> for TenantDeletion {
    fn from(deletion: AppTenantDeletion) -> Self {
        Self {
            requested_at: deletion.requested_at.into(),
            requested_by: deletion.requested_by,
            rows: deletion.rows,
            rows_done: deletion.rows_done,
        }
    }
}

impl From<AppTenant> for Tenant {
    fn from(tenant: AppTenant) -> Self {
        let AppTenant { record, size } = tenant;
        Self {
            id: record.id,
            name: record.name,
            parent_id: record.parent_id,
            kind: TenantKind::of(record.parent_id),
            time_zone: record.time_zone,
            audit_retention_days: record.audit_retention_days,
            devices: size.devices,
            users: size.users,
            created_at: record.created_at.into(),
            deletion: record.deletion.map(TenantDeletion::from),
        }
    }
}
