//! Maintenance windows.

use super::MaintenanceWindow;
use crate::{
    ApiState,
    caller::Caller,
    extract::Parameters,
    list::List,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{Permission, TenantId};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which windows.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct MaintenanceWindowParameters {
    /// Of this tenant only.
    tenant_id: Option<TenantId>,
}

/// The maintenance windows that the caller may see: of each tenant first, then of its groups and of
/// its devices.
#[utoipa::path(
    get, path = "/api/v1/maintenance-windows", operation_id = "list_maintenance_windows",
    tag = "maintenance",
    params(MaintenanceWindowParameters),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "All of them on one page", body = List<MaintenanceWindow>),
        (status = 400, description = "`malformed_request`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Parameters(parameters): Parameters<MaintenanceWindowParameters>,
) -> Result<Json<List<MaintenanceWindow>>, ApiError> {
    let windows = state
        .app()
        .list_maintenance_windows(caller.context(), parameters.tenant_id)
        .await?;
    let items = windows.into_iter().map(MaintenanceWindow::from).collect();
    Ok(Json(List::whole(items)))
}
