//! Replace what a policy for updates says.

use super::{PolicyRules, UpdatePolicy};
use crate::{
    ApiState,
    caller::Caller,
    extract::{Body, Id},
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{Permission, UpdatePolicyId};
use serde::Deserialize;
use utoipa::ToSchema;

/// What a policy says from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdatePolicyChange {
    /// The version that the caller has seen.
    version: u64,
    rules: PolicyRules,
}

/// Replaces what a policy says. Tasks that wait and that it no longer wants are taken back.
#[utoipa::path(
    put, path = "/api/v1/update-policies/{id}", operation_id = "replace_update_policy",
    tag = "policies",
    params(("id" = UpdatePolicyId, Path, description = "The policy")),
    request_body = UpdatePolicyChange,
    extensions(("x-access" = json!(Permission::ManageUpdatePolicies.name()))),
    responses(
        (status = 200, description = "The policy as it is now", body = UpdatePolicy),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 409, description = "`changed_meanwhile`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<UpdatePolicyId>,
    Body(body): Body<UpdatePolicyChange>,
) -> Result<Json<UpdatePolicy>, ApiError> {
    let policy = body.rules.policy()?;
    let policy = state
        .app()
        .replace_update_policy(caller.context(), id, body.version, policy)
        .await?;
    Ok(Json(policy.into()))
}
