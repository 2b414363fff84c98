//! The whole log of a task.

use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use futures_util::stream;
use http::{HeaderValue, header};
use latarnik_model::{Permission, TaskId};

/// The whole log of a task, as a download.
#[utoipa::path(
    get, path = "/api/v1/tasks/{id}/log", operation_id = "read_task_log", tag = "tasks",
    params(("id" = TaskId, Path, description = "The task")),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "The log", body = String, content_type = "text/plain"),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 404, description = "`not_found` or `no_log`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<TaskId>,
) -> Result<Response, ApiError> {
    let log = state.app().read_task_log(caller.context(), id).await?;
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        ),
        (header::CONTENT_LENGTH, log.bytes().into()),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&format!("attachment; filename=\"task-{id}.log\""))
                .expect("an id has only hexadecimal digits and hyphens"),
        ),
    ];
    let chunks = stream::try_unfold(log, async |mut log| {
        Ok::<_, latarnik_app::StoreFailure>(log.next().await?.map(|chunk| (chunk, log)))
    });
    Ok((headers, Body::from_stream(chunks)).into_response())
}
