//! One person.

use super::User;
use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{Permission, UserId};

/// One person.
#[utoipa::path(
    get, path = "/api/v1/users/{id}", operation_id = "read_user", tag = "users",
    params(("id" = UserId, Path, description = "The person")),
    extensions(("x-access" = json!(Permission::ManageUsers.name()))),
    responses(
        (status = 200, description = "The person", body = User),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<UserId>,
) -> Result<Json<User>, ApiError> {
    let user = state.app().read_user(caller.context(), id).await?;
    Ok(Json(user.into()))
}
