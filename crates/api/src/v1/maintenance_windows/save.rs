//! Save several maintenance windows together.

use super::MaintenanceWindow;
use crate::{
    ApiState,
    caller::Caller,
    extract::Body,
    list::List,
    problem::{ApiError, Problem},
    v1::update_policies::scope,
};
use axum::{Json, extract::State};
use latarnik_app::{
    AppError, BatchedWindow as AppBatchedWindow, FieldCode, FieldError,
    MaintenanceWindowBatch as AppMaintenanceWindowBatch,
};
use latarnik_model::{DeviceId, GroupId, MaintenanceWindowId, Permission, TenantId, WindowDraft};
use serde::Deserialize;
use utoipa::ToSchema;

/// Windows of one scope. They are the tenant's unless a group or a device is named.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MaintenanceWindowBatch {
    /// Their tenant; absent is the caller's.
    tenant_id: Option<TenantId>,
    group_id: Option<GroupId>,
    device_id: Option<DeviceId>,
    /// 1 to 100 of them.
    windows: Vec<BatchedWindow>,
}

/// A window among others: a new one, or one that replaces what was there.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BatchedWindow {
    /// The window that it replaces; absent makes a new one.
    id: Option<MaintenanceWindowId>,
    /// With `id`: the version of it that the caller has seen.
    version: Option<u64>,
    /// 1 to 100 characters.
    name: String,
    /// Whether it counts.
    enabled: bool,
    definition: WindowDraft,
}

impl BatchedWindow {
    fn read(self, position: usize) -> Result<AppBatchedWindow, ApiError> {
        let refused = |field, code| {
            let errors = vec![(position, FieldError { field, code })];
            let list = "windows";
            ApiError::from(AppError::InvalidItems { list, errors })
        };
        let replaces = match (self.id, self.version) {
            (Some(id), Some(version)) => Some((id, version)),
            (Some(_), None) => return Err(refused("version", FieldCode::Required)),
            (None, Some(_)) => return Err(refused("version", FieldCode::NotAllowed)),
            (None, None) => None,
        };
        Ok(AppBatchedWindow {
            replaces,
            name: self.name,
            enabled: self.enabled,
            definition: self.definition,
        })
    }
}

/// Saves several maintenance windows of one scope: all of them, or none. Connected agents know them
/// within seconds.
#[utoipa::path(
    post, path = "/api/v1/maintenance-windows/batch", operation_id = "save_maintenance_windows",
    tag = "maintenance",
    request_body = MaintenanceWindowBatch,
    extensions(("x-access" = json!(Permission::ManageMaintenanceWindows.name()))),
    responses(
        (status = 200, description = "Saved, in the order of the request", body = List<MaintenanceWindow>),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`: one that is to be replaced is not there", body = Problem),
        (status = 409, description = "`changed_meanwhile`", body = Problem),
        (status = 422, description = "`validation_failed`, with fields such as `windows[1].start_time`; \
            `too_many_maintenance_windows` beyond 200 of a tenant", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Body(body): Body<MaintenanceWindowBatch>,
) -> Result<Json<List<MaintenanceWindow>>, ApiError> {
    let windows = body.windows.into_iter().enumerate();
    let windows = windows.map(|(position, window)| window.read(position));
    let batch = AppMaintenanceWindowBatch {
        tenant_id: body.tenant_id.map_or_else(|| caller.tenant_id(), Ok)?,
        scope: scope(body.group_id, body.device_id)?,
        windows: windows.collect::<Result<_, _>>()?,
    };
    let saved = state
        .app()
        .save_maintenance_windows(caller.context(), batch)
        .await?;
    let items = saved.into_iter().map(MaintenanceWindow::from).collect();
    Ok(Json(List::whole(items)))
}
