//! Sign out elsewhere.

use crate::{
    ApiState, access,
    caller::Person,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::extract::State;
use http::StatusCode;
use latarnik_model::SessionId;

/// Ends one of the own sessions.
#[utoipa::path(
    delete, path = "/api/v1/sessions/{id}", operation_id = "delete_own_session", tag = "profile",
    params(("id" = SessionId, Path, description = "The session")),
    extensions(("x-access" = json!(access::PERSON))),
    responses(
        (status = 204, description = "Ended"),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`user_required`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Person,
    Id(id): Id<SessionId>,
) -> Result<StatusCode, ApiError> {
    state.app().end_own_session(caller.context(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
