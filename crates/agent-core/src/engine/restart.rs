//! Restart tasks. They end in another run of the machine than the one in which they began: the
//! evidence is a changed boot id.

use super::{outcome, shared::Shared};
use crate::{
    CancelSignal, RestartRequest,
    state::{JournalEntry, Start},
};
use latarnik_model::{ReasonCode, RestartDelay, RestartRequired, TaskId, TaskState};
use latarnik_protocol::TaskOutcome;
use std::{sync::Arc, time::Duration};

/// How often a waiting restart looks whether it was cancelled.
const LOOK: Duration = Duration::from_millis(200);

pub(super) fn delay(minutes: RestartDelay) -> Duration {
    Duration::from_secs(u64::from(minutes.minutes()) * 60)
}

/// Asks the system for the restart and waits for it. `None` when the agent stops first, which is
/// what happens when all goes well.
pub(super) async fn perform(
    shared: &Arc<Shared>,
    id: TaskId,
    start: &Start,
    minutes: RestartDelay,
) -> Option<TaskOutcome> {
    let cancel = CancelSignal::default();
    shared.queue().set_running(id, cancel.clone());
    let failed = |reason| outcome::ended(start.at, TaskState::Failed, Some(reason));

    let power = shared.ports.power.clone();
    let signals = blocking(move || power.restart_signals()).await;
    if RestartRequired::from_signals(Some(&signals)) != RestartRequired::Yes {
        return Some(failed(ReasonCode::NoRestartPending));
    }
    reports_leave(shared).await;
    if cancel.is_cancelled() {
        return Some(cancelled(start));
    }
    let power = shared.ports.power.clone();
    let request = RestartRequest {
        delay: delay(minutes),
    };
    if let Err(error) = blocking(move || power.schedule_restart(&request)).await {
        tracing::warn!(task_id = %id, %error, "the restart was refused");
        let reason_detail = Some(error.detail);
        return Some(TaskOutcome {
            reason_detail,
            ..failed(ReasonCode::RestartFailed)
        });
    }
    tracing::info!(task_id = %id, delay_s = request_seconds(minutes), "the machine restarts");
    shared.notices.change.notify_one();
    until_restart(shared, start, &cancel).await
}

/// Takes up a restart that an earlier process asked for.
pub(super) async fn resume(
    shared: &Arc<Shared>,
    entry: &JournalEntry,
    start: &Start,
) -> Option<TaskOutcome> {
    if shared.ports.machine.boot_id() != start.boot_id {
        return Some(TaskOutcome {
            exit_code: Some(0),
            ..outcome::ended(start.at, TaskState::Succeeded, None)
        });
    }
    let cancel = CancelSignal::default();
    shared.queue().set_running(entry.id, cancel.clone());
    until_restart(shared, start, &cancel).await
}

async fn until_restart(
    shared: &Arc<Shared>,
    start: &Start,
    cancel: &CancelSignal,
) -> Option<TaskOutcome> {
    let due = start.restart_at.unwrap_or(start.at);
    loop {
        if cancel.is_cancelled() {
            let power = shared.ports.power.clone();
            match blocking(move || power.cancel_restart()).await {
                Ok(()) => return Some(cancelled(start)),
                Err(error) => tracing::warn!(%error, "the restart cannot be taken back"),
            }
        }
        let late = shared.clock.machine_now().duration_since(due);
        if Duration::try_from(late).is_ok_and(|late| late > shared.pace.restart_grace) {
            let reason = Some(ReasonCode::RestartFailed);
            return Some(outcome::ended(start.at, TaskState::Failed, reason));
        }
        let pause = if cancel.is_cancelled() {
            shared.pace.longest_retry
        } else {
            LOOK
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shared.stop.cancelled() => return None,
        }
    }
}

fn cancelled(start: &Start) -> TaskOutcome {
    let reason = Some(ReasonCode::CancelledByOperator);
    TaskOutcome {
        exit_code: None,
        ..outcome::ended(start.at, TaskState::Cancelled, reason)
    }
}

/// Gives the reports a while to leave: after the restart is asked for, the network may be gone.
async fn reports_leave(shared: &Shared) {
    let left = async {
        while shared
            .with_state(crate::state::State::spool_length)
            .await
            .is_ok_and(|n| n > 0)
        {
            tokio::time::sleep(LOOK).await;
        }
    };
    let _ = tokio::time::timeout(shared.pace.report_before_restart, left).await;
}

const fn request_seconds(minutes: RestartDelay) -> u64 {
    minutes.minutes() as u64 * 60
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
