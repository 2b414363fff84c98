//! One tenant.

use super::Tenant;
use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{Permission, TenantId};

/// One tenant.
#[utoipa::path(
    get, path = "/api/v1/tenants/{id}", operation_id = "read_tenant", tag = "tenants",
    params(("id" = TenantId, Path, description = "The tenant")),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "The tenant", body = Tenant),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<TenantId>,
) -> Result<Json<Tenant>, ApiError> {
    let tenant = state.app().read_tenant(caller.context(), id).await?;
    Ok(Json(tenant.into()))
}
