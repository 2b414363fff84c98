//! Who is signed in.

use super::Session;
use crate::{
    ApiState, access,
    caller::Person,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};

/// Who is signed in, and what they may do.
#[utoipa::path(
    get, path = "/api/v1/session", operation_id = "read_session", tag = "session",
    extensions(("x-access" = json!(access::PERSON))),
    responses(
        (status = 200, description = "Who is signed in", body = Session),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`user_required`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    Person(signed_in): Person,
) -> Result<Json<Session>, ApiError> {
    Ok(Json(Session::of(&state, signed_in).await?))
}
