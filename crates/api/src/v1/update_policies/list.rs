//! Policies for updates.

use super::UpdatePolicy;
use crate::{
    ApiState,
    caller::Caller,
    extract::Parameters,
    list::List,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{Permission, TenantId};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which policies.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdatePolicyParameters {
    /// Of this tenant only.
    tenant_id: Option<TenantId>,
}

/// The policies for updates that the caller may see: of each tenant first, then of its groups and of
/// its devices.
#[utoipa::path(
    get, path = "/api/v1/update-policies", operation_id = "list_update_policies", tag = "policies",
    params(UpdatePolicyParameters),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "All of them on one page", body = List<UpdatePolicy>),
        (status = 400, description = "`malformed_request`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Parameters(parameters): Parameters<UpdatePolicyParameters>,
) -> Result<Json<List<UpdatePolicy>>, ApiError> {
    let policies = state
        .app()
        .list_update_policies(caller.context(), parameters.tenant_id)
        .await?;
    let items = policies.into_iter().map(UpdatePolicy::from).collect();
    Ok(Json(List::whole(items)))
}
