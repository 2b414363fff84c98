//! The life of a task.

use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Where a task stands: `queued → delivered → running → succeeded | failed | cancelled | expired`,
/// with `waiting_for_window` between `delivered` and `running`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// The server holds it; the device has not taken it.
    Queued,
    /// The agent has it on its disk.
    Delivered,
    /// The agent waits until it may begin.
    WaitingForWindow,
    /// It runs.
    Running,
    /// It did what it should.
    Succeeded,
    /// It did not; the reason code says why.
    Failed,
    /// A person cancelled it before it finished.
    Cancelled,
    /// Its time passed before it began.
    Expired,
}

/// The text names no task state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown task state: {0}")]
pub struct UnknownTaskState(pub String);

impl FromStr for TaskState {
    type Err = UnknownTaskState;
    fn from_str(text: &str) -> Result<Self, UnknownTaskState> {
        Self::ALL
            .into_iter()
            .find(|state| state.name() == text)
            .ok_or_else(|| UnknownTaskState(text.to_owned()))
    }
}

/// A step that the life of a task does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a task does not go from {from:?} to {to:?}")]
pub struct InvalidTransition {
    /// Where it stands.
    pub from: TaskState,
    /// Where it was to go.
    pub to: TaskState,
}

impl TaskState {
    /// Every state, in the order of a task's life.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Delivered,
        Self::WaitingForWindow,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
        Self::Expired,
    ];

    /// The name in the API, on the wire and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Delivered => "delivered",
            Self::WaitingForWindow => "waiting_for_window",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// Whether nothing can happen to the task any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Failed | Self::Cancelled | Self::Expired
        )
    }

    /// Goes to the next state, or says that there is no such step.
    ///
    /// Steps may skip forward (a result can overtake the report that the task began), never back,
    /// and never out of a final state. Staying where it is, is the idempotent repetition of a
    /// report and allowed.
    ///
    /// # Errors
    /// [`InvalidTransition`] for a step back or out of a final state.
    pub fn step(self, to: Self) -> Result<Self, InvalidTransition> {
        let allowed = self == to
            || (!self.is_final()
                && (self.order() < to.order()
                    || (self == Self::Running && to == Self::WaitingForWindow)));
        if allowed {
            Ok(to)
        } else {
            Err(InvalidTransition { from: self, to })
        }
    }

    const fn order(self) -> u8 {
        match self {
            Self::Queued => 0,
            Self::Delivered => 1,
            Self::WaitingForWindow => 2,
            Self::Running => 3,
            Self::Succeeded | Self::Failed | Self::Cancelled | Self::Expired => 4,
        }
    }
}

/// Why a task ended as it did (or waits). Stable; the console translates it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// The machine or the agent went down while it ran.
    Interrupted,
    /// A person cancelled it.
    CancelledByOperator,
    /// The agent does not know this kind of task.
    UnknownTaskKind,
    /// It took longer than its limit.
    TimedOut,
    /// At least one update failed to install.
    InstallerFailed,
    /// The package manager returned an error.
    PackageManagerFailed,
    /// Another program holds the package manager's lock.
    PackageManagerLocked,
    /// Nothing was offered that could be installed.
    NothingToInstall,
    /// A chosen update is no longer offered.
    UpdateNotOffered,
    /// No strong signal asks for a restart.
    NoRestartPending,
    /// The operating system refused the restart.
    RestartFailed,
    /// Looking for updates failed.
    ScanFailed,
    /// The agent lacks the right.
    AccessDenied,
    /// The device could not reach the source of updates.
    NetworkUnreachable,
    /// No space left on the device.
    DiskFull,
    /// Less room than the updates need; how much of both is in the detail.
    NotEnoughDiskSpace,
    /// The machine runs on its battery.
    OnBattery,
    /// The machine has to restart before anything more can be installed.
    RestartPending,
    /// Windows Update is busy with something else.
    WindowsUpdateBusy,
    /// Windows Update returned an error; its code is in the detail.
    WindowsUpdateError,
    /// A fault inside the agent.
    AgentError,
    /// The latest time to begin passed.
    DeadlinePassed,
    /// Installers reported success, and the search that should confirm it failed.
    Unconfirmed,
    /// Its installer reported success, and a later search still offers it.
    StillOffered,
    /// A search after the restart offers it again: the restart undid it.
    RolledBack,
    /// The device was removed.
    DeviceRemoved,
    /// By its tenant's policies something else is due on the device by now.
    ReplacedByPolicy,
    /// This system cannot do that.
    Unsupported,
    /// Something a newer agent knows and this program does not.
    #[serde(other)]
    Other,
}

/// What a task that has not begun waits for. Stable; the console translates it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WaitReason {
    /// The instant that was asked for.
    StartTime,
    /// A maintenance window.
    Window,
    /// The end of a blackout.
    Blackout,
    /// A window to be defined: there is none in force, and the tenant's setting is to wait.
    WindowDefinition,
    /// An opening that is long enough for it.
    LongerWindow,
    /// The agent has never learned what time it is.
    ClockUnknown,
    /// The agent does not understand the rules: it is older than they are, or never had any.
    RulesUnknown,
    /// Something a newer agent knows and this program does not.
    #[serde(other)]
    Other,
}

/// How one update of an installation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UpdateOutcome {
    /// Installed, and a new search no longer offers it (or it waits for the restart).
    Installed,
    /// The installer reported success, and no search has confirmed it.
    Unconfirmed,
    /// On the device, not installed.
    Downloaded,
    /// The installer reported an error, or a new search still offers it.
    Failed,
    /// Not installed, and a new search no longer offers it: something newer has replaced it.
    Superseded,
    /// Not attempted.
    Skipped,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_state() -> impl Strategy<Value = TaskState> {
        prop::sample::select(TaskState::ALL.to_vec())
    }

    proptest! {
        #[test]
        fn no_sequence_of_steps_leaves_a_final_state(steps in prop::collection::vec(any_state(), 1..20)) {
            let mut state = TaskState::Queued;
            let mut ended = None;
            for to in steps {
                if let Ok(next) = state.step(to) {
                    state = next;
                }
                if let Some(end) = ended {
                    prop_assert_eq!(state, end);
                }
                if state.is_final() {
                    ended = Some(state);
                }
            }
        }

        #[test]
        fn a_repeated_report_changes_nothing(state in any_state()) {
            prop_assert_eq!(state.step(state), Ok(state));
        }
    }

    #[test]
    fn a_task_never_goes_back_to_the_queue() {
        for state in TaskState::ALL
            .into_iter()
            .filter(|s| *s != TaskState::Queued)
        {
            assert!(state.step(TaskState::Queued).is_err(), "{state:?}");
        }
    }

    #[test]
    fn state_survives_its_name() {
        for state in TaskState::ALL {
            assert_eq!(state.name().parse(), Ok(state));
        }
    }
}
