//! How updates go through the rings of tenants.

use super::Rollout;
use crate::{
    ApiState,
    caller::Caller,
    extract::Parameters,
    list::List,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{Permission, RolloutState, TenantId};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which rollouts.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct RolloutParameters {
    /// Of this tenant only.
    tenant_id: Option<TenantId>,
    /// In this state only.
    state: Option<RolloutState>,
}

/// How updates go through the rings of tenants, newest first.
#[utoipa::path(
    get, path = "/api/v1/rollouts", operation_id = "list_rollouts", tag = "policies",
    params(RolloutParameters),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "All of them on one page", body = List<Rollout>),
        (status = 400, description = "`malformed_request`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Parameters(parameters): Parameters<RolloutParameters>,
) -> Result<Json<List<Rollout>>, ApiError> {
    let states: Vec<_> = parameters.state.into_iter().collect();
    let rollouts = state
        .app()
        .list_rollouts(caller.context(), parameters.tenant_id, &states)
        .await?;
    let items = rollouts.into_iter().map(Rollout::from).collect();
    Ok(Json(List::whole(items)))
}
