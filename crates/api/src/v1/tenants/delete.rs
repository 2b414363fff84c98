//! Delete a tenant.

use super::Tenant;
use crate::{
    ApiState,
    caller::Caller,
    extract::{Body, Id},
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use http::StatusCode;
use latarnik_model::{Permission, TenantId};
use serde::Deserialize;
use utoipa::ToSchema;
/// Proof that this tenant is meant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantDeletionRequest {
    /// The tenant's name as it is.
    name: String,
}

/// Begins to delete a client with everything that it has.
#[utoipa::path(
    post, path = "/api/v1/tenants/{id}/deletion", operation_id = "delete_tenant", tag = "tenants",
    params(("id" = TenantId, Path, description = "The tenant")),
    request_body = TenantDeletionRequest,
    extensions(("x-access" = json!(Permission::ManageTenants.name()))),
    responses(
        (status = 202, description = "Its people and agents are shut out; the rest goes in the background", body = Tenant),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 409, description = "`provider_stays`, `tenant_being_deleted`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<TenantId>,
    Body(body): Body<TenantDeletionRequest>,
) -> Result<(StatusCode, Json<Tenant>), ApiError> {
    let tenant = state
        .app()
        .delete_tenant(caller.context(), id, &body.name)
        .await?;
    Ok((StatusCode::ACCEPTED, Json(tenant.into())))
}
