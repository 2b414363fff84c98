//! Choose a new password.

use crate::{
    ApiState, access,
    extract::Body,
    origin::RequestOrigin,
    problem::{ApiError, Problem},
    v1::invitations::NewPassword,
};
use axum::extract::State;
use http::StatusCode;

/// Chooses a new password with the link of the mail.
#[utoipa::path(
    post, path = "/api/v1/password-resets/complete", operation_id = "complete_password_reset", tag = "session",
    request_body = NewPassword,
    extensions(("x-access" = json!(access::PUBLIC))),
    responses(
        (status = 204, description = "Changed; every session has ended"),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 404, description = "`link_unknown`", body = Problem),
        (status = 410, description = "`link_expired`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    RequestOrigin(origin): RequestOrigin,
    Body(body): Body<NewPassword>,
) -> Result<StatusCode, ApiError> {
    let (token, password) = body.parts()?;
    state.app().reset_password(&token, password, origin).await?;
    Ok(StatusCode::NO_CONTENT)
}
