//! Replace what happens in a tenant where no window is in force.

use super::MaintenanceSettings;
use crate::{
    ApiState,
    caller::Caller,
    extract::{Body, Id},
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{Permission, TenantId};

/// Replaces what happens to automatic work in a tenant where no window is in force.
#[utoipa::path(
    put, path = "/api/v1/tenants/{id}/maintenance-settings",
    operation_id = "replace_maintenance_settings", tag = "maintenance",
    params(("id" = TenantId, Path, description = "The tenant")),
    request_body = MaintenanceSettings,
    extensions(("x-access" = json!(Permission::ManageMaintenanceWindows.name()))),
    responses(
        (status = 200, description = "The settings as they are now", body = MaintenanceSettings),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 409, description = "`tenant_being_deleted`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<TenantId>,
    Body(body): Body<MaintenanceSettings>,
) -> Result<Json<MaintenanceSettings>, ApiError> {
    let settings = state
        .app()
        .replace_maintenance_settings(caller.context(), id, body.into())
        .await?;
    Ok(Json(settings.into()))
}
