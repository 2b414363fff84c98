//! Change the own password.

use crate::{
    ApiState, access,
    caller::Person,
    extract::Body,
    problem::{ApiError, Problem},
};
use axum::extract::State;
use http::StatusCode;
use latarnik_app::Password;
use serde::Deserialize;
use utoipa::ToSchema;
/// Old and new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordChange {
    current_password: String,
    /// At least 12 characters.
    new_password: String,
}

/// Changes the own password; sessions elsewhere end.
#[utoipa::path(
    post, path = "/api/v1/profile/password", operation_id = "change_password", tag = "profile",
    request_body = PasswordChange,
    extensions(("x-access" = json!(access::PERSON))),
    responses(
        (status = 204, description = "Changed"),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`user_required`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
        (status = 429, description = "`too_many_attempts`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Person,
    Body(body): Body<PasswordChange>,
) -> Result<StatusCode, ApiError> {
    let current = Password::typed(body.current_password);
    state
        .app()
        .change_password(caller.context(), current, body.new_password)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
