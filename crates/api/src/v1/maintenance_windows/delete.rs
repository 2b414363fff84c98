//! Delete a maintenance window.

use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::extract::State;
use http::StatusCode;
use latarnik_model::{MaintenanceWindowId, Permission};

/// Deletes a maintenance window. What runs in it runs on; connected agents know it within seconds.
#[utoipa::path(
    delete, path = "/api/v1/maintenance-windows/{id}", operation_id = "delete_maintenance_window",
    tag = "maintenance",
    params(("id" = MaintenanceWindowId, Path, description = "The window")),
    extensions(("x-access" = json!(Permission::ManageMaintenanceWindows.name()))),
    responses(
        (status = 204, description = "Deleted"),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<MaintenanceWindowId>,
) -> Result<StatusCode, ApiError> {
    state
        .app()
        .delete_maintenance_window(caller.context(), id)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
