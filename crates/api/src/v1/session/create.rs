//! Sign in.

use super::Session;
use crate::{
    ApiState, cookie,
    extract::Body,
    problem::{ApiError, Problem},
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;
use latarnik_app::{Password, SignIn};
use serde::Deserialize;
use utoipa::ToSchema;

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSession {
    email: String,
    password: String,
}

/// Signs in; the session travels in a cookie.
#[utoipa::path(
    post, path = "/api/v1/session", operation_id = "create_session", tag = "session",
    request_body = NewSession,
    responses(
        (status = 200, description = "Signed in", body = Session),
        (status = 400, description = "Not a sign-in", body = Problem),
        (status = 401, description = "`invalid_credentials`", body = Problem),
        (status = 429, description = "`too_many_attempts`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    Body(body): Body<NewSession>,
) -> Result<Response, ApiError> {
    let sign_in = SignIn {
        email: body.email,
        password: Password::typed(body.password),
    };
    let (token, signed_in) = state.app().sign_in(sign_in).await?;
    let cookie = cookie::set(&token, state.settings().cookie_security);
    Ok((
        [(header::SET_COOKIE, cookie)],
        Json(Session::from(signed_in)),
    )
        .into_response())
}
