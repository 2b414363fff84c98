//! Takes away the second factor of somebody who has lost it; their sessions end.

use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::extract::State;
use http::StatusCode;
use latarnik_model::{Permission, UserId};

/// Takes away the second factor of somebody who has lost it; their sessions end.
#[utoipa::path(
    delete, path = "/api/v1/users/{id}/second-factor", operation_id = "delete_second_factor", tag = "users",
    params(("id" = UserId, Path, description = "The person")),
    extensions(("x-access" = json!(Permission::ManageUsers.name()))),
    responses(
        (status = 204, description = "Done"),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 409, description = "`own_account`, `totp_not_on`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<UserId>,
) -> Result<StatusCode, ApiError> {
    state
        .app()
        .reset_second_factor(caller.context(), id)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
