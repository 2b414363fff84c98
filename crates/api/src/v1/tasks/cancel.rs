//! Cancel a task.

use super::Task;
use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{Permission, TaskId};

/// Cancels a task: at once while it is queued, otherwise as soon as the agent answers.
#[utoipa::path(
    post, path = "/api/v1/tasks/{id}/cancel", operation_id = "cancel_task", tag = "tasks",
    params(("id" = TaskId, Path, description = "The task")),
    extensions(("x-access" = json!(Permission::CancelTasks.name()))),
    responses(
        (status = 200, description = "The task, cancelled or about to be", body = Task),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 409, description = "`task_already_finished`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<TaskId>,
) -> Result<Json<Task>, ApiError> {
    let task = state.app().cancel_task(caller.context(), id).await?;
    Ok(Json(Task::new(state.app(), caller.context(), task)))
}
