//! Change a tenant.

use super::Tenant;
use crate::{
    ApiState,
    caller::Caller,
    extract::{Body, Id, Patch},
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_app::TenantChange as AppTenantChange;
use latarnik_model::{Permission, TenantId};
use serde::Deserialize;
use utoipa::ToSchema;
/// What changes; absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantChange {
    name: Option<String>,
    /// IANA zone.
    time_zone: Option<String>,
    /// How many days audit events are kept, 7 to 3660; null is for ever.
    #[serde(default)]
    #[schema(value_type = Option<u32>)]
    audit_retention_days: Patch<u32>,
}

/// Changes what holds for a whole tenant.
#[utoipa::path(
    patch, path = "/api/v1/tenants/{id}", operation_id = "update_tenant", tag = "tenants",
    params(("id" = TenantId, Path, description = "The tenant")),
    request_body = TenantChange,
    extensions(("x-access" = json!(Permission::ManageSettings.name()))),
    responses(
        (status = 200, description = "The tenant as it is now", body = Tenant),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 409, description = "`tenant_being_deleted`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<TenantId>,
    Body(body): Body<TenantChange>,
) -> Result<Json<Tenant>, ApiError> {
    let change = AppTenantChange {
        name: body.name,
        time_zone: body.time_zone,
        audit_retention_days: body.audit_retention_days.into_change(),
    };
    let tenant = state
        .app()
        .update_tenant(caller.context(), id, change)
        .await?;
    Ok(Json(tenant.into()))
}
