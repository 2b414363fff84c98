//! All tokens.

use super::EnrollmentToken;
use crate::{
    ApiState,
    caller::Caller,
    extract::Parameters,
    list::{self, List, PageParameters},
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::Permission;

/// Tokens, newest first.
#[utoipa::path(
    get, path = "/api/v1/enrollment-tokens", operation_id = "list_enrollment_tokens",
    tag = "enrollment",
    params(PageParameters),
    extensions(("x-access" = json!(Permission::ManageEnrollmentTokens.name()))),
    responses(
        (status = 200, description = "A page", body = List<EnrollmentToken>),
        (status = 400, description = "`malformed_request`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Parameters(parameters): Parameters<PageParameters>,
) -> Result<Json<List<EnrollmentToken>>, ApiError> {
    let page = list::page(parameters.limit, parameters.cursor.as_deref())?;
    let tokens = state
        .app()
        .list_enrollment_tokens(caller.context(), &page)
        .await?;
    let now = state.app().now();
    Ok(Json(List {
        next_cursor: tokens.next.map(|cursor| cursor.to_string()),
        items: tokens
            .items
            .into_iter()
            .map(|token| EnrollmentToken::new(token, now))
            .collect(),
        total: None,
    }))
}
