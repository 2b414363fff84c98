//! `GET /agent/tasks?wait={seconds}&after={sequence}`: the long poll.

use super::config;
use crate::{
    authentication::{Agent, identify},
    conversion,
    gateway::Inner,
    hub::Wake,
    refusal::Refusal,
};
use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use latarnik_app::agents;
use latarnik_protocol::{ProblemCode, TaskBatch, limits};
use serde::Deserialize;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, timeout_at};

/// What an agent asks for.
#[derive(Debug, Deserialize)]
pub(super) struct Question {
    /// Seconds to wait if there is nothing; at most [`limits::LONG_POLL_SECONDS`] count.
    #[serde(default)]
    wait: u64,
    /// The highest sequence that the agent has on its disk.
    #[serde(default)]
    after: u64,
}

/// Answers at once if there is something to deliver, otherwise when there is or the wait is over.
pub(super) async fn tasks(
    State(inner): State<Arc<Inner>>,
    agent: Agent,
    question: Result<Query<Question>, QueryRejection>,
) -> Result<Json<TaskBatch>, Refusal> {
    let Query(question) = question.map_err(|error| {
        Refusal::new(ProblemCode::MalformedRequest).with_detail(error.body_text())
    })?;
    let wait = Duration::from_secs(question.wait.min(limits::LONG_POLL_SECONDS));
    let deadline = Instant::now() + wait;
    loop {
        // First the waiting, then the look: what arrives in between wakes the poll.
        let mut poll = inner.hub.poll(agent.identity.device_id);
        let delivery = agents::take_tasks(&inner.app, &agent.identity, question.after).await?;
        let is_news = agent.peer.is_news(&delivery.cancelled);
        if is_news || !delivery.tasks.is_empty() {
            return answer(&inner, &agent, delivery).await;
        }
        match timeout_at(deadline, poll.woken()).await {
            Ok(Wake::LookAgain) => {
                identify(&inner, &agent.peer).await?;
            }
            Ok(Wake::Removed) => return Err(ProblemCode::CertificateRejected.into()),
            Ok(Wake::Reconfigured | Wake::Replaced | Wake::Stopping) | Err(_) => {
                return answer(&inner, &agent, delivery).await;
            }
        }
    }
}

async fn answer(
    inner: &Inner,
    agent: &Agent,
    delivery: agents::Delivery,
) -> Result<Json<TaskBatch>, Refusal> {
    let etag = config::etag(inner, &agent.identity).await?;
    Ok(Json(conversion::batch(delivery, etag, inner.app.now())))
}
