//! One update over all devices.

use super::Update;
use crate::{
    ApiState,
    caller::Caller,
    extract::{Id, Parameters},
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{Permission, TenantId, UpdateId};
use serde::Deserialize;
use utoipa::IntoParams;

/// On which devices.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateScope {
    /// Of this tenant.
    tenant_id: Option<TenantId>,
}

/// One update over all devices.
#[utoipa::path(
    get, path = "/api/v1/updates/{id}", operation_id = "read_update", tag = "updates",
    params(("id" = UpdateId, Path, description = "The update"), UpdateScope),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "The update", body = Update),
        (status = 400, description = "`malformed_request`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<UpdateId>,
    Parameters(scope): Parameters<UpdateScope>,
) -> Result<Json<Update>, ApiError> {
    let update = state
        .app()
        .read_update(caller.context(), scope.tenant_id, id)
        .await?;
    Ok(Json(update.into()))
}
