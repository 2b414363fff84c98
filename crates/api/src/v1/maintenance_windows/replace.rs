//! Replace a maintenance window.

use super::MaintenanceWindow;
use crate::{
    ApiState,
    caller::Caller,
    extract::{Body, Id},
    problem::{ApiError, Problem},
    v1::update_policies::scope,
};
use axum::{Json, extract::State};
use latarnik_app::MaintenanceWindowChange as AppMaintenanceWindowChange;
use latarnik_model::{DeviceId, GroupId, MaintenanceWindowId, Permission, WindowDraft};
use serde::Deserialize;
use utoipa::ToSchema;

/// What a window is from now on. It is its tenant's unless a group or a device is named.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MaintenanceWindowChange {
    /// The version that the caller has seen.
    version: u64,
    group_id: Option<GroupId>,
    device_id: Option<DeviceId>,
    /// 1 to 100 characters.
    name: String,
    /// Whether it counts.
    enabled: bool,
    definition: WindowDraft,
}

/// Replaces a maintenance window. Connected agents know it within seconds.
#[utoipa::path(
    put, path = "/api/v1/maintenance-windows/{id}", operation_id = "replace_maintenance_window",
    tag = "maintenance",
    params(("id" = MaintenanceWindowId, Path, description = "The window")),
    request_body = MaintenanceWindowChange,
    extensions(("x-access" = json!(Permission::ManageMaintenanceWindows.name()))),
    responses(
        (status = 200, description = "The window as it is now", body = MaintenanceWindow),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 409, description = "`changed_meanwhile`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<MaintenanceWindowId>,
    Body(body): Body<MaintenanceWindowChange>,
) -> Result<Json<MaintenanceWindow>, ApiError> {
    let change = AppMaintenanceWindowChange {
        version: body.version,
        scope: scope(body.group_id, body.device_id)?,
        name: body.name,
        enabled: body.enabled,
        definition: body.definition,
    };
    let window = state
        .app()
        .replace_maintenance_window(caller.context(), id, change)
        .await?;
    Ok(Json(window.into()))
}
