//! One update over all devices.

use super::Update;
use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{Permission, UpdateId};

/// One update over all devices.
#[utoipa::path(
    get, path = "/api/v1/updates/{id}", operation_id = "read_update", tag = "updates",
    params(("id" = UpdateId, Path, description = "The update")),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "The update", body = Update),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<UpdateId>,
) -> Result<Json<Update>, ApiError> {
    Ok(Json(
        state.app().read_update(caller.context(), id).await?.into(),
    ))
}
