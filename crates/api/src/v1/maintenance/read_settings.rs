//! What happens in a tenant where no window is in force.

use super::MaintenanceSettings;
use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{Permission, TenantId};

/// What happens to automatic work in a tenant where no window is in force.
#[utoipa::path(
    get, path = "/api/v1/tenants/{id}/maintenance-settings",
    operation_id = "read_maintenance_settings", tag = "maintenance",
    params(("id" = TenantId, Path, description = "The tenant")),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "The settings", body = MaintenanceSettings),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<TenantId>,
) -> Result<Json<MaintenanceSettings>, ApiError> {
    let settings = state
        .app()
        .read_maintenance_settings(caller.context(), id)
        .await?;
    Ok(Json(settings.into()))
}
