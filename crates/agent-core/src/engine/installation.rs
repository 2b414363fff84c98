//! Installing updates, in as many windows as it takes.
//!
//! An installation that windows bind begins updates only while there is room for one more. What is
//! left waits for the next opening and goes on there as the next part of the same task: its journal
//! entry names what was dealt with, so that nothing is attempted twice, and its end tells of all
//! parts.

use super::{
    execution::{Call, Performed, call_for_task, record_scan, unreturned},
    outcome,
    shared::Shared,
    task_log::Pages,
};
use crate::{
    InstallReport, InstallRequest, Needs, Part, Passage, Room, UpdateError, WindowSignal, bound_by,
    state::{Earlier, JournalEntry, Start, State},
};
use latarnik_model::{MaintenanceAction, ReasonCode, TaskParameters, UpdateOutcome};
use latarnik_protocol::{TaskOutcome, UpdateResult};
use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

/// Runs the next part of an installation.
pub(super) async fn install(
    shared: &Arc<Shared>,
    entry: &JournalEntry,
    start: &Start,
    limit: Duration,
) -> Performed {
    let id = entry.id;
    let earlier = entry.earlier.as_deref();
    let laps = Arc::new(Laps::begin(shared.clock.elapsed()));
    let window = window(shared, bound_by(&entry.task), &laps);
    let request = request(&entry.task.parameters, earlier, window, limit);
    let pages = match earlier {
        Some(_) => Pages::Continued,
        None => Pages::New,
    };
    let updates = shared.ports.updates.clone();
    let call = call_for_task(shared, (id, pages), limit, move |sink, signal| {
        updates.install(&request, sink, signal)
    });
    let Call {
        value,
        interruption,
    } = call.await;
    let took = laps.end(shared.clock.elapsed());
    let part = Installation {
        shared,
        earlier,
        start,
    };
    let part_outcome = match (value, interruption) {
        (Some(Ok(report)), None) if !report.left.is_empty() => {
            shared.learn(took.of(&report)).await;
            return Performed::Paused(Box::new(part.paused(report).await));
        }
        (Some(Ok(report)), interruption) => {
            if interruption.is_none() {
                shared.learn(took.of(&report)).await;
            }
            return part.ended(report, interruption).await.into();
        }
        (Some(Err(error)), None) if part.is_left_gone(&error) => {
            return part.judged(nothing_more(), None).await.into();
        }
        (Some(Err(error)), interruption) => outcome::failed(start.at, error, interruption),
        (None, Some(by)) => {
            let noted = shared
                .insist(move |state: &State| state.installation(id))
                .await;
            outcome::left_behind(start.at, noted, by)
        }
        (None, None) => unreturned(start.at, None),
    };
    part.with_earlier(part_outcome).await.into()
}

/// What is still to be done. Everything that is offered, or offered in some categories, is asked
/// for anew but for what was dealt with: newer versions may have come since.
fn request(
    parameters: &TaskParameters,
    earlier: Option<&Earlier>,
    window: WindowSignal,
    timeout: Duration,
) -> InstallRequest {
    let everything = InstallRequest {
        window,
        ..InstallRequest::everything(timeout)
    };
    let TaskParameters::InstallUpdates {
        update_keys,
        categories,
    } = parameters
    else {
        return everything;
    };
    let keys = |updates: &[UpdateResult]| updates.iter().map(|u| u.key.clone()).collect();
    let (update_keys, except) = match (update_keys, earlier) {
        (Some(_), Some(earlier)) => (Some(keys(&earlier.left)), Vec::new()),
        (None, Some(earlier)) => (None, keys(&earlier.updates)),
        (update_keys, None) => (update_keys.clone(), Vec::new()),
    };
    InstallRequest {
        update_keys,
        categories: categories.clone(),
        except,
        ..everything
    }
}

/// Asks the gate before each update, by the rules, the time and the time zone of that moment.
fn window(
    shared: &Arc<Shared>,
    action: Option<MaintenanceAction>,
    laps: &Arc<Laps>,
) -> WindowSignal {
    let has_end = action.is_some_and(|action| {
        let passage = shared.view().passage(action, Needs::of_downloaded_update());
        !matches!(passage, Passage::Open { until: None })
    });
    // A call that was left behind keeps an ended engine from nothing.
    let (shared, laps): (Weak<Shared>, _) = (Arc::downgrade(shared), laps.clone());
    WindowSignal::new(has_end, move |room| {
        let Some(shared) = shared.upgrade() else {
            return false;
        };
        let view = shared.view();
        let need = match room {
            Room::NextUpdate => {
                laps.next(shared.clock.elapsed());
                view.maintenance.needs.of_update()
            }
            Room::Installation => Needs::of_downloaded_update(),
        };
        action.is_none_or(|action| matches!(view.passage(action, need), Passage::Open { .. }))
    })
}

/// One part, and what came before it.
struct Installation<'a> {
    shared: &'a Arc<Shared>,
    earlier: Option<&'a Earlier>,
    start: &'a Start,
}

impl Installation<'_> {
    /// What it came to so far; the rest waits.
    async fn paused(&self, report: InstallReport) -> Earlier {
        let InstallReport {
            updates,
            left,
            exit_code,
            remaining,
            ..
        } = report;
        record_scan(self.shared, remaining).await;
        let updates: Vec<_> = self
            .all(updates)
            .await
            .into_iter()
            .filter(|update| !left.iter().any(|left| left.key == update.key))
            .collect();
        Earlier {
            started_at: self.started_at(),
            boot_id: self.shared.ports.machine.boot_id(),
            updates,
            left,
            exit_code: worse(
                self.earlier.and_then(|earlier| earlier.exit_code),
                exit_code,
            ),
            postponed: 0,
            not_before: None,
        }
    }

    async fn ended(
        &self,
        mut report: InstallReport,
        interruption: Option<outcome::Interruption>,
    ) -> TaskOutcome {
        let remaining = std::mem::replace(&mut report.remaining, Ok(Vec::new()));
        let scan = record_scan(self.shared, remaining).await;
        TaskOutcome {
            scan,
            ..self.judged(report, interruption).await
        }
    }

    async fn judged(
        &self,
        report: InstallReport,
        interruption: Option<outcome::Interruption>,
    ) -> TaskOutcome {
        let updates = report.updates.into_iter().chain(report.left).collect();
        let earlier_code = self.earlier.and_then(|earlier| earlier.exit_code);
        let report = InstallReport {
            updates: self.all(updates).await,
            left: Vec::new(),
            exit_code: worse(earlier_code, report.exit_code),
            output: report.output,
            remaining: report.remaining,
        };
        outcome::installed(self.started_at(), report, interruption)
    }

    /// The end of a part that has nothing to say of most updates, with what earlier parts did.
    async fn with_earlier(&self, part: TaskOutcome) -> TaskOutcome {
        TaskOutcome {
            started_at: Some(self.started_at()),
            updates: self.all(part.updates).await,
            ..part
        }
    }

    /// Nothing of what earlier parts left is offered any more: that ends the task, and is no
    /// failure of theirs.
    fn is_left_gone(&self, error: &UpdateError) -> bool {
        self.earlier.is_some() && error.reason == ReasonCode::UpdateNotOffered
    }

    async fn all(&self, updates: Vec<UpdateResult>) -> Vec<UpdateResult> {
        if self.earlier.is_none() {
            return updates;
        }
        let offered = self.shared.insist(State::inventories).await.current;
        let boot_id = self.shared.ports.machine.boot_id();
        outcome::with_earlier(self.earlier, updates, (&boot_id, offered.as_ref()))
    }

    fn started_at(&self) -> jiff::Timestamp {
        self.earlier
            .map_or(self.start.at, |earlier| earlier.started_at)
    }
}

fn nothing_more() -> InstallReport {
    InstallReport {
        updates: Vec::new(),
        left: Vec::new(),
        exit_code: None,
        output: Default::default(),
        remaining: Ok(Vec::new()),
    }
}

/// The exit code that tells of a failure, if one does.
fn worse(earlier: Option<i32>, later: Option<i32>) -> Option<i32> {
    match (earlier, later) {
        (Some(code), _) if code != 0 => Some(code),
        (earlier, later) => later.or(earlier),
    }
}

/// How long the parts of an installation take, on the steady clock.
struct Laps(Mutex<Lap>);

struct Lap {
    began: Duration,
    /// Until the first update was to begin.
    before: Option<Duration>,
    latest: Duration,
    longest: Option<Duration>,
}

/// What an installation took.
#[derive(Debug, Clone, Copy)]
struct Took {
    before: Option<Duration>,
    longest: Option<Duration>,
}

impl Laps {
    fn begin(now: Duration) -> Self {
        Self(Mutex::new(Lap {
            began: now,
            before: None,
            latest: now,
            longest: None,
        }))
    }

    /// An update is to begin now.
    fn next(&self, now: Duration) {
        let mut lap = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let took = now.saturating_sub(lap.latest);
        match lap.before {
            None => lap.before = Some(now.saturating_sub(lap.began)),
            Some(_) => lap.longest = lap.longest.max(Some(took)),
        }
        lap.latest = now;
    }

    /// The last of them has ended, with the search that judges it.
    fn end(&self, now: Duration) -> Took {
        let asked = {
            let lap = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            lap.before.is_some()
        };
        if asked {
            self.next(now);
        }
        let lap = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Took {
            before: lap.before,
            longest: lap.longest,
        }
    }
}

impl Took {
    /// What is learned of it. An update that failed may have been quick about it.
    fn of(self, report: &InstallReport) -> Vec<(Part, Duration)> {
        let all = |wanted| report.updates.iter().all(|u| u.outcome == wanted);
        let succeeded = all(UpdateOutcome::Installed) && !report.updates.is_empty();
        let before = self.before.map(|took| (Part::BeforeUpdates, took));
        let longest = self.longest.map(|took| (Part::Update, took));
        before
            .into_iter()
            .chain(longest.filter(|_| succeeded))
            .collect()
    }
}
