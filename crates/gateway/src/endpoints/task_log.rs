//! `PUT /agent/task-log/{task_id}`: the whole log of a task, streamed.

use crate::{authentication::Agent, gateway::Inner, refusal::Refusal};
use axum::{
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode, header::CONTENT_LENGTH},
};
use http_body_util::BodyExt;
use latarnik_app::agents;
use latarnik_model::TaskId;
use latarnik_protocol::{ProblemCode, limits};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, timeout};

/// Time for the next piece.
const PIECE_TIMEOUT: Duration = Duration::from_secs(60);

/// Stores the log; it is visible once it is complete, and replaces an earlier one. A device that has
/// sent too many bytes is told before it sends more.
pub(super) async fn task_log(
    State(inner): State<Arc<Inner>>,
    agent: Agent,
    task: Result<Path<TaskId>, PathRejection>,
    headers: HeaderMap,
    mut body: Body,
) -> Result<StatusCode, Refusal> {
    let Path(task) = task.map_err(|_| ProblemCode::TaskUnknown)?;
    let announced: Option<u64> = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length| length > limits::TASK_LOG_BYTES) {
        return Err(ProblemCode::BodyTooLarge.into());
    }
    let budget = agent.peer.budget();
    if let (Some(budget), Some(length)) = (&budget, announced) {
        budget.check_bytes(length, Instant::now())?;
    }
    let mut log = agents::begin_task_log(&inner.app, &agent.identity, task).await?;
    let mut received: u64 = 0;
    while let Some(frame) = timeout(PIECE_TIMEOUT, body.frame())
        .await
        .map_err(|_| broken_off())?
    {
        let Ok(piece) = frame.map_err(|_| broken_off())?.into_data() else {
            continue;
        };
        received += piece.len() as u64;
        if received > limits::TASK_LOG_BYTES {
            return Err(ProblemCode::BodyTooLarge.into());
        }
        if let Some(budget) = &budget {
            budget.take_bytes(piece.len(), Instant::now())?;
        }
        log.write(&piece).await?;
    }
    log.finish().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn broken_off() -> Refusal {
    Refusal::new(ProblemCode::MalformedRequest).with_detail("the log broke off")
}
