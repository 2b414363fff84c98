//! How updates go through the rings of tenants.

pub(super) mod list;
pub(super) mod release;
pub(super) mod resume;
pub(super) mod stop;

use crate::{ApiState, caller::Caller, instant::Instant, problem::ApiError};
use latarnik_app::{RolloutChange, RolloutProgress};
use latarnik_model::{RolloutId, RolloutState, TenantId, Titles, UpdateId};
use serde::Serialize;
use utoipa::ToSchema;

/// How an update did on the devices of one ring. Devices count where updates of its category install
/// by themselves.
#[derive(Debug, Serialize, ToSchema)]
struct RingProgress {
    name: String,
    devices: u32,
    /// Of them, those that are or were offered it.
    offered: u32,
    installed: u32,
    failed: u32,
}

/// The way of one update through a tenant's rings.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Rollout {
    id: RolloutId,
    tenant_id: TenantId,
    update_id: UpdateId,
    title: String,
    /// By language (BCP 47), where the device's system has it in others too.
    titles: Titles,
    kb: Option<String>,
    state: RolloutState,
    /// The ring that it has reached, from 1.
    ring: u8,
    /// Since when it is there, or stopped.
    since: Instant,
    begun_at: Instant,
    /// Who stopped it or let it go on, last.
    changed_by: Option<String>,
    /// From the first; empty if the tenant has no rings any more.
    rings: Vec<RingProgress>,
}

impl From<RolloutProgress> for Rollout {
    fn from(progress: RolloutProgress) -> Self {
        let record = progress.record;
        let ring = |(name, results): (String, latarnik_model::RingResults)| RingProgress {
            name,
            devices: results.devices,
            offered: results.offered,
            installed: results.installed,
            failed: results.failed,
        };
        Self {
            id: record.id,
            tenant_id: record.tenant_id,
            update_id: record.update_id,
            title: record.title,
            titles: record.titles,
            kb: record.kb,
            state: record.rollout.state,
            ring: record.rollout.ring,
            since: record.rollout.since.into(),
            begun_at: record.begun_at.into(),
            changed_by: record.changed_by_name,
            rings: progress.rings.into_iter().map(ring).collect(),
        }
    }
}

async fn change(
    state: &ApiState,
    caller: &Caller,
    id: RolloutId,
    change: RolloutChange,
) -> Result<axum::Json<Rollout>, ApiError> {
    let app = state.app();
    let rollout = app.change_rollout(caller.context(), id, change).await?;
    Ok(axum::Json(rollout.into()))
}
