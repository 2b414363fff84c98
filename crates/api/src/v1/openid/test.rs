//! Test a provider.

use crate::{
    ApiState,
    caller::Caller,
    extract::{Body, Id},
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{Permission, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
/// Which provider.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenidTest {
    /// The provider's address.
    issuer: String,
}

/// What was found there.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenidTestResult {
    /// Where the provider signs people in.
    authorization_endpoint: String,
}

/// Looks whether there is a provider at an address.
#[utoipa::path(
    post, path = "/api/v1/tenants/{id}/openid/test", operation_id = "test_openid", tag = "sign-in",
    params(("id" = TenantId, Path, description = "The tenant")),
    request_body = OpenidTest,
    extensions(("x-access" = json!(Permission::ManageSettings.name()))),
    responses(
        (status = 200, description = "There is a provider", body = OpenidTestResult),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
        (status = 502, description = "`openid_unreachable`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<TenantId>,
    Body(body): Body<OpenidTest>,
) -> Result<Json<OpenidTestResult>, ApiError> {
    let authorization_endpoint = state
        .app()
        .test_openid(caller.context(), id, &body.issuer)
        .await?;
    Ok(Json(OpenidTestResult {
        authorization_endpoint,
    }))
}
