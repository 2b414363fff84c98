//! What a policy would do, before it is saved.

use super::create::NewUpdatePolicy;
use crate::{
    ApiState,
    caller::Caller,
    extract::Body,
    instant::{Instant, optional},
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_app::{
    DevicePreview as AppDevicePreview, PolicyCounts as AppPolicyCounts,
    PolicyPreview as AppPolicyPreview, UpdatePreview as AppUpdatePreview,
};
use latarnik_model::{DeviceId, Permission, Titles, UpdateCategory, UpdateId};
use serde::Serialize;
use utoipa::ToSchema;

/// Most updates and most devices that a preview names; its numbers count all.
const MOST_ITEMS: usize = 200;

/// What becomes of offers under a policy, in numbers.
#[derive(Debug, Serialize, ToSchema)]
struct PolicyCounts {
    /// Installed in the next maintenance window.
    due: u32,
    /// Not offered for long enough.
    deferred: u32,
    /// Earlier rings have them first.
    waiting: u32,
    /// Stopped on their way through the rings.
    stopped: u32,
    /// They failed on the device, and are tried later or left to people.
    failed: u32,
    /// A task has them, or they wait for a restart.
    in_hand: u32,
    /// Left to people.
    manual: u32,
    /// Blocked.
    blocked: u32,
}

/// What would become of one update: numbers of devices.
#[derive(Debug, Serialize, ToSchema)]
struct UpdatePreview {
    id: UpdateId,
    title: String,
    /// By language (BCP 47), where the device's system has it in others too.
    titles: Titles,
    kb: Option<String>,
    package: Option<String>,
    category: UpdateCategory,
    before: PolicyCounts,
    after: PolicyCounts,
    /// When the first deferral ends.
    next_at: Option<Instant>,
}

/// What would become of the offers of one device: numbers of updates.
#[derive(Debug, Serialize, ToSchema)]
struct DevicePreview {
    id: DeviceId,
    hostname: String,
    before: PolicyCounts,
    after: PolicyCounts,
}

/// Numbers of devices.
#[derive(Debug, Serialize, ToSchema)]
struct RestartCounts {
    /// As it is today.
    before: u64,
    /// With the policy.
    after: u64,
}

/// What a policy would do, next to what happens without it. The numbers count every offer; the lists
/// name at most 200, those where most is due first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PolicyPreview {
    /// Devices that the policy is for.
    devices_in_scope: u64,
    /// How many of the devices that wait for a restart now do it by themselves.
    restarts: RestartCounts,
    before: PolicyCounts,
    after: PolicyCounts,
    updates: Vec<UpdatePreview>,
    /// How many updates there are in all.
    updates_total: usize,
    devices: Vec<DevicePreview>,
    /// How many devices are offered something.
    devices_total: usize,
}

impl From<AppPolicyCounts> for PolicyCounts {
    fn from(counts: AppPolicyCounts) -> Self {
        Self {
            due: counts.due,
            deferred: counts.deferred,
            waiting: counts.waiting,
            stopped: counts.stopped,
            failed: counts.failed,
            in_hand: counts.in_hand,
            manual: counts.manual,
            blocked: counts.blocked,
        }
    }
}

impl From<AppUpdatePreview> for UpdatePreview {
    fn from(preview: AppUpdatePreview) -> Self {
        Self {
            id: preview.update.id,
            title: preview.update.title,
            titles: preview.update.titles,
            kb: preview.update.kb,
            package: preview.update.package,
            category: preview.update.category,
            before: preview.before.into(),
            after: preview.after.into(),
            next_at: optional(preview.next_at),
        }
    }
}

impl From<AppDevicePreview> for DevicePreview {
    fn from(preview: AppDevicePreview) -> Self {
        Self {
            id: preview.device.id,
            hostname: preview.device.hostname,
            before: preview.before.into(),
            after: preview.after.into(),
        }
    }
}

impl From<AppPolicyPreview> for PolicyPreview {
    fn from(preview: AppPolicyPreview) -> Self {
        let (updates, devices) = (preview.updates, preview.devices);
        Self {
            devices_in_scope: preview.devices_in_scope,
            restarts: RestartCounts {
                before: preview.restarts.0,
                after: preview.restarts.1,
            },
            before: preview.before.into(),
            after: preview.after.into(),
            updates_total: updates.len(),
            devices_total: devices.len(),
            updates: updates
                .into_iter()
                .take(MOST_ITEMS)
                .map(UpdatePreview::from)
                .collect(),
            devices: devices
                .into_iter()
                .take(MOST_ITEMS)
                .map(DevicePreview::from)
                .collect(),
        }
    }
}

/// Says what a policy would install where, before it is saved. Changes nothing.
#[utoipa::path(
    post, path = "/api/v1/update-policies/preview", operation_id = "preview_update_policy",
    tag = "policies",
    request_body = NewUpdatePolicy,
    extensions(("x-access" = json!(Permission::ManageUpdatePolicies.name()))),
    responses(
        (status = 200, description = "What it would do", body = PolicyPreview),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Body(body): Body<NewUpdatePolicy>,
) -> Result<Json<PolicyPreview>, ApiError> {
    let new = body.read(&caller)?;
    let preview = state
        .app()
        .preview_update_policy(caller.context(), &new)
        .await?;
    Ok(Json(preview.into()))
}
