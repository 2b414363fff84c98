//! Running one task: a thread for the call, a limit for its time, a way to end it early.

use super::{
    installation, inventory,
    outcome::{self, Interruption},
    shared::Shared,
    task_log::{Pages, TaskLog},
};
use crate::{
    CancelSignal, LogSink, UpdateError,
    state::{Earlier, JournalEntry, Start},
};
use jiff::Timestamp;
use latarnik_model::{Clock, ReasonCode, TaskId, TaskParameters, TaskState};
use latarnik_protocol::{ScanReport, TaskOutcome, Update};
use std::{sync::Arc, time::Duration};
use tokio::sync::oneshot;

/// The longest time that a task may ask for.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest a scan takes that the agent starts by itself.
const OWN_SCAN_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// How long a call may take to return when the agent stops: service managers do not wait long.
const STOP_GRACE: Duration = Duration::from_secs(15);

/// What came of a call to a port.
pub(super) struct Call<T> {
    /// What it gave back; `None` if it panicked or never returned.
    pub(super) value: Option<T>,
    /// Who asked it to end early, if someone did.
    pub(super) interruption: Option<Interruption>,
}

/// What became of a task that the journal has started.
pub(super) enum Performed {
    /// It ended.
    Ended(Box<TaskOutcome>),
    /// Its window has no more room for it.
    Paused(Box<Earlier>),
    /// A restart counts down on its own.
    CountsDown,
}

impl From<TaskOutcome> for Performed {
    fn from(outcome: TaskOutcome) -> Self {
        Self::Ended(Box::new(outcome))
    }
}

/// Runs a task that the journal has started.
pub(super) async fn perform(
    shared: &Arc<Shared>,
    entry: &JournalEntry,
    start: &Start,
) -> Performed {
    let limit = Duration::from_secs(entry.task.timeout_seconds.into()).min(LONGEST_TIMEOUT);
    match &entry.task.parameters {
        TaskParameters::Scan => scan(shared, entry.id, start.at, limit).await.into(),
        TaskParameters::InstallUpdates { .. } => {
            installation::install(shared, entry, start, limit).await
        }
        TaskParameters::Restart { .. } => {
            shared.notices.restart.notify_one();
            Performed::CountsDown
        }
    }
}

/// A scan that nobody asked for. Its number, if it was a success.
pub(super) async fn scan_unasked(shared: &Arc<Shared>) -> Option<u64> {
    let updates = shared.ports.updates.clone();
    let cancel = CancelSignal::default();
    let signal = cancel.clone();
    let call = call(shared, None, OWN_SCAN_TIMEOUT, cancel, move || {
        updates.scan(&super::task_log::NoLog, &signal)
    })
    .await;
    match (call.value, call.interruption) {
        (_, Some(Interruption::Stop)) => None,
        (Some(result), _) => record_scan(shared, result).await,
        (None, _) => record_scan(shared, Err(agent_error())).await,
    }
}

async fn scan(
    shared: &Arc<Shared>,
    id: TaskId,
    started_at: Timestamp,
    limit: Duration,
) -> TaskOutcome {
    let updates = shared.ports.updates.clone();
    let call = call_for_task(shared, (id, Pages::New), limit, move |sink, signal| {
        updates.scan(sink, signal)
    });
    let Call {
        value,
        interruption,
    } = call.await;
    match (value, interruption) {
        (Some(Ok(found)), _) => {
            let scan = record_scan(shared, Ok(found)).await;
            TaskOutcome {
                scan,
                ..outcome::ended(started_at, TaskState::Succeeded, None)
            }
        }
        (Some(Err(error)), None | Some(Interruption::Timeout)) => {
            record_scan(shared, Err(error.clone())).await;
            outcome::failed(started_at, error, interruption)
        }
        (Some(Err(error)), _) => outcome::failed(started_at, error, interruption),
        (None, interruption) => unreturned(started_at, interruption),
    }
}

pub(super) fn unreturned(started_at: Timestamp, interruption: Option<Interruption>) -> TaskOutcome {
    match interruption {
        Some(by) => outcome::interrupted(started_at, by),
        None => outcome::ended(started_at, TaskState::Failed, Some(ReasonCode::AgentError)),
    }
}

fn agent_error() -> UpdateError {
    UpdateError {
        reason: ReasonCode::AgentError,
        detail: None,
        exit_code: None,
        output: latarnik_protocol::OutputExcerpt::default(),
    }
}

/// Keeps what a look for updates brought, and lets the server know. The number of the search, if it
/// was a success.
pub(super) async fn record_scan(
    shared: &Shared,
    result: Result<Vec<Update>, UpdateError>,
) -> Option<u64> {
    let attempted_at = shared.clock.machine_now();
    let (error, inventory) = match result {
        Ok(found) => (None, Some(inventory::fitting(found))),
        Err(error) => {
            tracing::warn!(reason = ?error.reason, detail = error.detail, "looking for updates failed");
            (Some(error), None)
        }
    };
    if let Some(inventory) = &inventory {
        tracing::info!(updates = inventory.len(), "looked for updates");
    }
    let succeeded = inventory.is_some();
    let boot_id = shared.ports.machine.boot_id();
    let number = shared
        .insist(move |state| {
            let earlier = state.scan()?;
            let known = earlier.as_ref().and_then(|scan| scan.number);
            let number = match &inventory {
                Some(_) => Some(known.unwrap_or_default() + 1),
                None => known,
            };
            let report = ScanReport {
                attempted_at,
                succeeded_at: match &inventory {
                    Some(_) => Some(attempted_at),
                    None => earlier.and_then(|scan| scan.succeeded_at),
                },
                number,
                boot_id: Some(boot_id.clone()),
                error: error.as_ref().map(|error| error.reason),
                error_detail: error.as_ref().and_then(|error| error.detail.clone()),
            };
            state.set_scan(&report, inventory.as_ref())?;
            Ok(number)
        })
        .await;
    shared.notices.change.notify_one();
    number.filter(|_| succeeded)
}

pub(super) async fn call_for_task<T: Send + 'static>(
    shared: &Arc<Shared>,
    (id, pages): (TaskId, Pages),
    limit: Duration,
    work: impl FnOnce(&dyn LogSink, &CancelSignal) -> T + Send + 'static,
) -> Call<T> {
    let cancel = CancelSignal::default();
    shared.queue().set_running(id, cancel.clone());
    let (path, state) = (shared.state.log_path(id), Arc::downgrade(&shared.state));
    let clock: Arc<dyn Clock> = shared.ports.clock.clone();
    let progress = shared.progress.clone();
    let signal = cancel.clone();
    call(shared, Some(id), limit, cancel, move || {
        let log = TaskLog::create(id, (&path, pages), state, clock, progress);
        work(&log, &signal)
    })
    .await
}

/// Runs blocking work on a thread of its own. At its limit, and when the agent stops, the work is
/// asked to end; work that does not return within its grace is left behind.
async fn call<T: Send + 'static>(
    shared: &Arc<Shared>,
    id: Option<TaskId>,
    limit: Duration,
    cancel: CancelSignal,
    work: impl FnOnce() -> T + Send + 'static,
) -> Call<T> {
    let (sender, mut receiver) = oneshot::channel();
    let thread = std::thread::Builder::new()
        .name("task".to_owned())
        .spawn(move || drop(sender.send(work())));
    if let Err(error) = thread {
        tracing::error!(%error, "no thread can be started");
        return Call {
            value: None,
            interruption: None,
        };
    }
    let ended = tokio::select! {
        value = &mut receiver => Ok(value.ok()),
        () = tokio::time::sleep(limit) => Err(Interruption::Timeout),
        () = shared.stop.cancelled() => Err(Interruption::Stop),
    };
    let (value, limited) = match ended {
        Ok(value) => (value, None),
        Err(by) => {
            cancel.cancel();
            let grace = match by {
                Interruption::Stop => shared.pace.cancel_grace.min(STOP_GRACE),
                Interruption::Operator | Interruption::Timeout => shared.pace.cancel_grace,
            };
            let value = tokio::time::timeout(grace, receiver).await;
            if value.is_err() {
                tracing::error!("a call does not return and is left behind");
            }
            (value.ok().and_then(Result::ok), Some(by))
        }
    };
    let by_operator = id
        .filter(|id| shared.queue().is_cancelled(*id))
        .map(|_| Interruption::Operator);
    Call {
        value,
        interruption: by_operator.or(limited),
    }
}
