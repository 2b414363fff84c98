//! Updates over all devices, and where they stand.

pub(super) mod list;
pub(super) mod list_devices;
pub(super) mod list_steps;
pub(super) mod read;

use crate::{
    instant::{Instant, optional},
    problem::ApiError,
};
use latarnik_app::{UpdateCounts, UpdateStanding, UpdateSummary};
use latarnik_model::{
    ReasonCode, Severity, TaskId, Titles, UpdateCategory, UpdateId, UpdateSource, UpdateState,
};
use serde::Serialize;
use utoipa::ToSchema;

/// An update over all devices that the caller may see.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Update {
    id: UpdateId,
    source: UpdateSource,
    /// For people, in the language of one of the devices.
    title: String,
    /// By language (BCP 47), where the device's system has it in others too.
    titles: Titles,
    kb: Option<String>,
    package: Option<String>,
    category: UpdateCategory,
    severity: Option<Severity>,
    available_version: Option<String>,
    released_at: Option<Instant>,
    /// When the first device was offered it.
    first_offered_at: Instant,
    devices: DeviceCounts,
}

/// On how many devices an update stands where.
#[derive(Debug, Serialize, ToSchema)]
struct DeviceCounts {
    /// Lack it: waiting and failed.
    lacking: u64,
    /// Are offered it, or have it downloaded.
    waiting: u64,
    /// Its installer reported success; no search has confirmed that.
    unconfirmed: u64,
    /// Wait for a restart.
    restart_pending: u64,
    /// Have it.
    installed: u64,
    /// Could not install it.
    failed: u64,
    /// Are no longer offered it.
    superseded: u64,
}

/// Where an update stands on a device, and what the latest step rests on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Standing {
    state: UpdateState,
    since: Instant,
    /// Why, where the state alone does not say it.
    reason_code: Option<ReasonCode>,
    /// Windows: the `OperationResultCode` of its installer.
    result_code: Option<i32>,
    /// Windows: the HRESULT of its installer.
    hresult: Option<String>,
    /// The latest task that had to do with it.
    task_id: Option<TaskId>,
}

impl From<UpdateStanding> for Standing {
    fn from(standing: UpdateStanding) -> Self {
        Self {
            state: standing.state,
            since: standing.since.into(),
            reason_code: standing.reason,
            result_code: standing.result_code,
            hresult: standing.hresult,
            task_id: standing.task_id,
        }
    }
}

impl From<UpdateCounts> for DeviceCounts {
    fn from(counts: UpdateCounts) -> Self {
        Self {
            lacking: counts.lacking(),
            waiting: counts.waiting,
            unconfirmed: counts.unconfirmed,
            restart_pending: counts.restart_pending,
            installed: counts.installed,
            failed: counts.failed,
            superseded: counts.superseded,
        }
    }
}

impl From<UpdateSummary> for Update {
    fn from(update: UpdateSummary) -> Self {
        Self {
            id: update.id,
            source: update.source,
            title: update.title,
            titles: update.titles,
            kb: update.kb,
            package: update.package,
            category: update.category,
            severity: update.severity,
            available_version: update.available_version,
            released_at: optional(update.released_at),
            first_offered_at: update.first_offered_at.into(),
            devices: update.counts.into(),
        }
    }
}

/// States, separated by commas; absent is any.
fn states(text: Option<&str>) -> Result<Vec<UpdateState>, ApiError> {
    let Some(text) = text else {
        return Ok(Vec::new());
    };
    let states: Result<Vec<_>, _> = text.split(',').map(str::parse).collect();
    states.map_err(|_| ApiError::MALFORMED_REQUEST)
}
