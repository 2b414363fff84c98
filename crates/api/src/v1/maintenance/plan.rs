//! What may run on which device in the next hours.

use super::LocalSpan;
use crate::{
    ApiState,
    caller::Caller,
    extract::Parameters,
    instant::{Instant, optional},
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_app::{MaintenancePlan as AppMaintenancePlan, PlannedDevice as AppPlannedDevice};
use latarnik_model::{
    ActionId, ActionKind, DeviceId, MaintenanceAction, Permission, TaskId, TaskState, TenantId,
    WaitReason,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which devices, and how far ahead.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanParameters {
    /// Of this tenant only.
    tenant_id: Option<TenantId>,
    /// So many hours ahead, 1 to 168; absent is 24.
    hours: Option<u32>,
}

/// What may run on which device in the next hours.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MaintenancePlan {
    from: Instant,
    until: Instant,
    /// Devices that have a window or a task that waits, in order of their first windows; at most
    /// 500.
    items: Vec<PlannedDevice>,
    /// Whether there are more.
    truncated: bool,
}

/// What may run on a device.
#[derive(Debug, Serialize, ToSchema)]
struct PlannedDevice {
    device: DeviceInPlan,
    /// The IANA time zone that counts as the device's.
    time_zone: String,
    /// What windows open, in order of the starts.
    openings: Vec<PlannedOpening>,
    /// Tasks that have not begun.
    tasks: Vec<PlannedTask>,
    /// Whether the device waits for a restart.
    restart_pending: bool,
    online: bool,
}

/// A device, by name.
#[derive(Debug, Serialize, ToSchema)]
struct DeviceInPlan {
    id: DeviceId,
    hostname: String,
    tenant_id: TenantId,
    tenant_name: String,
}

/// When a kind of work may run.
#[derive(Debug, Serialize, ToSchema)]
struct PlannedOpening {
    action: MaintenanceAction,
    #[serde(flatten)]
    span: LocalSpan,
    /// How long such work needs on the device, as far as its agent has told.
    needs_seconds: Option<u32>,
    /// Whether that is longer than the opening: nothing will begin in it.
    too_short: bool,
}

/// A task that has not begun.
#[derive(Debug, Serialize, ToSchema)]
struct PlannedTask {
    task_id: TaskId,
    kind: ActionKind,
    action_id: ActionId,
    state: TaskState,
    /// When it expects to begin, as far as its agent says it.
    waits_until: Option<Instant>,
    /// What it waits for, as far as its agent says it.
    waits_for: Option<WaitReason>,
}

impl From<AppPlannedDevice> for PlannedDevice {
    fn from(planned: AppPlannedDevice) -> Self {
        let restart_pending = planned.restart_pending();
        let device = planned.device;
        let openings = planned.openings.into_iter();
        let tasks = planned.tasks.into_iter().map(|task| PlannedTask {
            task_id: task.id,
            kind: task.kind,
            action_id: task.action_id,
            state: task.state,
            waits_until: optional(task.waiting_until),
            waits_for: task.waits_for,
        });
        Self {
            device: DeviceInPlan {
                id: device.id,
                hostname: device.facts.hostname,
                tenant_id: device.tenant_id,
                tenant_name: device.tenant_name,
            },
            time_zone: planned.time_zone,
            openings: openings
                .map(|planned| PlannedOpening {
                    action: planned.action,
                    span: planned.opening.into(),
                    needs_seconds: planned.needs_seconds,
                    too_short: planned.too_short,
                })
                .collect(),
            tasks: tasks.collect(),
            restart_pending,
            online: planned.online,
        }
    }
}

impl From<AppMaintenancePlan> for MaintenancePlan {
    fn from(plan: AppMaintenancePlan) -> Self {
        let devices = plan.devices.into_iter();
        Self {
            from: plan.from.into(),
            until: plan.until.into(),
            items: devices.map(PlannedDevice::from).collect(),
            truncated: plan.truncated,
        }
    }
}

/// What may run on which device in the next hours: windows that open, and tasks that wait.
#[utoipa::path(
    get, path = "/api/v1/maintenance-plan", operation_id = "read_maintenance_plan",
    tag = "maintenance",
    params(PlanParameters),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "The plan", body = MaintenancePlan),
        (status = 400, description = "`malformed_request`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Parameters(parameters): Parameters<PlanParameters>,
) -> Result<Json<MaintenancePlan>, ApiError> {
    let plan = state
        .app()
        .plan_maintenance(caller.context(), parameters.tenant_id, parameters.hours)
        .await?;
    Ok(Json(plan.into()))
}
