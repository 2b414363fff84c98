//! Restarts by policy: a device that waits for one, or will after what policies install, restarts in
//! its next maintenance window.

use jiff::{SignedDuration, Timestamp};
use latarnik_model::{RestartRule, TaskParameters, TaskState};
use latarnik_store::{AutomaticTask, PastRestart};

/// How long policies leave a device alone after a restart of theirs came to an end, whichever.
const RESTS: SignedDuration = SignedDuration::from_hours(24);

/// Restarts that ended since then are not repeated yet.
pub(super) fn resting_since(now: Timestamp) -> Timestamp {
    now.checked_sub(RESTS).unwrap_or(Timestamp::MIN)
}

/// Why a device may have to restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// It says that it waits for it.
    Pending,
    /// What policies install there may need one. The task for it goes to the device together with
    /// the installation, so that one that is offline at night restarts as well, if it has to.
    Installation,
    /// An update waits for one, and the device has not said yet whether it does.
    Installed,
}

/// What is to happen with the restarts of a device.
#[derive(Debug, Default)]
pub(super) struct Restarts {
    /// The one that it gets.
    pub(super) make: Option<TaskParameters>,
    /// Those that are over before they began. A restart that counts down is left alone.
    pub(super) withdraw: Vec<AutomaticTask>,
}

/// What to make of the rule, and of the tasks that the device has.
pub(super) fn plan(
    rule: Option<RestartRule>,
    cause: Option<Cause>,
    past: Option<PastRestart>,
    tasks: Vec<AutomaticTask>,
) -> Restarts {
    let wanted = match (rule, cause) {
        (
            Some(RestartRule::Automatic {
                delay_minutes,
                postponements,
            }),
            Some(_),
        ) => Some(TaskParameters::Restart {
            delay_minutes,
            postponements,
            if_pending: true,
        }),
        _ => None,
    };
    let (busy, waiting): (Vec<_>, Vec<_>) = tasks
        .into_iter()
        .partition(|task| task.state == TaskState::Running || task.is_cancelled);
    let (right, withdraw): (Vec<_>, Vec<_>) = waiting
        .into_iter()
        .partition(|task| wanted.as_ref() == Some(&task.parameters));
    let runs = busy.iter().any(|task| task.state == TaskState::Running);
    let begins = match (cause, past) {
        // A window may allow restarts and no installations: one that was not needed there is not
        // needed again before the device says so.
        (Some(Cause::Pending), None | Some(PastRestart::NotNeeded))
        | (Some(Cause::Installation), None) => true,
        (Some(Cause::Pending | Cause::Installation), Some(_))
        | (Some(Cause::Installed) | None, _) => false,
    };
    Restarts {
        make: wanted.filter(|_| begins && !runs && right.is_empty()),
        withdraw,
    }
}
