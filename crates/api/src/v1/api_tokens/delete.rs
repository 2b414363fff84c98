//! Revoke an API token.

use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::extract::State;
use http::StatusCode;
use latarnik_model::{ApiTokenId, Permission};

/// Revokes an API token: it stops working at once.
#[utoipa::path(
    delete, path = "/api/v1/api-tokens/{id}", operation_id = "delete_api_token", tag = "api-tokens",
    params(("id" = ApiTokenId, Path, description = "The token")),
    extensions(("x-access" = json!(Permission::ManageApiTokens.name()))),
    responses(
        (status = 204, description = "Revoked"),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<ApiTokenId>,
) -> Result<StatusCode, ApiError> {
    state.app().revoke_api_token(caller.context(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
