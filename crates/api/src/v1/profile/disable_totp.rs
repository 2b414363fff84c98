//! Do without a second factor.

use super::TotpCode;
use crate::{
    ApiState, access,
    caller::Person,
    extract::Body,
    problem::{ApiError, Problem},
};
use axum::extract::State;
use http::StatusCode;

/// Does without a second factor from now on, where the role allows it.
#[utoipa::path(
    post, path = "/api/v1/profile/totp/disable", operation_id = "disable_totp", tag = "profile",
    request_body = TotpCode,
    extensions(("x-access" = json!(access::PERSON))),
    responses(
        (status = 204, description = "Off from now"),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`, `totp_invalid`", body = Problem),
        (status = 403, description = "`user_required`", body = Problem),
        (status = 409, description = "`totp_not_on`, `totp_mandatory`", body = Problem),
        (status = 429, description = "`too_many_attempts`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Person,
    Body(body): Body<TotpCode>,
) -> Result<StatusCode, ApiError> {
    state
        .app()
        .disable_totp(caller.context(), &body.totp_code)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
