//! How a tenant signs in.

use super::Openid;
use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{Permission, TenantId};

/// How a tenant signs in.
#[utoipa::path(
    get, path = "/api/v1/tenants/{id}/openid", operation_id = "read_openid", tag = "sign-in",
    params(("id" = TenantId, Path, description = "The tenant")),
    extensions(("x-access" = json!(Permission::ManageSettings.name()))),
    responses(
        (status = 200, description = "How it signs in", body = Openid),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`, also if it signs in with passwords alone", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<TenantId>,
) -> Result<Json<Openid>, ApiError> {
    let provider = state.app().read_openid(caller.context(), id).await?;
    Ok(Json(Openid::new(
        provider,
        state.app().openid_redirect_url(),
    )))
}
