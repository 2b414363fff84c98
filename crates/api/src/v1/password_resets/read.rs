//! Whose new password it is.

use crate::{
    ApiState, access,
    extract::Body,
    problem::{ApiError, Problem},
    v1::invitations::{LinkOwner, LinkRequest},
};
use axum::{Json, extract::State};
use latarnik_model::UserLinkKind;

/// Whose new password it is.
#[utoipa::path(
    post, path = "/api/v1/password-resets/read", operation_id = "read_password_reset", tag = "session",
    request_body = LinkRequest,
    extensions(("x-access" = json!(access::PUBLIC))),
    responses(
        (status = 200, description = "Whose it is", body = LinkOwner),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 404, description = "`link_unknown`", body = Problem),
        (status = 410, description = "`link_expired`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    Body(body): Body<LinkRequest>,
) -> Result<Json<LinkOwner>, ApiError> {
    let token = body.token()?;
    let owner = state
        .app()
        .read_link(UserLinkKind::PasswordReset, &token)
        .await?;
    Ok(Json(owner.into()))
}
