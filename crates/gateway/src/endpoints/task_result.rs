//! `POST /agent/task-result`: one step in the life of a task.

use crate::{authentication::Agent, body::JsonBody, conversion, gateway::Inner, refusal::Refusal};
use axum::{Json, extract::State};
use latarnik_app::agents;
use latarnik_protocol::{TaskReport, TaskReportResponse};
use std::sync::Arc;

/// Takes a report. Repeating it changes nothing.
pub(super) async fn task_result(
    State(inner): State<Arc<Inner>>,
    agent: Agent,
    JsonBody(report): JsonBody<TaskReport>,
) -> Result<Json<TaskReportResponse>, Refusal> {
    let TaskReport { task_id, at, event } = report;
    let event = conversion::report(event)?;
    let already_known =
        agents::report_task(&inner.app, &agent.identity, task_id, at, event).await?;
    Ok(Json(TaskReportResponse { already_known }))
}
