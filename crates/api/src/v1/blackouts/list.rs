//! Blackouts.

use super::Blackout;
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

/// Which blackouts.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlackoutParameters {
    /// Of this tenant only.
    tenant_id: Option<TenantId>,
}

/// The blackouts that the caller may see: of each tenant first, then of its groups and of
/// its devices.
#[utoipa::path(
    get, path = "/api/v1/blackouts", operation_id = "list_blackouts",
    tag = "maintenance",
    params(BlackoutParameters),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "All of them on one page", body = List<Blackout>),
        (status = 400, description = "`malformed_request`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Parameters(parameters): Parameters<BlackoutParameters>,
) -> Result<Json<List<Blackout>>, ApiError> {
    let blackouts = state
        .app()
        .list_blackouts(caller.context(), parameters.tenant_id)
        .await?;
    let items = blackouts.into_iter().map(Blackout::from).collect();
    Ok(Json(List::whole(items)))
}
