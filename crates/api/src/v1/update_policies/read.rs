//! One policy for updates.

use super::UpdatePolicy;
use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{Permission, UpdatePolicyId};

/// One policy for updates.
#[utoipa::path(
    get, path = "/api/v1/update-policies/{id}", operation_id = "read_update_policy",
    tag = "policies",
    params(("id" = UpdatePolicyId, Path, description = "The policy")),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "The policy", body = UpdatePolicy),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<UpdatePolicyId>,
) -> Result<Json<UpdatePolicy>, ApiError> {
    let policy = state.app().read_update_policy(caller.context(), id).await?;
    Ok(Json(policy.into()))
}
