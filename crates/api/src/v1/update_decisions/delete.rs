//! Take an approval or a block back.

use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::extract::State;
use http::StatusCode;
use latarnik_model::{Permission, UpdateDecisionId};

/// Takes an approval or a block back: wider decisions and policies hold again.
#[utoipa::path(
    delete, path = "/api/v1/update-decisions/{id}", operation_id = "delete_update_decision",
    tag = "policies",
    params(("id" = UpdateDecisionId, Path, description = "The decision")),
    extensions(("x-access" = json!(Permission::ManageUpdatePolicies.name()))),
    responses(
        (status = 204, description = "Taken back"),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<UpdateDecisionId>,
) -> Result<StatusCode, ApiError> {
    state
        .app()
        .withdraw_update_decision(caller.context(), id)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
