//! One device.

use super::Device;
use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{DeviceId, Permission};

/// One device.
#[utoipa::path(
    get, path = "/api/v1/devices/{id}", operation_id = "read_device", tag = "devices",
    params(("id" = DeviceId, Path, description = "The device")),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "The device", body = Device),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<DeviceId>,
) -> Result<Json<Device>, ApiError> {
    Ok(Json(
        state.app().read_device(caller.context(), id).await?.into(),
    ))
}
