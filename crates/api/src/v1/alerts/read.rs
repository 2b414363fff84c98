//! One alert.

use super::Alert;
use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{AlertId, Permission};

/// One alert.
#[utoipa::path(
    get, path = "/api/v1/alerts/{id}", operation_id = "read_alert", tag = "alerts",
    params(("id" = AlertId, Path, description = "The alert")),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "The alert", body = Alert),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<AlertId>,
) -> Result<Json<Alert>, ApiError> {
    let alert = state.app().read_alert(caller.context(), id).await?;
    Ok(Json(alert.into()))
}
