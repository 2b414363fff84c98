//! Delete a blackout.

use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::extract::State;
use http::StatusCode;
use latarnik_model::{BlackoutId, Permission};

/// Deletes a blackout. Connected agents know it within seconds.
#[utoipa::path(
    delete, path = "/api/v1/blackouts/{id}", operation_id = "delete_blackout",
    tag = "maintenance",
    params(("id" = BlackoutId, Path, description = "The blackout")),
    extensions(("x-access" = json!(Permission::ManageMaintenanceWindows.name()))),
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
    Id(id): Id<BlackoutId>,
) -> Result<StatusCode, ApiError> {
    state.app().delete_blackout(caller.context(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
