//! One blackout.

use super::Blackout;
use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{BlackoutId, Permission};

/// One blackout.
#[utoipa::path(
    get, path = "/api/v1/blackouts/{id}", operation_id = "read_blackout",
    tag = "maintenance",
    params(("id" = BlackoutId, Path, description = "The blackout")),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "The blackout", body = Blackout),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<BlackoutId>,
) -> Result<Json<Blackout>, ApiError> {
    let blackout = state.app().read_blackout(caller.context(), id).await?;
    Ok(Json(blackout.into()))
}
