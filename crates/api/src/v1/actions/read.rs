//! One action.

use super::Action;
use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{ActionId, Permission};

/// One action, with what the caller may see of its tasks.
#[utoipa::path(
    get, path = "/api/v1/actions/{id}", operation_id = "read_action", tag = "actions",
    params(("id" = ActionId, Path, description = "The action")),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "The action", body = Action),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<ActionId>,
) -> Result<Json<Action>, ApiError> {
    let action = state.app().read_action(caller.context(), id).await?;
    Ok(Json(Action::new(caller.context(), action)))
}
