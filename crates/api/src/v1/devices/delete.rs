//! Remove a device.

use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::extract::State;
use http::StatusCode;
use latarnik_model::{DeviceId, Permission};

/// Removes a device: its certificate stops working at once, its open tasks end.
#[utoipa::path(
    delete, path = "/api/v1/devices/{id}", operation_id = "delete_device", tag = "devices",
    params(("id" = DeviceId, Path, description = "The device")),
    extensions(("x-access" = json!(Permission::RemoveDevices.name()))),
    responses(
        (status = 204, description = "Removed"),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<DeviceId>,
) -> Result<StatusCode, ApiError> {
    state.app().remove_device(caller.context(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
