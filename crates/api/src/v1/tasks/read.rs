//! One task.

use super::Task;
use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{Permission, TaskId};

/// One task.
#[utoipa::path(
    get, path = "/api/v1/tasks/{id}", operation_id = "read_task", tag = "tasks",
    params(("id" = TaskId, Path, description = "The task")),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "The task", body = Task),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<TaskId>,
) -> Result<Json<Task>, ApiError> {
    let task = state.app().read_task(caller.context(), id).await?;
    Ok(Json(Task::new(state.app(), caller.context(), task)))
}
