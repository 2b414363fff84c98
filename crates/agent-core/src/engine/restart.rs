//! Restart tasks: told to the people at the machine, counted down, and never dropped silently.
//!
//! The count-down is the agent's own, on its disk, and goes on beside other tasks: hours of
//! postponements hold up no scan. When its time has come it waits for the task that runs, keeps
//! others from beginning, and only then asks the operating system. One that is bound by windows and
//! has no room in its window any more goes back to waiting, and is told anew in the next. It ends in another run of the
//! machine than the one in which it began: the evidence is a changed boot id.

mod count_down;

use super::{outcome, runner, shared::Shared};
use crate::{
    CancelSignal, Choice, Creator, Notice, Part, Passage, RestartRequest, Session, Withdrawal,
    bound_by,
    state::{Earlier, JournalEntry, Start},
};
use count_down::{Change, CountDown, Presence};
use jiff::{SignedDuration, Timestamp};
use latarnik_model::{
    MaintenanceAction, Postponements, ReasonCode, RestartDelay, RestartRequired, TaskId,
    TaskParameters, TaskState,
};
use latarnik_protocol::TaskOutcome;
use std::{sync::Arc, time::Duration};
use tokio::{sync::OwnedMutexGuard, time::Instant};

/// How often it is seen whether the reports before the restart have left.
const LEAVING: Duration = Duration::from_millis(200);

pub(super) fn delay(minutes: RestartDelay) -> Duration {
    Duration::from_secs(u64::from(minutes.minutes()) * 60)
}

/// Sees every restart through that the journal has begun, in this process or an earlier one.
pub(super) async fn run(shared: &Arc<Shared>) {
    loop {
        let restarting = shared.queue().restarting();
        let Some((entry, start)) = restarting else {
            shared.notices.restart.notified().await;
            continue;
        };
        match see_through(shared, &entry, start).await {
            None => return,
            Some(Seen::Ended(outcome)) => runner::finish(shared, entry.id, *outcome).await,
            Some(Seen::PutOff(earlier)) => runner::pause(shared, &entry, *earlier).await,
        }
        // The next one may begin.
        shared.notices.work.notify_one();
    }
}

/// What became of a restart.
enum Seen {
    /// It ended.
    Ended(Box<TaskOutcome>),
    /// Its window has no room for it any more.
    PutOff(Box<Earlier>),
}

impl From<TaskOutcome> for Seen {
    fn from(outcome: TaskOutcome) -> Self {
        Self::Ended(Box::new(outcome))
    }
}

/// `None` when the agent stops first, which is what happens when all goes well.
async fn see_through(shared: &Arc<Shared>, entry: &JournalEntry, start: Start) -> Option<Seen> {
    let (allowance, if_pending) = match &entry.task.parameters {
        TaskParameters::Restart {
            postponements,
            if_pending,
            ..
        } => (*postponements, *if_pending),
        TaskParameters::Scan | TaskParameters::InstallUpdates { .. } => (None, false),
    };
    let mut restart = Restart {
        shared,
        id: entry.id,
        if_pending,
        bound_by: bound_by(&entry.task),
        began_at: entry.earlier.as_ref().map_or(start.at, |e| e.started_at),
        created_by: entry.task.created_by.clone(),
        start,
        cancel: CancelSignal::default(),
    };
    if shared.ports.machine.boot_id() != restart.start.boot_id {
        restart.learn().await;
        let outcome = TaskOutcome {
            exit_code: Some(0),
            ..restart.ended(TaskState::Succeeded, None)
        };
        return Some(outcome.into());
    }
    shared.queue().set_running(entry.id, restart.cancel.clone());
    if restart.start.restart_asked_at.is_some() {
        let _hands = shared.hands().await?;
        return restart.until_down().await.map(Seen::from);
    }
    // Held to the end: nothing else begins.
    let _hands = match restart.until_due(allowance).await? {
        Ok(hands) => hands,
        Err(seen) => return Some(seen),
    };
    if let Err(outcome) = restart.ask().await {
        return Some(outcome.into());
    }
    restart.until_down().await.map(Seen::from)
}

/// A restart on its way.
struct Restart<'a> {
    shared: &'a Arc<Shared>,
    id: TaskId,
    if_pending: bool,
    /// What windows call it, if they bind it.
    bound_by: Option<MaintenanceAction>,
    began_at: Timestamp,
    created_by: Option<Creator>,
    start: Start,
    cancel: CancelSignal,
}

impl Restart<'_> {
    /// Counts down, to the right to change the machine or to an earlier end.
    async fn until_due(
        &mut self,
        allowance: Option<Postponements>,
    ) -> Option<Result<OwnedMutexGuard<()>, Seen>> {
        if !self.is_wanted().await {
            return Some(Err(self.unwanted().into()));
        }
        let shared = self.shared;
        let now = || shared.clock.machine_now();
        let mut count = CountDown::take_up(&self.start, allowance, now());
        let mut hands = None;
        let mut look_at_people = Instant::now();
        let mut sessions = Ok(Vec::new());
        let (mut kept, mut asked_for) = (false, false);
        while !self.cancel.is_cancelled() {
            let mut change = Change::None;
            let is_look = Instant::now() >= look_at_people;
            if is_look {
                look_at_people = Instant::now() + shared.pace.people_look;
                let people = shared.ports.people.clone();
                sessions = blocking(move || people.sessions()).await;
                if let Err(error) = &sessions {
                    tracing::warn!(%error, "the restart keeps its whole delay");
                }
                change = count.meet(Presence::of(&sessions), now());
            }
            change = either(change, count.pass(now()));
            for answer in shared.ports.people.answers() {
                let answered = count.answer(answer, now());
                tracing::info!(task_id = %self.id, ?answer, heard = ?answered, "an answer to the notice");
                asked_for |= answer.choice == Choice::RestartNow && answered == Change::Some;
                change = either(change, answered);
            }
            if !asked_for && self.is_beyond_window(&count, now()) {
                self.withdraw(Withdrawal::PutOff).await;
                return Some(Err(self.put_off(&count)));
            }
            if change == Change::Some || !kept {
                self.keep(&count).await;
                kept = true;
            }
            if count.is_due(now()) {
                match hands {
                    Some(hands) => {
                        let looked = self.last_look().await;
                        return Some(looked.map(|()| hands).map_err(Seen::from));
                    }
                    None => hands = self.take_hands().await?,
                }
                continue;
            }
            if !count.is_near(now()) {
                hands = None;
            }
            if is_look || change == Change::Some {
                self.show(&count, sessions.as_deref().unwrap_or_default())
                    .await;
            }
            tokio::select! {
                () = tokio::time::sleep(shared.pace.restart_look) => {}
                () = shared.stop.cancelled() => return None,
            }
        }
        self.withdraw(Withdrawal::CalledOff).await;
        Some(Err(self.cancelled().into()))
    }

    /// Whether the restart would come outside of its window, or not be over before the window is:
    /// people have put it off too often, a task was in the way, or the window is another by now. A
    /// person at the machine who asks for it may have it all the same.
    fn is_beyond_window(&self, count: &CountDown, now: Timestamp) -> bool {
        let Some(action) = self.bound_by else {
            return false;
        };
        let view = self.shared.view();
        let wait = count.due().duration_since(now).max(SignedDuration::ZERO);
        let need = view.maintenance.needs.of_restart().saturating_add(wait);
        !matches!(view.passage(action, need), Passage::Open { .. })
    }

    /// It waits for the next opening after the instant to which it was put off, where people are told
    /// anew. What they have used of their postponements stays used.
    fn put_off(&self, count: &CountDown) -> Seen {
        let now = self.shared.clock.machine_now();
        let wait = count.due().duration_since(now).max(SignedDuration::ZERO);
        Seen::PutOff(Box::new(Earlier {
            started_at: self.began_at,
            boot_id: self.start.boot_id.clone(),
            updates: Vec::new(),
            left: Vec::new(),
            exit_code: None,
            postponed: count.postponed(),
            not_before: self.shared.view().now.checked_add(wait).ok(),
        }))
    }

    /// How long the machine was away.
    async fn learn(&self) {
        let Some(asked_at) = self.start.restart_asked_at else {
            return;
        };
        let took = self.shared.clock.machine_now().duration_since(asked_at);
        if let Ok(took) = Duration::try_from(took) {
            self.shared.learn(vec![(Part::Restart, took)]).await;
        }
    }

    /// Waits for the task that runs. `Some(None)` when the restart is cancelled first.
    async fn take_hands(&self) -> Option<Option<OwnedMutexGuard<()>>> {
        let hands = self.shared.hands();
        tokio::pin!(hands);
        let mut waits = false;
        loop {
            tokio::select! {
                biased;
                hands = &mut hands => return hands.map(Some),
                () = tokio::time::sleep(self.shared.pace.restart_look) => {}
            }
            if self.cancel.is_cancelled() {
                return Some(None);
            }
            if !std::mem::replace(&mut waits, true) {
                tracing::info!(task_id = %self.id, "the restart waits for the task that runs");
                self.withdraw(Withdrawal::Quietly).await;
            }
        }
    }

    /// Whether there is still a reason to restart, now that the time has come.
    async fn last_look(&self) -> Result<(), TaskOutcome> {
        if self.is_wanted().await {
            self.withdraw(Withdrawal::Quietly).await;
            return Ok(());
        }
        self.withdraw(Withdrawal::CalledOff).await;
        Err(self.unwanted())
    }

    /// Asks the operating system for the restart, once.
    async fn ask(&mut self) -> Result<(), TaskOutcome> {
        reports_leave(self.shared).await;
        if self.cancel.is_cancelled() {
            return Err(self.cancelled());
        }
        let at = self.shared.clock.machine_now();
        self.start.restart_asked_at = Some(at);
        self.write_down().await;
        let power = self.shared.ports.power.clone();
        let request = RestartRequest {
            delay: Duration::ZERO,
        };
        if let Err(error) = blocking(move || power.schedule_restart(&request)).await {
            tracing::warn!(task_id = %self.id, %error, "the restart was refused");
            return Err(TaskOutcome {
                reason_detail: Some(error.detail),
                ..self.failed(ReasonCode::RestartFailed)
            });
        }
        tracing::info!(task_id = %self.id, postponed = self.start.postponed, "the machine restarts");
        Ok(())
    }

    /// Waits for the machine to go down.
    async fn until_down(&self) -> Option<TaskOutcome> {
        let asked_at = self.start.restart_asked_at.unwrap_or(self.start.at);
        let mut tried = false;
        loop {
            if self.cancel.is_cancelled() && !std::mem::replace(&mut tried, true) {
                let power = self.shared.ports.power.clone();
                match blocking(move || power.cancel_restart()).await {
                    Ok(()) => return Some(self.cancelled()),
                    Err(error) => tracing::warn!(%error, "the restart cannot be taken back"),
                }
            }
            let late = self.shared.clock.machine_now().duration_since(asked_at);
            if Duration::try_from(late).is_ok_and(|late| late > self.shared.pace.restart_grace) {
                return Some(self.failed(ReasonCode::RestartFailed));
            }
            tokio::select! {
                () = tokio::time::sleep(self.shared.pace.restart_look) => {}
                () = self.shared.stop.cancelled() => return None,
            }
        }
    }

    async fn is_wanted(&self) -> bool {
        let power = self.shared.ports.power.clone();
        let signals = blocking(move || power.restart_signals()).await;
        RestartRequired::from_signals(Some(&signals)) == RestartRequired::Yes
    }

    /// Where the system does not tell who is there, somebody may still ask and answer.
    async fn show(&self, count: &CountDown, sessions: &[Session]) {
        if count.is_deserted() {
            return;
        }
        let people = self.shared.ports.people.clone();
        let notice = Notice {
            created_by: self.created_by.clone(),
            ..count.notice()
        };
        let sessions = sessions.to_vec();
        blocking(move || people.show(&notice, &sessions)).await;
    }

    async fn withdraw(&self, after: Withdrawal) {
        let people = self.shared.ports.people.clone();
        blocking(move || people.withdraw(after)).await;
    }

    async fn keep(&mut self, count: &CountDown) {
        self.start.restart_at = Some(count.due());
        self.start.postponed = count.postponed();
        let (at, postponed) = (count.due(), count.postponed());
        tracing::info!(task_id = %self.id, restart_at = %at, postponed, "a restart counts down");
        self.write_down().await;
    }

    /// On the disk first, then to the server: by its own report and by the next check-in.
    async fn write_down(&self) {
        let (id, start) = (self.id, self.start.clone());
        let at = self.shared.clock.machine_now();
        let stage = crate::state::Stage::Running(start.clone());
        self.shared
            .insist(move |state| state.count_down(id, at, start.clone()))
            .await;
        self.shared.queue().set_stage(id, &stage);
        self.shared.notices.spool.notify_one();
        self.shared.notices.change.notify_one();
    }

    fn unwanted(&self) -> TaskOutcome {
        match self.if_pending {
            true => TaskOutcome {
                exit_code: None,
                ..self.ended(TaskState::Cancelled, Some(ReasonCode::NoRestartPending))
            },
            false => self.failed(ReasonCode::NoRestartPending),
        }
    }

    fn failed(&self, reason: ReasonCode) -> TaskOutcome {
        self.ended(TaskState::Failed, Some(reason))
    }

    fn cancelled(&self) -> TaskOutcome {
        let reason = Some(ReasonCode::CancelledByOperator);
        TaskOutcome {
            exit_code: None,
            ..self.ended(TaskState::Cancelled, reason)
        }
    }

    fn ended(&self, state: TaskState, reason: Option<ReasonCode>) -> TaskOutcome {
        outcome::ended(self.began_at, state, reason)
    }
}

fn either(one: Change, other: Change) -> Change {
    match (one, other) {
        (Change::None, Change::None) => Change::None,
        (Change::Some, _) | (_, Change::Some) => Change::Some,
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
            tokio::time::sleep(LEAVING).await;
        }
    };
    let _ = tokio::time::timeout(shared.pace.report_before_restart, left).await;
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
