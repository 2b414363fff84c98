//! When a maintenance window would be open.

use super::OverlappingWindow;
use crate::{
    ApiState,
    caller::Caller,
    extract::Body,
    instant::Instant,
    problem::{ApiError, Problem},
    v1::{maintenance::SpanPreview, update_policies::scope},
};
use axum::{Json, extract::State};
use latarnik_app::{WindowForecast, WindowPreview as AppWindowPreview};
use latarnik_model::{DeviceId, GroupId, MaintenanceWindowId, Permission, TenantId, WindowDraft};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A definition, and what to see of it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WindowPreviewRequest {
    /// The tenant; absent is the caller's.
    tenant_id: Option<TenantId>,
    /// The group or the device whose it would be; absent both is the tenant.
    group_id: Option<GroupId>,
    device_id: Option<DeviceId>,
    /// The window that it would replace: it does not overlap with that one.
    window_id: Option<MaintenanceWindowId>,
    definition: WindowDraft,
    /// The IANA time zone where the definition names none; absent is the tenant's.
    time_zone: Option<String>,
    /// Occurrences that end later than this, from 2000 to 2100; absent is now.
    from: Option<Instant>,
    /// So many of them, 1 to 50; absent is 10.
    count: Option<u32>,
}

/// When a window would be open by itself, and beside which others.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WindowPreview {
    #[serde(flatten)]
    spans: SpanPreview,
    /// Enabled windows of the same scope that allow the same kind of work at the same time, within
    /// the next eight weeks.
    overlaps: Vec<OverlappingWindow>,
}

impl From<WindowForecast> for WindowPreview {
    fn from(forecast: WindowForecast) -> Self {
        let overlaps = forecast.overlaps.into_iter();
        Self {
            spans: forecast.spans.into(),
            overlaps: overlaps.map(OverlappingWindow::from).collect(),
        }
    }
}

/// Says when a maintenance window would be open by itself, and with which windows of its scope it
/// would overlap if it were enabled. Occurrences that touch are one. Changes nothing.
#[utoipa::path(
    post, path = "/api/v1/maintenance-windows/preview",
    operation_id = "preview_maintenance_window", tag = "maintenance",
    request_body = WindowPreviewRequest,
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "The occurrences", body = WindowPreview),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Body(body): Body<WindowPreviewRequest>,
) -> Result<Json<WindowPreview>, ApiError> {
    let preview = AppWindowPreview {
        tenant_id: body.tenant_id.map_or_else(|| caller.tenant_id(), Ok)?,
        scope: scope(body.group_id, body.device_id)?,
        replaces: body.window_id,
        definition: body.definition,
        time_zone: body.time_zone,
        from: body.from.map(|from| from.0),
        count: body.count,
    };
    let forecast = state
        .app()
        .preview_maintenance_window(caller.context(), preview)
        .await?;
    Ok(Json(forecast.into()))
}
