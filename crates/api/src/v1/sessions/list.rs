//! The own sessions.

use super::UserSession;
use crate::{
    ApiState, access,
    caller::Person,
    list::List,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};

/// The own sessions.
#[utoipa::path(
    get, path = "/api/v1/sessions", operation_id = "list_sessions", tag = "profile",
    extensions(("x-access" = json!(access::PERSON))),
    responses(
        (status = 200, description = "All of them on one page, newest first", body = List<UserSession>),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`user_required`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Person,
) -> Result<Json<List<UserSession>>, ApiError> {
    let sessions = state.app().list_own_sessions(caller.context()).await?;
    let current = Some(caller.0.session_id);
    let items = sessions
        .into_iter()
        .map(|session| UserSession::new(session, current));
    Ok(Json(List::whole(items.collect())))
}
