//! What has happened to the updates of a device.

use crate::{
    ApiState,
    caller::Caller,
    extract::{Id, Parameters},
    instant::Instant,
    list::{self, List},
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_app::UpdateStepRecord;
use latarnik_model::{DeviceId, Permission, ReasonCode, TaskId, Titles, UpdateId, UpdateState};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which steps, which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateStepParameters {
    /// Of this update.
    update_id: Option<UpdateId>,
    /// Most items, 1 to 500.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// One step of one update on a device, and what it rests on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UpdateStep {
    /// Counts the device's steps upwards from 1.
    position: u64,
    update_id: UpdateId,
    /// Identifies the update on the device.
    key: String,
    title: String,
    /// By language (BCP 47), where the device's system has it in others too.
    titles: Titles,
    kb: Option<String>,
    package: Option<String>,
    /// Where the update stands from then on.
    state: UpdateState,
    at: Instant,
    /// Why, where the state alone does not say it.
    reason_code: Option<ReasonCode>,
    evidence: Evidence,
}

/// What a step rests on.
#[derive(Debug, Serialize, ToSchema)]
struct Evidence {
    /// The task that caused it.
    task_id: Option<TaskId>,
    /// Who asked for that task.
    task_created_by: Option<String>,
    /// Which of the device's successful searches showed it, counted from its enrolment.
    scan: Option<u64>,
    /// The start of the machine during which it happened.
    boot_id: Option<String>,
    /// Windows: the `OperationResultCode` of its installer.
    result_code: Option<i32>,
    /// Windows: the HRESULT of its installer.
    hresult: Option<String>,
}

impl From<UpdateStepRecord> for UpdateStep {
    fn from(record: UpdateStepRecord) -> Self {
        let step = record.step;
        Self {
            position: record.position,
            update_id: record.update_id,
            key: step.key,
            title: record.title,
            titles: record.titles,
            kb: record.kb,
            package: record.package,
            state: step.state,
            at: step.at.into(),
            reason_code: step.reason,
            evidence: Evidence {
                task_id: step.task_id,
                task_created_by: record.task_created_by_name,
                scan: step.scan,
                boot_id: step.boot_id,
                result_code: step.result_code,
                hresult: step.hresult,
            },
        }
    }
}

/// What has happened to the updates of a device, newest first.
#[utoipa::path(
    get, path = "/api/v1/devices/{id}/update-steps", operation_id = "list_device_update_steps",
    tag = "devices",
    params(("id" = DeviceId, Path, description = "The device"), UpdateStepParameters),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "A page", body = List<UpdateStep>),
        (status = 400, description = "`malformed_request`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<DeviceId>,
    Parameters(parameters): Parameters<UpdateStepParameters>,
) -> Result<Json<List<UpdateStep>>, ApiError> {
    let page = list::page(parameters.limit, parameters.cursor.as_deref())?;
    let steps = state
        .app()
        .list_update_steps(caller.context(), id, parameters.update_id, &page)
        .await?;
    Ok(Json(List {
        next_cursor: steps.next.map(|cursor| cursor.to_string()),
        items: steps.items.into_iter().map(UpdateStep::from).collect(),
        total: None,
    }))
}
