//! Sign in with passwords alone.

use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::extract::State;
use http::StatusCode;
use latarnik_model::{Permission, TenantId};

/// Ends signing in through a provider; people with passwords go on.
#[utoipa::path(
    delete, path = "/api/v1/tenants/{id}/openid", operation_id = "delete_openid", tag = "sign-in",
    params(("id" = TenantId, Path, description = "The tenant")),
    extensions(("x-access" = json!(Permission::ManageSettings.name()))),
    responses(
        (status = 204, description = "Done"),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<TenantId>,
) -> Result<StatusCode, ApiError> {
    state.app().delete_openid(caller.context(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
