//! Accept an invitation.

use super::NewPassword;
use crate::{
    ApiState, access,
    extract::Body,
    origin::RequestOrigin,
    problem::{ApiError, Problem},
    v1::session::{self, Session},
};
use axum::{extract::State, response::Response};

/// Accepts an invitation: chooses a password, and signs in.
#[utoipa::path(
    post, path = "/api/v1/invitations/accept", operation_id = "accept_invitation", tag = "session",
    request_body = NewPassword,
    extensions(("x-access" = json!(access::PUBLIC))),
    responses(
        (status = 200, description = "Accepted and signed in", body = Session),
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
) -> Result<Response, ApiError> {
    let (token, password) = body.parts()?;
    let (token, signed_in) = state
        .app()
        .accept_invitation(&token, password, origin)
        .await?;
    session::begin(&state, &token, signed_in).await
}
