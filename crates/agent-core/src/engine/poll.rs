//! The long poll: tasks and cancellations on their way in.

use super::{
    configuration, outcome,
    shared::{Shared, chain},
};
use crate::state::{Delivery, StateError};
use jiff::Timestamp;
use latarnik_model::{ReasonCode, TaskState};
use latarnik_protocol::{RawTask, TaskBatch, TaskEvent, TaskReport};
use std::time::Duration;
use tokio::time::Instant;

/// An answer that comes sooner and brings nothing new is followed by a pause, so that a gateway
/// that repeats itself is not asked in a circle.
const SHORTEST_POLL: Duration = Duration::from_secs(1);

#[derive(PartialEq, Eq)]
enum News {
    Some,
    None,
}

pub(super) async fn run(shared: &Shared) {
    let mut backoff = shared.backoff();
    let mut renewed = shared.renewed.subscribe();
    loop {
        renewed.mark_unchanged();
        let cursor = shared
            .insist(|state| Ok((state.cursor()?, state.journal_lost()?)))
            .await;
        let (wait, after, lost) = match cursor {
            (_, true) => (Duration::ZERO, 0, true),
            // After a failure, the first thing to learn is whether the gateway is back.
            (cursor, false) if backoff.is_waiting() => (Duration::ZERO, cursor, false),
            (cursor, false) => (wait(shared), cursor, false),
        };
        let asked_at = Instant::now();
        let client = shared.client();
        let answer = tokio::select! {
            answer = client.tasks(wait, after) => answer,
            // The old certificate may stop counting long before this poll would end. Nothing is
            // lost: what was not journaled was not acknowledged.
            _ = renewed.changed() => continue,
        };
        match answer {
            Ok(batch) => {
                shared.clock.learn(batch.server_time);
                shared.answered().await;
                if let Some(etag) = batch.config_etag.as_deref() {
                    // Before the tasks that came along: they may be bound by it.
                    configuration::follow(shared, etag).await;
                }
                match take(shared, batch, lost).await {
                    Ok(News::None) if !wait.is_zero() && asked_at.elapsed() < SHORTEST_POLL => {
                        backoff.reset();
                        tokio::time::sleep(shared.jitter().stretch(SHORTEST_POLL, 1.0, 2.0)).await;
                    }
                    Ok(_) => backoff.reset(),
                    Err(error) => {
                        tracing::error!(error = chain(&error), "tasks cannot be journaled");
                        tokio::time::sleep(backoff.usual()).await;
                    }
                }
            }
            Err(error) => {
                shared.failed(&error).await;
                shared.wait(backoff.after(&error)).await;
            }
        }
    }
}

fn wait(shared: &Shared) -> Duration {
    Duration::from_secs(shared.config.borrow().long_poll_seconds.max(1).into())
}

/// Journals what came; only then will the next poll acknowledge it, and only then may it run.
async fn take(shared: &Shared, batch: TaskBatch, lost: bool) -> Result<News, StateError> {
    let now = shared.clock.machine_now();
    let mut news = News::None;
    if lost || !batch.tasks.is_empty() {
        let deliveries: Vec<Delivery> = batch
            .tasks
            .into_iter()
            .map(|raw| sort(raw, lost, now))
            .collect();
        let new = shared
            .with_state(move |state| state.accept(&deliveries))
            .await?;
        if !new.is_empty() {
            news = News::Some;
        }
        for entry in &new {
            tracing::info!(task_id = %entry.id, kind = entry.task.parameters.kind().name(), "a task arrived");
        }
        shared.queue().add(new);
        shared.notices.spool.notify_one();
    }
    for id in batch.cancelled {
        if shared.queue().cancel(id) {
            news = News::Some;
            tracing::info!(task_id = %id, "a task was cancelled");
            shared.cancel_running(id);
        }
    }
    if news == News::Some {
        shared.notices.work.notify_one();
        shared.notices.queue.notify_one();
    }
    Ok(news)
}

/// What is to be run, and what is to be refused: a kind that this agent does not know, and, after
/// the journal was lost, everything that may have begun before.
fn sort(raw: RawTask, lost: bool, now: Timestamp) -> Delivery {
    let reason = match raw.read() {
        Ok(task) if !lost => return Delivery::Run(raw, task),
        Ok(_) => ReasonCode::Interrupted,
        Err(error) => {
            tracing::warn!(task_id = %raw.id, error = chain(&error), "a task cannot be run");
            ReasonCode::UnknownTaskKind
        }
    };
    let event = TaskEvent::Finished(outcome::unstarted(TaskState::Failed, reason));
    let report = TaskReport {
        task_id: raw.id,
        at: now,
        event,
    };
    Delivery::Refuse(raw, Box::new(report))
}
