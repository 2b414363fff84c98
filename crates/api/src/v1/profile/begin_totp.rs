//! Begin to set up a second factor.

use crate::{
    ApiState, access,
    caller::Person,
    extract::Body,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_app::Password;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
/// Proof that it is the person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TotpRequest {
    /// Empty for those who have none.
    password: String,
    /// Of the present second factor, which the new one replaces.
    totp_code: Option<String>,
}

/// What an authenticator needs to know. Never shown again.
#[derive(Serialize, ToSchema)]
pub(crate) struct TotpSetup {
    /// For typing in: base32.
    secret: String,
    /// For a QR code: `otpauth://…`.
    url: String,
}

/// Begins to set up a second factor, or to replace it. Nothing changes before it is confirmed.
#[utoipa::path(
    post, path = "/api/v1/profile/totp", operation_id = "begin_totp", tag = "profile",
    request_body = TotpRequest,
    extensions(("x-access" = json!(access::PERSON))),
    responses(
        (status = 200, description = "Show this to the person", body = TotpSetup),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`, `totp_required`, `totp_invalid`", body = Problem),
        (status = 403, description = "`user_required`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
        (status = 429, description = "`too_many_attempts`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Person,
    Body(body): Body<TotpRequest>,
) -> Result<Json<TotpSetup>, ApiError> {
    let password = Password::typed(body.password);
    let setup = state
        .app()
        .begin_totp(caller.context(), password, body.totp_code)
        .await?;
    Ok(Json(TotpSetup {
        secret: setup.secret,
        url: setup.url,
    }))
}
