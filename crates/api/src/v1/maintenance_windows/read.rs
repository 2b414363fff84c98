//! One maintenance window.

use super::MaintenanceWindow;
use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{MaintenanceWindowId, Permission};

/// One maintenance window.
#[utoipa::path(
    get, path = "/api/v1/maintenance-windows/{id}", operation_id = "read_maintenance_window",
    tag = "maintenance",
    params(("id" = MaintenanceWindowId, Path, description = "The window")),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "The window", body = MaintenanceWindow),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<MaintenanceWindowId>,
) -> Result<Json<MaintenanceWindow>, ApiError> {
    let window = state
        .app()
        .read_maintenance_window(caller.context(), id)
        .await?;
    Ok(Json(window.into()))
}
