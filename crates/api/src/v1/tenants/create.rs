//! Make a client tenant.

use super::Tenant;
use crate::{
    ApiState,
    caller::Caller,
    extract::Body,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use http::StatusCode;
use latarnik_model::Permission;
use serde::Deserialize;
use utoipa::ToSchema;
/// A tenant to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTenant {
    /// 1 to 100 characters, unique whatever the case.
    name: String,
    /// IANA zone; absent is the provider's.
    time_zone: Option<String>,
}

/// Makes a client of the provider.
#[utoipa::path(
    post, path = "/api/v1/tenants", operation_id = "create_tenant", tag = "tenants",
    request_body = NewTenant,
    extensions(("x-access" = json!(Permission::ManageTenants.name()))),
    responses(
        (status = 201, description = "Made", body = Tenant),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Body(body): Body<NewTenant>,
) -> Result<(StatusCode, Json<Tenant>), ApiError> {
    let tenant = state
        .app()
        .create_tenant(caller.context(), &body.name, body.time_zone.as_deref())
        .await?;
    Ok((StatusCode::CREATED, Json(tenant.into())))
}
