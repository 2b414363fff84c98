//! Ask for a new password.

use crate::{
    ApiState, access,
    extract::Body,
    origin::RequestOrigin,
    problem::{ApiError, Problem},
};
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
/// Whose password was forgotten.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordResetRequest {
    email: String,
}

/// Asks for a mail with a link. The answer is the same whether there is such an account or not.
#[utoipa::path(
    post, path = "/api/v1/password-resets", operation_id = "create_password_reset_request", tag = "session",
    request_body = PasswordResetRequest,
    extensions(("x-access" = json!(access::PUBLIC))),
    responses(
        (status = 202, description = "If there is such an account, a mail is on its way"),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 429, description = "`too_many_attempts`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    RequestOrigin(origin): RequestOrigin,
    Body(body): Body<PasswordResetRequest>,
) -> Result<StatusCode, ApiError> {
    state.app().request_password_reset(&body.email, origin)?;
    Ok(StatusCode::ACCEPTED)
}
