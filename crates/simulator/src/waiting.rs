//! Tasks that wait: for their instant, or for a maintenance window by the rules that the agent holds.
//! Whether a window lets them begin is decided by the agent's own code.

use crate::{
    agent::Agent,
    work::{ended, finish, report},
};
use jiff::{SignedDuration, Timestamp};
use latarnik_agent_core::{Needs, Passage, WindowGate, bound_by, connection::CallError};
use latarnik_model::{ReasonCode, TaskState, WaitReason, When};
use latarnik_protocol::{RawTask, Task, TaskEvent};
use std::time::Duration;

/// The longest time between two looks at tasks that wait.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(1);
/// Where nothing waits, a task that arrives ends the pause.
const IDLE: Duration = Duration::from_secs(24 * 60 * 60);

/// Until when, if that is known, and for what.
type Wait = (Option<Timestamp>, WaitReason);

/// A task that has not begun.
pub(crate) struct Pending {
    raw: RawTask,
    /// What the server was told.
    told: Option<Wait>,
}

impl Pending {
    /// It has just arrived.
    pub(crate) const fn new(raw: RawTask) -> Self {
        Self { raw, told: None }
    }
}

/// What is to happen next.
pub(crate) enum Next {
    /// This task begins.
    Begin(RawTask),
    /// Nothing does; when that may change by itself.
    LookAgain(Option<Timestamp>),
}

enum Decision {
    Begin,
    Wait(Wait, Option<Timestamp>),
    End(TaskState, ReasonCode),
}

/// Decides on every task, in their order, and tells the server what changed.
pub(crate) async fn next(agent: &Agent, pending: &mut Vec<Pending>) -> Result<Next, CallError> {
    let mut look_again: Option<Timestamp> = None;
    let mut position = 0;
    while let Some(one) = pending.get_mut(position) {
        let (id, now) = (one.raw.id, agent.now());
        // Work tells the server of what cannot be read.
        let decision = match one.raw.read() {
            Ok(task) => decide(agent, &one.raw, &task, now),
            Err(_) => Decision::Begin,
        };
        match decision {
            Decision::Begin => return Ok(Next::Begin(pending.remove(position).raw)),
            Decision::End(state, reason) => {
                pending.remove(position);
                finish(agent, id, ended(state, Some(reason))).await?;
            }
            Decision::Wait(wait, again) => {
                look_again = look_again.into_iter().chain(again).min();
                if one.told != Some(wait) {
                    one.told = Some(wait);
                    let (until, reason) = wait;
                    let reason = Some(reason);
                    report(agent, id, TaskEvent::Waiting { until, reason }).await?;
                }
                position += 1;
            }
        }
    }
    Ok(Next::LookAgain(look_again))
}

fn decide(agent: &Agent, raw: &RawTask, task: &Task, now: Timestamp) -> Decision {
    if agent.is_cancelled(raw.id) {
        return Decision::End(TaskState::Cancelled, ReasonCode::CancelledByOperator);
    }
    if task.deadline.is_some_and(|deadline| deadline < now) {
        return Decision::End(TaskState::Expired, ReasonCode::DeadlinePassed);
    }
    if let When::At { at } = task.when
        && now < at
    {
        return Decision::Wait((Some(at), WaitReason::StartTime), Some(at));
    }
    let Some(action) = bound_by(task) else {
        return Decision::Begin;
    };
    let rules = agent.rules();
    let zone = agent.machine().facts.time_zone.clone();
    let gate = WindowGate {
        rules: &rules,
        zone: zone.as_deref(),
        zones: jiff::tz::db(),
    };
    let need = Needs::default().to_begin(&task.parameters);
    match gate.passage(action, agent.clock.known_now(), need) {
        Passage::Open { .. } => Decision::Begin,
        Passage::Closed {
            reason,
            until,
            look_again,
        } => Decision::Wait((until, reason), look_again),
    }
}

/// How long nothing changes by itself.
pub(crate) fn pause(now: Timestamp, look_again: Option<Timestamp>, pending: usize) -> Duration {
    if pending == 0 {
        return IDLE;
    }
    let until = look_again.map_or(LONGEST_PAUSE, |at| at.duration_since(now));
    Duration::try_from(until.min(LONGEST_PAUSE)).unwrap_or_default()
}
