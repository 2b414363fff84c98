//! Alerts: what a person must know.
//!
//! An alert rests on a fact that the server has: it is raised when the fact is there and closed when
//! it is gone. People acknowledge alerts; they do not close them.

use crate::{ReasonCode, RestartSignalName, RolloutId, TaskId, UpdateId};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A device may fail to search for so long before it is an alert.
pub const SCAN_FAILING_AFTER: SignedDuration = SignedDuration::from_hours(2 * 24);
/// A machine that has never searched is given so long after its start.
pub const FIRST_SCAN_WITHIN: SignedDuration = SignedDuration::from_hours(1);
/// A restart may be pending for so long before it is an alert.
pub const RESTART_OVERDUE_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Most titles that an alert about several updates names.
pub const MOST_ALERT_TITLES: usize = 3;

/// What an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// An update could not be installed on a device.
    UpdateFailed,
    /// A device searches for updates without success.
    ScanFailing,
    /// A device has been waiting for a restart for too long.
    RestartOverdue,
    /// Too many devices failed to install an update on its way through the rings.
    RolloutStopped,
    /// Updates that a policy installs are past their deadline on a device.
    UpdateOverdue,
}

/// How much an alert matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AlertSeverity {
    /// Somebody should look at it.
    Warning,
    /// Something that was promised does not happen, or nobody can tell whether it does.
    Critical,
}

/// Where an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// Its cause stands, and nobody has acknowledged it.
    Open,
    /// Its cause stands, and somebody knows.
    Acknowledged,
    /// Its cause is gone.
    Closed,
}

/// Why an alert was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AlertCloseReason {
    /// Its cause is gone.
    Resolved,
}

/// What raised an alert, as it was last seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AlertCause {
    /// An update could not be installed on a device.
    UpdateFailed {
        /// Identifies the update on the device.
        update_key: String,
        /// The same on all devices.
        update_id: UpdateId,
        /// For people.
        title: String,
        /// Its article.
        kb: Option<String>,
        /// Why, as far as it has a name.
        reason_code: Option<ReasonCode>,
        /// Windows: the `OperationResultCode` of its installer.
        result_code: Option<i32>,
        /// Windows: the HRESULT of its installer.
        hresult: Option<String>,
        /// The exit code of the task, where it is not 0.
        exit_code: Option<i32>,
        /// The task that failed.
        task_id: Option<TaskId>,
        /// Attempts that failed since it was last installed.
        failures: u32,
    },
    /// A device searches for updates without success.
    ScanFailing {
        /// Whether it has never searched with success since it was enrolled.
        never_succeeded: bool,
        /// Why the last search failed; absent if there was none.
        reason_code: Option<ReasonCode>,
        /// The system's own code for that.
        error_detail: Option<String>,
    },
    /// A device has been waiting for a restart for too long.
    RestartOverdue {
        /// The strong signals that stand.
        signals: Vec<RestartSignalName>,
    },
    /// Too many devices failed to install an update on its way through the rings.
    RolloutStopped {
        /// The rollout.
        rollout_id: RolloutId,
        /// The update.
        update_id: UpdateId,
        /// For people.
        title: String,
        /// Its article.
        kb: Option<String>,
        /// The ring that it had reached, from 1.
        ring: u8,
        /// Devices on which it stands at failed.
        failed_devices: u64,
    },
    /// Updates that a policy installs are past their deadline on a device.
    UpdateOverdue {
        /// How many.
        updates: u64,
        /// The titles of the first of them, the oldest deadline first.
        titles: Vec<String>,
    },
}

/// What an alert is about exactly. There is at most one open alert for it in a tenant; the device is
/// known beside it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AlertSubject {
    /// The device as a whole.
    Device,
    /// An update on the device, by its key there.
    Update(String),
    /// A rollout.
    Rollout(RolloutId),
}

/// The text names no kind or state of alerts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind or state of an alert: {0}")]
pub struct UnknownAlertWord(pub String);

impl AlertKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::UpdateFailed,
        Self::ScanFailing,
        Self::RestartOverdue,
        Self::RolloutStopped,
        Self::UpdateOverdue,
    ];

    /// The name in the API and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UpdateFailed => "update_failed",
            Self::ScanFailing => "scan_failing",
            Self::RestartOverdue => "restart_overdue",
            Self::RolloutStopped => "rollout_stopped",
            Self::UpdateOverdue => "update_overdue",
        }
    }

    /// How much it matters.
    #[must_use]
    pub const fn severity(self) -> AlertSeverity {
        match self {
            Self::UpdateFailed | Self::RestartOverdue => AlertSeverity::Warning,
            Self::ScanFailing | Self::RolloutStopped | Self::UpdateOverdue => {
                AlertSeverity::Critical
            }
        }
    }
}

impl FromStr for AlertKind {
    type Err = UnknownAlertWord;
    fn from_str(text: &str) -> Result<Self, UnknownAlertWord> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| UnknownAlertWord(text.to_owned()))
    }
}

impl AlertState {
    /// Every state, in the order of an alert's life.
    pub const ALL: [Self; 3] = [Self::Open, Self::Acknowledged, Self::Closed];

    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Closed => "closed",
        }
    }
}

impl FromStr for AlertState {
    type Err = UnknownAlertWord;
    fn from_str(text: &str) -> Result<Self, UnknownAlertWord> {
        Self::ALL
            .into_iter()
            .find(|state| state.name() == text)
            .ok_or_else(|| UnknownAlertWord(text.to_owned()))
    }
}

impl AlertCause {
    /// What it is about.
    #[must_use]
    pub const fn kind(&self) -> AlertKind {
        match self {
            Self::UpdateFailed { .. } => AlertKind::UpdateFailed,
            Self::ScanFailing { .. } => AlertKind::ScanFailing,
            Self::RestartOverdue { .. } => AlertKind::RestartOverdue,
            Self::RolloutStopped { .. } => AlertKind::RolloutStopped,
            Self::UpdateOverdue { .. } => AlertKind::UpdateOverdue,
        }
    }

    /// What it is about exactly.
    #[must_use]
    pub fn subject(&self) -> AlertSubject {
        match self {
            Self::UpdateFailed { update_key, .. } => AlertSubject::Update(update_key.clone()),
            Self::RolloutStopped { rollout_id, .. } => AlertSubject::Rollout(*rollout_id),
            Self::ScanFailing { .. } | Self::RestartOverdue { .. } | Self::UpdateOverdue { .. } => {
                AlertSubject::Device
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_and_state_survive_their_names() {
        for kind in AlertKind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        for state in AlertState::ALL {
            assert_eq!(state.name().parse(), Ok(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
        assert!("red".parse::<AlertKind>().is_err());
    }

    #[test]
    fn cause_is_kept_with_the_name_of_its_kind() {
        let cause = AlertCause::UpdateOverdue {
            updates: 2,
            titles: vec!["A".to_owned()],
        };
        let written = serde_json::to_value(&cause).unwrap();
        assert_eq!(written["kind"], AlertKind::UpdateOverdue.name());
        assert_eq!(
            serde_json::from_value::<AlertCause>(written).unwrap(),
            cause
        );
    }
}
