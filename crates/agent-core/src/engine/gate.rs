//! The gate: tasks that wait, tasks whose time passed, tasks that a person took back.
//!
//! Works beside the runner, so that a long installation does not delay a cancellation.

use super::{
    outcome,
    queue::Decision,
    shared::{Shared, pause_until},
};
use crate::state::{JournalEntry, Stage};
use jiff::Timestamp;
use latarnik_model::{Clock, ReasonCode, TaskState};

pub(super) async fn run(shared: &Shared) {
    loop {
        let now = shared.clock.now();
        let look_again = review(shared, now).await;
        let pause = tokio::time::sleep(pause_until(now, look_again));
        tokio::select! {
            () = shared.notices.queue.notified() => {}
            () = pause => {}
        }
    }
}

/// Acts on every task that has not begun, and says when the next one changes by itself.
async fn review(shared: &Shared, now: Timestamp) -> Option<Timestamp> {
    let decisions = shared.queue().decisions(now);
    let mut earliest: Option<Timestamp> = None;
    for (entry, decision) in decisions {
        match decision {
            Decision::Begin => shared.notices.work.notify_one(),
            Decision::Hold { until, look_again } => {
                hold(shared, &entry, until).await;
                earliest = earliest.into_iter().chain(look_again).min();
            }
            Decision::End(state, reason) => end(shared, &entry, state, reason).await,
        }
    }
    earliest
}

async fn hold(shared: &Shared, entry: &JournalEntry, until: Option<Timestamp>) {
    if entry.stage != Stage::Accepted {
        return;
    }
    let (id, at) = (entry.id, shared.clock.machine_now());
    shared.insist(move |state| state.wait(id, at, until)).await;
    shared.queue().set_stage(id, &Stage::Waiting);
    shared.notices.spool.notify_one();
}

async fn end(shared: &Shared, entry: &JournalEntry, state: TaskState, reason: ReasonCode) {
    let (id, at) = (entry.id, shared.clock.machine_now());
    let outcome = outcome::unstarted(state, reason);
    let ended = shared
        .insist(move |state| state.finish_unstarted(id, at, outcome.clone()))
        .await;
    if ended {
        tracing::info!(task_id = %id, state = state.name(), "a task ended before it began");
        shared.queue().remove(id);
        shared.notices.spool.notify_one();
    }
}
