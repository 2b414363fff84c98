//! Reports on their way out: in order, again and again until the server has them; progress in
//! between, which may get lost.

use super::shared::{LatestProgress, Shared, chain};
use crate::{
    connection::CallError,
    state::{SpooledReport, State},
};
use latarnik_model::TaskId;
use latarnik_protocol::{ProblemCode, TaskEvent, TaskProgress, TaskReport};
use tokio::time::Instant;

pub(super) async fn run(shared: &Shared) {
    let mut backoff = shared.backoff();
    let mut progress = shared.progress.subscribe();
    let mut told = Told::default();
    loop {
        let Some(spooled) = shared.insist(State::next_report).await else {
            let latest = told.next(&progress.borrow_and_update(), shared);
            if let Some(latest) = latest {
                send_progress(shared, latest).await;
            }
            tokio::select! {
                () = shared.notices.spool.notified() => {}
                _ = progress.changed() => {}
                () = tokio::time::sleep_until(told.not_before), if told.pending => {}
            }
            continue;
        };
        match send(shared, &spooled).await {
            Ok(()) => backoff.reset(),
            Err(error) => shared.wait(backoff.after(&error)).await,
        }
    }
}

async fn send(shared: &Shared, spooled: &SpooledReport) -> Result<(), CallError> {
    let order = spooled.order;
    match shared.client().report(&spooled.report).await {
        Ok(_) => shared.answered().await,
        Err(error) if is_undeliverable(&error) => {
            tracing::error!(
                task_id = %spooled.report.task_id,
                error = chain(&error),
                "the server refuses a report for good; it is dropped"
            );
        }
        Err(error) => {
            shared.failed(&error).await;
            return Err(error);
        }
    }
    shared.insist(move |state| state.forget_report(order)).await;
    Ok(())
}

/// Whether the very report, and not the moment, is what the server objects to. Keeping it would
/// hold up all reports behind it forever.
fn is_undeliverable(error: &CallError) -> bool {
    matches!(
        error.code(),
        Some(
            ProblemCode::TaskUnknown
                | ProblemCode::TaskFinished
                | ProblemCode::MalformedBody
                | ProblemCode::MalformedRequest
                | ProblemCode::BodyTooLarge
        )
    )
}

/// Which progress was told last, and when the next may be.
struct Told {
    last: Option<(TaskId, TaskProgress)>,
    not_before: Instant,
    pending: bool,
}

impl Default for Told {
    fn default() -> Self {
        Self {
            last: None,
            not_before: Instant::now(),
            pending: false,
        }
    }
}

impl Told {
    /// The progress to send now, if there is a new one and enough time has passed.
    fn next(&mut self, latest: &Option<LatestProgress>, shared: &Shared) -> Option<LatestProgress> {
        self.pending = false;
        let latest = latest.as_ref()?;
        let content = (latest.task, latest.progress.clone());
        if self.last.as_ref() == Some(&content) {
            return None;
        }
        let now = Instant::now();
        if now < self.not_before {
            self.pending = true;
            return None;
        }
        self.not_before = now + shared.pace.progress_interval;
        self.last = Some(content);
        Some(latest.clone())
    }
}

async fn send_progress(shared: &Shared, latest: LatestProgress) {
    let LatestProgress { task, at, progress } = latest;
    let report = TaskReport {
        task_id: task,
        at,
        event: TaskEvent::Progress(progress),
    };
    if let Err(error) = shared.client().report(&report).await {
        tracing::debug!(error = chain(&error), "progress got lost");
    }
}
