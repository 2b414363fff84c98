//! Who is signed in.

use super::Session;
use crate::{caller::Caller, problem::Problem};
use axum::Json;

/// Who is signed in, and what they may do.
#[utoipa::path(
    get, path = "/api/v1/session", operation_id = "read_session", tag = "session",
    responses(
        (status = 200, description = "Who is signed in", body = Session),
        (status = 401, description = "`not_signed_in`", body = Problem),
    )
)]
pub(crate) async fn handle(Caller(signed_in): Caller) -> Json<Session> {
    Json(signed_in.into())
}
