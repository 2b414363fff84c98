//! Stop an update on its way through the rings.

use super::Rollout;
use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_app::RolloutChange;
use latarnik_model::{Permission, RolloutId};

/// Stops an update: it goes no further, and tasks that wait are taken back.
#[utoipa::path(
    post, path = "/api/v1/rollouts/{id}/stop", operation_id = "stop_rollout",
    tag = "policies",
    params(("id" = RolloutId, Path, description = "The rollout")),
    extensions(("x-access" = json!(Permission::ManageUpdatePolicies.name()))),
    responses(
        (status = 200, description = "Where it stands now", body = Rollout),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 409, description = "`rollout_complete` or `changed_meanwhile`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<RolloutId>,
) -> Result<Json<Rollout>, ApiError> {
    super::change(&state, &caller, id, RolloutChange::Stop).await
}
