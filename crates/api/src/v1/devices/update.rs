//! Move a device.

use super::Device;
use crate::{
    ApiState,
    caller::Caller,
    extract::{Body, Id},
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{DeviceId, GroupId, Permission};
use serde::Deserialize;
use utoipa::ToSchema;

/// Where the device goes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceChange {
    /// A group of the device's tenant; null is none.
    group_id: Option<GroupId>,
}

/// Moves a device to another group of its tenant.
#[utoipa::path(
    patch, path = "/api/v1/devices/{id}", operation_id = "update_device", tag = "devices",
    params(("id" = DeviceId, Path, description = "The device")),
    request_body = DeviceChange,
    extensions(("x-access" = json!(Permission::MoveDevices.name()))),
    responses(
        (status = 200, description = "The device where it is now", body = Device),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<DeviceId>,
    Body(change): Body<DeviceChange>,
) -> Result<Json<Device>, ApiError> {
    let device = state
        .app()
        .move_device(caller.context(), id, change.group_id)
        .await?;
    Ok(Json(device.into()))
}
