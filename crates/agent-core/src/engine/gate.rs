//! The gate: tasks that wait, tasks whose time passed, tasks that a person took back.
//!
//! Works beside the runner, so that a long installation does not delay a cancellation. It looks
//! again when a verdict changes by itself, when the rules, the time zone or the queue do, and at
//! least once a minute.

use super::{
    maintenance::View,
    outcome,
    queue::Decision,
    shared::{Shared, chain, pause_until},
    status::{self, MaintenanceStatus},
};
use crate::{
    LearnedTime, bound_by,
    state::{JournalEntry, Stage, Wait},
};
use jiff::Timestamp;
use latarnik_model::{ReasonCode, TaskState};

pub(super) async fn run(shared: &Shared) {
    let mut kept = shared.clock.learned();
    let mut told = None;
    loop {
        let view = shared.fresh_view().await;
        let look_again = review(shared, &view).await;
        keep_offset(shared, &mut kept).await;
        tell(shared, &view, &mut told).await;
        let pause = pause_until(view.now, look_again).min(shared.pace.window_look);
        tokio::select! {
            () = shared.notices.queue.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Acts on every task that has not begun, and says when the next one changes by itself.
async fn review(shared: &Shared, view: &View) -> Option<Timestamp> {
    let decisions = shared.queue().decisions(view);
    let mut earliest: Option<Timestamp> = None;
    for (entry, decision) in decisions {
        match decision {
            Decision::Begin => shared.notices.work.notify_one(),
            Decision::Hold { wait, look_again } => {
                hold(shared, &entry, wait, view).await;
                earliest = earliest.into_iter().chain(look_again).min();
            }
            Decision::End(state, reason) => end(shared, &entry, state, reason).await,
        }
    }
    earliest
}

/// Tells what the task waits for: once, and again whenever that changes.
async fn hold(shared: &Shared, entry: &JournalEntry, wait: Wait, view: &View) {
    let stage = Stage::Waiting(wait);
    if entry.stage == stage {
        return;
    }
    let (id, at) = (entry.id, shared.clock.machine_now());
    let verdict = bound_by(&entry.task).map(|action| view.line(action));
    tracing::info!(task_id = %id, reason = ?wait.reason, until = ?wait.until, verdict, "a task waits");
    shared.insist(move |state| state.wait(id, at, wait)).await;
    shared.queue().set_stage(id, &stage);
    shared.notices.spool.notify_one();
}

async fn end(shared: &Shared, entry: &JournalEntry, state: TaskState, reason: ReasonCode) {
    let (id, at) = (entry.id, shared.clock.machine_now());
    let outcome = outcome::unstarted(state, reason);
    let outcome = match &entry.earlier {
        Some(earlier) => outcome::broken_off(outcome, earlier),
        None => outcome,
    };
    let ended = shared
        .insist(move |state| state.finish_unstarted(id, at, outcome.clone()))
        .await;
    if ended {
        tracing::info!(task_id = %id, state = state.name(), "a task ended before it began");
        shared.queue().remove(id);
        shared.notices.spool.notify_one();
        shared.notices.logs.notify_one();
    }
}

/// A clock that was set while nobody could tell the time is still right for the next process.
async fn keep_offset(shared: &Shared, kept: &mut LearnedTime) {
    const DRIFT_MS: i64 = 5_000;
    let learned = shared.clock.learned();
    if (learned.offset_ms - kept.offset_ms).abs() > DRIFT_MS {
        let written = shared
            .with_state(move |state| state.set_learned_time(learned))
            .await;
        match written {
            Ok(()) => *kept = learned,
            Err(error) => tracing::warn!(error = chain(&error), "the time cannot be kept"),
        }
    }
}

/// Writes down for people at the machine what changed.
async fn tell(shared: &Shared, view: &View, told: &mut Option<MaintenanceStatus>) {
    let now = status::maintenance(view, &shared.queue().waiting());
    if told.as_ref() != Some(&now) {
        *told = Some(now.clone());
        shared
            .write_status(|status| status.maintenance = Some(now))
            .await;
    }
}
