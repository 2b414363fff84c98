//! Make a maintenance window.

use super::MaintenanceWindow;
use crate::{
    ApiState,
    caller::Caller,
    extract::Body,
    problem::{ApiError, Problem},
    v1::update_policies::scope,
};
use axum::{Json, extract::State};
use http::StatusCode;
use latarnik_app::NewMaintenanceWindow as AppNewMaintenanceWindow;
use latarnik_model::{DeviceId, GroupId, Permission, TenantId, WindowDraft};
use serde::Deserialize;
use utoipa::ToSchema;

/// A window to be. It is the tenant's unless a group or a device is named.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMaintenanceWindow {
    /// Its tenant; absent is the caller's.
    tenant_id: Option<TenantId>,
    group_id: Option<GroupId>,
    device_id: Option<DeviceId>,
    /// 1 to 100 characters.
    name: String,
    /// Whether it counts.
    enabled: bool,
    definition: WindowDraft,
}

/// Makes a maintenance window. Connected agents have it within seconds.
#[utoipa::path(
    post, path = "/api/v1/maintenance-windows", operation_id = "create_maintenance_window",
    tag = "maintenance",
    request_body = NewMaintenanceWindow,
    extensions(("x-access" = json!(Permission::ManageMaintenanceWindows.name()))),
    responses(
        (status = 201, description = "Made", body = MaintenanceWindow),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 422, description = "`validation_failed`; `too_many_maintenance_windows` beyond 200 \
            of a tenant", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Body(body): Body<NewMaintenanceWindow>,
) -> Result<(StatusCode, Json<MaintenanceWindow>), ApiError> {
    let new = AppNewMaintenanceWindow {
        tenant_id: body.tenant_id.map_or_else(|| caller.tenant_id(), Ok)?,
        scope: scope(body.group_id, body.device_id)?,
        name: body.name,
        enabled: body.enabled,
        definition: body.definition,
    };
    let window = state
        .app()
        .create_maintenance_window(caller.context(), new)
        .await?;
    Ok((StatusCode::CREATED, Json(window.into())))
}
