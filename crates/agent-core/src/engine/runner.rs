//! The runner: one task at a time for the machine, and scans on its own account in between.

use super::{
    execution::{self, Performed},
    maintenance::{self, View},
    recovery, restart,
    settings::Settings,
    shared::{Shared, chain, pause_until},
};
use crate::{
    Passage, bound_by,
    state::{Earlier, JournalEntry, Stage, Start, State, Wait},
};
use jiff::{SignedDuration, Timestamp};
use latarnik_model::{MaintenanceAction, TaskId, TaskParameters};
use latarnik_protocol::{ScanReport, TaskOutcome};
use std::{sync::Arc, time::Duration};

/// A failed scan is repeated sooner than the next one would come.
const RETRY_SCAN_AFTER: Duration = Duration::from_secs(30 * 60);
/// The shortest interval that the server may ask for.
const SHORTEST_SCAN_INTERVAL: Duration = Duration::from_secs(60);

/// Runs until the agent stops.
pub(super) async fn run(shared: &Arc<Shared>) {
    if let Some(hands) = shared.hands().await {
        recovery::run(shared).await;
        drop(hands);
    }
    let mut own_scan = OwnScan::default();
    let mut settings = Settings::kept(shared);
    while !shared.stop.is_cancelled() {
        // First the right, then the choice: while the machine goes down, nothing begins.
        let Some(hands) = shared.hands().await else {
            return;
        };
        if settings.apply(shared).await {
            execution::scan_unasked(shared).await;
        }
        let view = shared.fresh_view().await;
        let next = shared.queue().next(&view);
        if let Some(entry) = next {
            run_task(shared, entry, &view).await;
            continue;
        }
        let due = own_scan.due(shared).await;
        let now = shared.clock.machine_now();
        if due <= now {
            execution::scan_unasked(shared).await;
            continue;
        }
        drop(hands);
        tokio::select! {
            () = shared.notices.work.notified() => {}
            () = tokio::time::sleep(pause_until(now, Some(due))) => {}
            () = shared.stop.cancelled() => {}
        }
    }
}

async fn run_task(shared: &Arc<Shared>, entry: JournalEntry, view: &View) {
    let (id, start) = (entry.id, start_of(shared, &entry));
    let begun = start.clone();
    let started = match shared
        .with_state(move |state| state.start(id, begun.clone()))
        .await
    {
        Ok(started) => started,
        Err(error) => {
            tracing::error!(
                error = chain(&error),
                "a task cannot begin: the journal fails"
            );
            tokio::select! {
                () = tokio::time::sleep(shared.pace.longest_retry.min(Duration::from_secs(10))) => {}
                () = shared.stop.cancelled() => {}
            }
            return;
        }
    };
    let Some(entry) = started else {
        shared.queue().remove(id);
        return;
    };
    tell_begin(&entry, view);
    shared.queue().set_stage(id, &Stage::Running(start.clone()));
    shared.notices.spool.notify_one();
    let status = shared.write_status(|status| status.running_task = Some(id));
    let (performed, ()) = tokio::join!(execution::perform(shared, &entry, &start), status);
    match performed {
        Performed::Ended(outcome) => finish(shared, id, *outcome).await,
        Performed::Paused(earlier) => pause(shared, &entry, *earlier).await,
        Performed::CountsDown => {}
    }
}

/// What a window or a person lets begin.
fn tell_begin(entry: &JournalEntry, view: &View) {
    let kind = entry.task.parameters.kind();
    let (id, goes_on) = (entry.id, entry.earlier.is_some());
    let Some(action) = MaintenanceAction::of(kind) else {
        tracing::info!(task_id = %id, kind = kind.name(), "a task begins");
        return;
    };
    let verdict = view.line(action);
    if bound_by(&entry.task).is_some() {
        tracing::info!(task_id = %id, kind = kind.name(), verdict, goes_on, "a task begins in its window");
    } else if matches!(
        view.passage(action, SignedDuration::ZERO),
        Passage::Open { .. }
    ) {
        tracing::info!(task_id = %id, kind = kind.name(), "a task begins");
    } else {
        tracing::info!(task_id = %id, kind = kind.name(), verdict, "a task begins outside the windows: a person asked for it");
    }
}

/// A task that began goes back to waiting: its window has no more room for it.
pub(super) async fn pause(shared: &Arc<Shared>, entry: &JournalEntry, earlier: Earlier) {
    let (id, at) = (entry.id, shared.clock.machine_now());
    let wait = match bound_by(&entry.task) {
        Some(action) => {
            let view = shared.fresh_view().await;
            let paused = JournalEntry {
                earlier: Some(Box::new(earlier.clone())),
                ..entry.clone()
            };
            let wait = maintenance::wait(view.passage_of(&paused, action));
            let verdict = view.line(action);
            tracing::info!(task_id = %id, left = earlier.left.len(), reason = ?wait.reason, until = ?wait.until, verdict, "the rest of a task waits");
            wait
        }
        None => Wait::default(),
    };
    let paused = shared
        .insist(move |state: &State| state.pause(id, at, earlier.clone(), wait))
        .await;
    match paused {
        Some(entry) => shared.queue().set_paused(entry),
        None => shared.queue().remove(id),
    }
    forget_running(shared, id).await;
    // What changed in the meantime is decided on, a cancellation too.
    shared.notices.queue.notify_one();
}

/// Ends a task that began: result, log and journal in one transaction, retried until it works.
pub(super) async fn finish(shared: &Arc<Shared>, id: TaskId, outcome: TaskOutcome) {
    let at = shared.clock.machine_now();
    let outcome = TaskOutcome {
        boot_id: Some(shared.ports.machine.boot_id()),
        ..outcome
    };
    tracing::info!(task_id = %id, state = outcome.state.name(), reason = ?outcome.reason, "a task ended");
    shared
        .insist(move |state: &State| state.finish(id, at, outcome.clone()))
        .await;
    shared.queue().remove(id);
    forget_running(shared, id).await;
}

async fn forget_running(shared: &Shared, id: TaskId) {
    shared.progress.send_if_modified(|latest| {
        let is_its = latest.as_ref().is_some_and(|latest| latest.task == id);
        if is_its {
            *latest = None;
        }
        is_its
    });
    shared.notices.spool.notify_one();
    shared.notices.logs.notify_one();
    shared.notices.change.notify_one();
    shared
        .write_status(|status| status.running_task = status.running_task.filter(|r| *r != id))
        .await;
}

fn start_of(shared: &Shared, entry: &JournalEntry) -> Start {
    let at = shared.clock.machine_now();
    let restart_at = match &entry.task.parameters {
        TaskParameters::Restart { delay_minutes, .. } => {
            let delay = SignedDuration::try_from(restart::delay(*delay_minutes));
            delay.ok().and_then(|delay| at.checked_add(delay).ok())
        }
        TaskParameters::Scan | TaskParameters::InstallUpdates { .. } => None,
    };
    Start {
        at,
        boot_id: shared.ports.machine.boot_id(),
        restart_at,
        postponed: entry
            .earlier
            .as_ref()
            .map_or(0, |earlier| earlier.postponed),
        restart_asked_at: None,
    }
}

/// When the agent looks for updates without being asked. Each interval is stretched at random
/// once, not at every look at the clock.
#[derive(Default)]
struct OwnScan {
    planned: Option<(ScanReport, Duration, Timestamp)>,
}

impl OwnScan {
    /// The instant of the next scan, by the machine's clock; in the past if it is due.
    async fn due(&mut self, shared: &Shared) -> Timestamp {
        let now = shared.clock.machine_now();
        let Some(last) = shared.insist(State::scan).await else {
            return now;
        };
        let configured = Duration::from_secs(shared.config.borrow().scan_interval_seconds.into())
            .max(SHORTEST_SCAN_INTERVAL);
        let started = shared.ports.machine.boot_id();
        // What waited for the restart is verified now, or known to have been undone by it.
        let restarted = last
            .boot_id
            .as_ref()
            .is_some_and(|boot_id| *boot_id != started);
        let interval = if restarted {
            configured.min(shared.pace.scan_after_restart)
        } else if last.error.is_some() {
            configured.min(RETRY_SCAN_AFTER)
        } else {
            configured
        };
        if let Some((planned_for, planned_interval, due)) = &self.planned
            && (planned_for, planned_interval) == (&last, &interval)
        {
            // A clock that was set back must not postpone the scan.
            return if last.attempted_at > now { now } else { *due };
        }
        let stretched = shared.jitter().stretch(interval, 0.75, 1.25);
        let from = if restarted { now } else { last.attempted_at };
        let due = SignedDuration::try_from(stretched)
            .ok()
            .and_then(|stretched| from.checked_add(stretched).ok())
            .unwrap_or(now);
        self.planned = Some((last, interval, due));
        due
    }
}
