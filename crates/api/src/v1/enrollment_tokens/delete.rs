//! Revoke a token.

use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::extract::State;
use http::StatusCode;
use latarnik_model::{EnrollmentTokenId, Permission};

/// Revokes a token: no agent can register with it any more. It stays in the list.
#[utoipa::path(
    delete, path = "/api/v1/enrollment-tokens/{id}", operation_id = "delete_enrollment_token",
    tag = "enrollment",
    params(("id" = EnrollmentTokenId, Path, description = "The token")),
    extensions(("x-access" = json!(Permission::ManageEnrollmentTokens.name()))),
    responses(
        (status = 204, description = "Revoked"),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<EnrollmentTokenId>,
) -> Result<StatusCode, ApiError> {
    state
        .app()
        .revoke_enrollment_token(caller.context(), id)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
