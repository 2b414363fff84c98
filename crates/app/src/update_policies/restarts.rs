//! Restarts by policy: a device that waits for one, or will after what policies install, restarts in
//! its next maintenance window.

use jiff::{SignedDuration, Timestamp};
use latarnik_model::{RestartRule, TaskParameters, TaskState};
use latarnik_store::AutomaticTask;

/// How long policies leave a device alone after a restart of theirs came to an end, whichever.
const RESTS: SignedDuration = SignedDuration::from_hours(24);

/// Restarts that ended since then are not repeated yet.
pub(super) fn resting_since(now: Timestamp) -> Timestamp {
    now.checked_sub(RESTS).unwrap_or(Timestamp::MIN)
}

/// The restart that a device should have a task for. It goes to the device together with the
/// installation, so that one that is offline at night restarts as well, if it has to.
pub(super) fn wanted(rule: Option<RestartRule>, is_pending: bool) -> Option<TaskParameters> {
    match rule? {
        RestartRule::Automatic {
            delay_minutes,
            postponements,
        } => is_pending.then_some(TaskParameters::Restart {
            delay_minutes,
            postponements,
            if_pending: true,
        }),
        RestartRule::Manual => None,
    }
}

/// What to make, and what to take back of what waits. A restart that counts down is left alone.
pub(super) fn plan(
    wanted: Option<TaskParameters>,
    tasks: Vec<AutomaticTask>,
) -> (Option<TaskParameters>, Vec<AutomaticTask>) {
    let (busy, waiting): (Vec<_>, Vec<_>) = tasks
        .into_iter()
        .partition(|task| task.state == TaskState::Running || task.is_cancelled);
    let (right, wrong): (Vec<_>, Vec<_>) = waiting
        .into_iter()
        .partition(|task| wanted.as_ref() == Some(&task.parameters));
    let runs = busy.iter().any(|task| task.state == TaskState::Running);
    let has_one = runs || !right.is_empty();
    (wanted.filter(|_| !has_one), wrong)
}
