//! Cancel all of an action.

use super::Action;
use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{ActionId, Permission};

/// Cancels the tasks of an action that the caller may see: at once those that no agent has yet, the
/// others as soon as their agents answer.
#[utoipa::path(
    post, path = "/api/v1/actions/{id}/cancel", operation_id = "cancel_action", tag = "actions",
    params(("id" = ActionId, Path, description = "The action")),
    extensions(("x-access" = json!(Permission::CancelTasks.name()))),
    responses(
        (status = 200, description = "The action, its open tasks cancelled or about to be", body = Action),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 409, description = "`action_already_finished`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<ActionId>,
) -> Result<Json<Action>, ApiError> {
    let context = caller.context();
    let action = state.app().cancel_action(context, id).await?;
    Ok(Json(Action::new(context, action)))
}
