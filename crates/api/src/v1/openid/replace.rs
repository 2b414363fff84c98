//! Set up how a tenant signs in.

use super::{Openid, RoleRule};
use crate::{
    ApiState,
    caller::Caller,
    extract::{Body, Id},
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_app::OpenidChange as AppOpenidChange;
use latarnik_model::{Permission, Role, TenantId};
use serde::Deserialize;
use utoipa::ToSchema;
/// How a tenant will sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenidSettings {
    /// The provider's address, over TLS.
    issuer: String,
    client_id: String,
    /// Null or absent keeps the one that there is; empty takes it away.
    client_secret: Option<String>,
    /// No two tenants have the same.
    domains: Vec<String>,
    role_claim: String,
    roles: Vec<RoleRule>,
    default_role: Option<Role>,
    enabled: bool,
}

/// Sets up how a tenant signs in through a provider of its own.
#[utoipa::path(
    put, path = "/api/v1/tenants/{id}/openid", operation_id = "replace_openid", tag = "sign-in",
    params(("id" = TenantId, Path, description = "The tenant")),
    request_body = OpenidSettings,
    extensions(("x-access" = json!(Permission::ManageSettings.name()))),
    responses(
        (status = 200, description = "How it signs in now", body = Openid),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<TenantId>,
    Body(body): Body<OpenidSettings>,
) -> Result<Json<Openid>, ApiError> {
    let roles = body.roles.into_iter();
    let change = AppOpenidChange {
        issuer: body.issuer,
        client_id: body.client_id,
        client_secret: body.client_secret,
        domains: body.domains,
        role_claim: body.role_claim,
        roles: roles.map(|rule| (rule.value, rule.role)).collect(),
        default_role: body.default_role,
        enabled: body.enabled,
    };
    let provider = state
        .app()
        .update_openid(caller.context(), id, change)
        .await?;
    Ok(Json(Openid::new(
        provider,
        state.app().openid_redirect_url(),
    )))
}
