//! The API tokens that the caller may see.

use super::ApiToken;
use crate::{
    ApiState,
    caller::Caller,
    extract::Parameters,
    list::{self, List},
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{Permission, TenantId};
use serde::Deserialize;
use utoipa::IntoParams;
/// Which tokens, which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiTokenParameters {
    /// Of this tenant only.
    tenant_id: Option<TenantId>,
    /// Most items, 1 to 500.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The API tokens that the caller may see.
#[utoipa::path(
    get, path = "/api/v1/api-tokens", operation_id = "list_api_tokens", tag = "api-tokens",
    params(ApiTokenParameters),
    extensions(("x-access" = json!(Permission::ManageApiTokens.name()))),
    responses(
        (status = 200, description = "A page, newest first", body = List<ApiToken>),
        (status = 400, description = "`malformed_request`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Parameters(parameters): Parameters<ApiTokenParameters>,
) -> Result<Json<List<ApiToken>>, ApiError> {
    let page = list::page(parameters.limit, parameters.cursor.as_deref())?;
    let tokens = state
        .app()
        .list_api_tokens(caller.context(), parameters.tenant_id, &page)
        .await?;
    Ok(Json(List::of(tokens.map(ApiToken::from))))
}
