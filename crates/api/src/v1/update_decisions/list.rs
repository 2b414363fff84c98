//! Approvals and blocks of single updates.

use super::UpdateDecision;
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

/// Which decisions.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateDecisionParameters {
    /// Of this tenant only.
    tenant_id: Option<TenantId>,
}

/// The approvals and blocks that the caller may see, newest first.
#[utoipa::path(
    get, path = "/api/v1/update-decisions", operation_id = "list_update_decisions",
    tag = "policies",
    params(UpdateDecisionParameters),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "All of them on one page", body = List<UpdateDecision>),
        (status = 400, description = "`malformed_request`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Parameters(parameters): Parameters<UpdateDecisionParameters>,
) -> Result<Json<List<UpdateDecision>>, ApiError> {
    let decisions = state
        .app()
        .list_update_decisions(caller.context(), parameters.tenant_id)
        .await?;
    let items = decisions.into_iter().map(UpdateDecision::from).collect();
    Ok(Json(List::whole(items)))
}
