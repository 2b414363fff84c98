//! Delete a calendar feed.

use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::extract::State;
use http::StatusCode;
use latarnik_model::{CalendarFeedId, Permission};

/// Deletes a calendar feed: its address leads nowhere any more.
#[utoipa::path(
    delete, path = "/api/v1/calendar-feeds/{id}", operation_id = "delete_calendar_feed",
    tag = "maintenance",
    params(("id" = CalendarFeedId, Path, description = "The feed")),
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
    Id(id): Id<CalendarFeedId>,
) -> Result<StatusCode, ApiError> {
    state
        .app()
        .delete_calendar_feed(caller.context(), id)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
