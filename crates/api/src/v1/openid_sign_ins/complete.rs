//! End a sign-in through a provider.

use crate::{
    ApiState, access, cookie,
    extract::Body,
    origin::RequestOrigin,
    problem::{ApiError, Problem},
    v1::session::{self, Session},
};
use axum::{extract::State, response::Response};
use http::HeaderMap;
use latarnik_app::{OpenidReturn as AppOpenidReturn, Problem as Refusal};
use serde::Deserialize;
use utoipa::ToSchema;
/// What the browser brings back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenidReturn {
    state: String,
    code: String,
    /// The code of the second factor, or a recovery code; asked for by `totp_required`.
    totp_code: Option<String>,
}

/// End a sign-in through a provider.
#[utoipa::path(
    post, path = "/api/v1/openid-sign-ins/complete", operation_id = "complete_openid_sign_in", tag = "session",
    request_body = OpenidReturn,
    extensions(("x-access" = json!(access::PUBLIC))),
    responses(
        (status = 200, description = "Signed in", body = Session),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`openid_refused`, `totp_required`, `totp_invalid`", body = Problem),
        (status = 403, description = "`openid_no_access`", body = Problem),
        (status = 404, description = "`openid_unknown`", body = Problem),
        (status = 409, description = "`last_owner`", body = Problem),
        (status = 429, description = "`too_many_attempts`", body = Problem),
        (status = 502, description = "`openid_unreachable`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    RequestOrigin(origin): RequestOrigin,
    headers: HeaderMap,
    Body(body): Body<OpenidReturn>,
) -> Result<Response, ApiError> {
    let browser = cookie::read_openid(&headers, state.settings().cookie_security)
        .ok_or(Refusal::OpenidRefused)?;
    let back = AppOpenidReturn {
        state: body.state,
        code: body.code,
        browser,
        totp_code: body.totp_code,
        origin,
    };
    let (token, signed_in) = state.app().finish_openid(back).await?;
    session::begin(&state, &token, signed_in).await
}
