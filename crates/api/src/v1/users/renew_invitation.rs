//! Invites somebody again; the earlier link stops working.

use super::IssuedLink;
use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{Permission, UserId};

/// Invites somebody again; the earlier link stops working.
#[utoipa::path(
    post, path = "/api/v1/users/{id}/invitation", operation_id = "renew_invitation", tag = "users",
    params(("id" = UserId, Path, description = "The person")),
    extensions(("x-access" = json!(Permission::ManageUsers.name()))),
    responses(
        (status = 200, description = "The link", body = IssuedLink),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 409, description = "`user_already_active`, `own_account`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<UserId>,
) -> Result<Json<IssuedLink>, ApiError> {
    let link = state.app().renew_invitation(caller.context(), id).await?;
    Ok(Json(link.into()))
}
