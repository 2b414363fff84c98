//! Sign in.

use super::{Session, begin};
use crate::{
    ApiState, access,
    extract::Body,
    origin::RequestOrigin,
    problem::{ApiError, Problem},
};
use axum::{extract::State, response::Response};
use latarnik_app::{Password, SignIn};
use serde::Deserialize;
use utoipa::ToSchema;

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSession {
    email: String,
    password: String,
    /// The code of the second factor, or a recovery code; asked for by `totp_required`.
    totp_code: Option<String>,
}

/// Signs in; the session travels in a cookie.
#[utoipa::path(
    post, path = "/api/v1/session", operation_id = "create_session", tag = "session",
    request_body = NewSession,
    extensions(("x-access" = json!(access::PUBLIC))),
    responses(
        (status = 200, description = "Signed in", body = Session),
        (status = 400, description = "Not a sign-in", body = Problem),
        (status = 401, description = "`invalid_credentials`, `totp_required`, `totp_invalid`", body = Problem),
        (status = 429, description = "`too_many_attempts`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    RequestOrigin(origin): RequestOrigin,
    Body(body): Body<NewSession>,
) -> Result<Response, ApiError> {
    let sign_in = SignIn {
        email: body.email,
        password: Password::typed(body.password),
        totp_code: body.totp_code,
        origin,
    };
    let (token, signed_in) = state.app().sign_in(sign_in).await?;
    begin(&state, &token, signed_in).await
}
