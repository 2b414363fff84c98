//! Calendar feeds.

use super::CalendarFeed;
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

/// Which feeds.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct CalendarFeedParameters {
    /// Of this tenant only.
    tenant_id: Option<TenantId>,
}

/// The calendar feeds that the caller may see, without their addresses.
#[utoipa::path(
    get, path = "/api/v1/calendar-feeds", operation_id = "list_calendar_feeds",
    tag = "maintenance",
    params(CalendarFeedParameters),
    extensions(("x-access" = json!(Permission::ManageMaintenanceWindows.name()))),
    responses(
        (status = 200, description = "All of them on one page", body = List<CalendarFeed>),
        (status = 400, description = "`malformed_request`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Parameters(parameters): Parameters<CalendarFeedParameters>,
) -> Result<Json<List<CalendarFeed>>, ApiError> {
    let feeds = state
        .app()
        .list_calendar_feeds(caller.context(), parameters.tenant_id)
        .await?;
    let items = feeds.into_iter().map(|feed| CalendarFeed::new(feed, None));
    Ok(Json(List::whole(items.collect())))
}
