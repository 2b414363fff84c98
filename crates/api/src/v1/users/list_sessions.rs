//! The sessions of a person.

use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    list::List,
    problem::{ApiError, Problem},
    v1::sessions::UserSession,
};
use axum::{Json, extract::State};
use latarnik_model::{Permission, UserId};

/// The sessions of a person.
#[utoipa::path(
    get, path = "/api/v1/users/{id}/sessions", operation_id = "list_user_sessions", tag = "users",
    params(("id" = UserId, Path, description = "The person")),
    extensions(("x-access" = json!(Permission::ManageUsers.name()))),
    responses(
        (status = 200, description = "All of them on one page, newest first", body = List<UserSession>),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<UserId>,
) -> Result<Json<List<UserSession>>, ApiError> {
    let sessions = state.app().list_user_sessions(caller.context(), id).await?;
    let items = sessions
        .into_iter()
        .map(|session| UserSession::new(session, None));
    Ok(Json(List::whole(items.collect())))
}
