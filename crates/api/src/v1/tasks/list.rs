//! The tasks that the caller may see.

use super::Task;
use crate::{
    ApiState,
    caller::Caller,
    extract::Parameters,
    list::{self, List},
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_app::TaskFilter;
use latarnik_model::{ActionId, ActionKind, DeviceId, Permission, TaskState, TenantId};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which tasks, in which order, which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskParameters {
    /// Of this tenant.
    tenant_id: Option<TenantId>,
    /// Of this device.
    device_id: Option<DeviceId>,
    /// Of this action.
    action_id: Option<ActionId>,
    /// In one of these states, separated by commas.
    state: Option<String>,
    /// Of this kind.
    kind: Option<ActionKind>,
    /// `created_at`, or `-created_at` (the default) for newest first.
    sort: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Whether to say how many match in all.
    count: Option<bool>,
}

/// The tasks that the caller may see.
#[utoipa::path(
    get, path = "/api/v1/tasks", operation_id = "list_tasks", tag = "tasks",
    params(TaskParameters),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "A page", body = List<Task>),
        (status = 400, description = "`malformed_request`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Parameters(parameters): Parameters<TaskParameters>,
) -> Result<Json<List<Task>>, ApiError> {
    let (app, context) = (state.app(), caller.context());
    let page = list::page(parameters.limit, parameters.cursor.as_deref())?;
    let (sort, direction) = list::sort(parameters.sort.as_deref().unwrap_or("-created_at"));
    if sort != "created_at" {
        return Err(ApiError::MALFORMED_REQUEST);
    }
    let states: Result<Vec<TaskState>, _> = match &parameters.state {
        Some(states) => states.split(',').map(str::parse).collect(),
        None => Ok(Vec::new()),
    };
    let filter = TaskFilter {
        device_id: parameters.device_id,
        action_id: parameters.action_id,
        states: states.map_err(|_| ApiError::MALFORMED_REQUEST)?,
        kind: parameters.kind,
    };
    let tenant = parameters.tenant_id;
    let tasks = app
        .list_tasks(context, tenant, &filter, direction, &page)
        .await?;
    let total = match parameters.count {
        Some(true) => Some(app.count_tasks(context, tenant, &filter).await?),
        _ => None,
    };
    Ok(Json(List {
        next_cursor: tasks.next.map(|cursor| cursor.to_string()),
        items: tasks
            .items
            .into_iter()
            .map(|task| Task::new(app, context, task))
            .collect(),
        total,
    }))
}
