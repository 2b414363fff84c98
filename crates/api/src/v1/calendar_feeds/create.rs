//! Make a calendar feed.

use super::CalendarFeed;
use crate::{
    ApiState,
    caller::Caller,
    extract::Body,
    problem::{ApiError, Problem},
    v1::update_policies::scope,
};
use axum::{Json, extract::State};
use http::StatusCode;
use latarnik_model::{DeviceId, GroupId, Permission, TenantId};
use serde::Deserialize;
use utoipa::ToSchema;

/// A feed to be. It is the tenant's unless a group or a device is named.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCalendarFeed {
    /// Its tenant; absent is the caller's.
    tenant_id: Option<TenantId>,
    group_id: Option<GroupId>,
    device_id: Option<DeviceId>,
}

/// Makes a calendar feed. Whoever knows its address may read it, without a session.
#[utoipa::path(
    post, path = "/api/v1/calendar-feeds", operation_id = "create_calendar_feed",
    tag = "maintenance",
    request_body = NewCalendarFeed,
    extensions(("x-access" = json!(Permission::ManageMaintenanceWindows.name()))),
    responses(
        (status = 201, description = "Made; its address is told this once", body = CalendarFeed),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 422, description = "`validation_failed`; `too_many_calendar_feeds` beyond 200 of \
            a tenant", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Body(body): Body<NewCalendarFeed>,
) -> Result<(StatusCode, Json<CalendarFeed>), ApiError> {
    let tenant = body.tenant_id.map_or_else(|| caller.tenant_id(), Ok)?;
    let scope = scope(body.group_id, body.device_id)?;
    let issued = state
        .app()
        .create_calendar_feed(caller.context(), tenant, scope)
        .await?;
    let feed = CalendarFeed::new(issued.record, Some(issued.url));
    Ok((StatusCode::CREATED, Json(feed)))
}
