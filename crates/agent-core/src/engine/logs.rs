//! Whole logs on their way out. They never hold a report up, and one that fails does not hold up
//! the next.

use super::shared::{Shared, chain};
use crate::{
    connection::CallError,
    state::{SpooledLog, State},
};
use latarnik_protocol::ProblemCode;
use std::{collections::HashSet, time::Duration};

/// A log that nobody took for so long is dropped.
const LONGEST_WAIT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

pub(super) async fn run(shared: &Shared) {
    let mut backoff = shared.backoff();
    let mut failed_this_round = HashSet::new();
    loop {
        let logs = shared.insist(State::logs).await;
        let Some(log) = logs
            .iter()
            .find(|log| !failed_this_round.contains(&log.task))
        else {
            failed_this_round.clear();
            if logs.is_empty() {
                backoff.reset();
                shared.notices.logs.notified().await;
            }
            continue;
        };
        if let Err(error) = upload(shared, log).await {
            failed_this_round.insert(log.task);
            shared.wait(backoff.after(&error)).await;
        }
    }
}

async fn upload(shared: &Shared, log: &SpooledLog) -> Result<(), CallError> {
    let task = log.task;
    let waited = shared.clock.machine_now().duration_since(log.since);
    let expired = Duration::try_from(waited).is_ok_and(|waited| waited > LONGEST_WAIT);
    match shared
        .client()
        .upload_log(task, &shared.state.log_path(task))
        .await
    {
        Ok(()) => shared.answered().await,
        Err(error) if expired || is_final(&error) => {
            tracing::warn!(task_id = %task, error = chain(&error), "a log is dropped");
        }
        Err(error) => {
            shared.failed(&error).await;
            return Err(error);
        }
    }
    shared.insist(move |state| state.forget_log(task)).await;
    Ok(())
}

/// Whether trying again makes no sense. A request that the gateway calls malformed is tried again:
/// that is how a log looks that broke off on a slow line.
fn is_final(error: &CallError) -> bool {
    use ProblemCode::{BodyTooLarge, TaskFinished, TaskUnknown};
    match error {
        CallError::File { .. } => true,
        error => matches!(
            error.code(),
            Some(BodyTooLarge | TaskFinished | TaskUnknown)
        ),
    }
}
