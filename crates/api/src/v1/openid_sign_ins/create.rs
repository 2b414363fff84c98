//! Begin a sign-in through a provider.

use crate::{
    ApiState, access, cookie,
    extract::Body,
    problem::{ApiError, Problem},
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
/// Who wants to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenidSignIn {
    /// Its domain says which tenant.
    email: String,
}

/// Where to go.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenidRedirect {
    authorization_url: String,
}

/// Begin a sign-in through a provider.
#[utoipa::path(
    post, path = "/api/v1/openid-sign-ins", operation_id = "create_openid_sign_in", tag = "session",
    request_body = OpenidSignIn,
    extensions(("x-access" = json!(access::PUBLIC))),
    responses(
        (status = 200, description = "Where the browser goes; a cookie remembers that it was this browser", body = OpenidRedirect),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 404, description = "`openid_unknown`", body = Problem),
        (status = 502, description = "`openid_unreachable`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    Body(body): Body<OpenidSignIn>,
) -> Result<Response, ApiError> {
    let (authorization_url, browser) = state.app().begin_openid(&body.email).await?;
    let cookie = cookie::set_openid(&browser, state.settings().cookie_security);
    let redirect = OpenidRedirect { authorization_url };
    Ok(([(header::SET_COOKIE, cookie)], Json(redirect)).into_response())
}
