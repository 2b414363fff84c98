//! Sign out.

use crate::{ApiState, access, cookie, origin::RequestOrigin, problem::ApiError};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};

/// Signs out. Without a session there is nothing to do.
#[utoipa::path(
    delete, path = "/api/v1/session", operation_id = "delete_session", tag = "session",
    extensions(("x-access" = json!(access::PUBLIC))),
    responses((status = 204, description = "Signed out"))
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    RequestOrigin(origin): RequestOrigin,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if let Some(token) = cookie::read(&headers, state.settings().cookie_security) {
        state.app().sign_out(&token, origin).await?;
    }
    let cookie = cookie::clear(state.settings().cookie_security);
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}
