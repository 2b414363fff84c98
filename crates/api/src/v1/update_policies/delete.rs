//! Delete a policy for updates.

use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::extract::State;
use http::StatusCode;
use latarnik_model::{Permission, UpdatePolicyId};

/// Deletes a policy: wider ones hold for its devices again.
#[utoipa::path(
    delete, path = "/api/v1/update-policies/{id}", operation_id = "delete_update_policy",
    tag = "policies",
    params(("id" = UpdatePolicyId, Path, description = "The policy")),
    extensions(("x-access" = json!(Permission::ManageUpdatePolicies.name()))),
    responses(
        (status = 204, description = "Deleted"),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<UpdatePolicyId>,
) -> Result<StatusCode, ApiError> {
    state
        .app()
        .delete_update_policy(caller.context(), id)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
