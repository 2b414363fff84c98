//! Signs that a machine waits for a restart.

use serde::{Deserialize, Serialize};

/// How much a signal is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SignalStrength {
    /// The operating system itself asks for the restart: reason enough to offer one.
    Strong,
    /// A hint that is often stale: shown, never acted upon.
    Weak,
}

/// A sign of a pending restart, by name. The list and its sources: `docs/windows.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RestartSignalName {
    /// Linux: `/run/reboot-required` (or `/var/run/reboot-required`) exists.
    RebootRequiredFile,
    /// Windows: `ISystemInformation::RebootRequired`.
    WuaRebootRequired,
    /// Windows: key `WindowsUpdate\Auto Update\RebootRequired`.
    WindowsUpdateRebootRequired,
    /// Windows: key `Component Based Servicing\RebootPending`.
    ComponentServicingRebootPending,
    /// Windows: key `Component Based Servicing\RebootInProgress`.
    ComponentServicingRebootInProgress,
    /// Windows: key `Component Based Servicing\PackagesPending`.
    ComponentServicingPackagesPending,
    /// An installer asked for a restart (exit code 3010) since the machine started.
    InstallerRequestedRestart,
    /// Windows: value `PendingFileRenameOperations` or `PendingFileRenameOperations2`.
    PendingFileRename,
    /// Windows: the computer's name changes at the next start.
    PendingComputerRename,
    /// Windows: a domain join finishes at the next start.
    PendingDomainJoin,
    /// Windows: `UpdateExeVolatile` is not 0.
    UpdateExeVolatile,
    /// Windows: RunOnce value `DVDRebootSignal`.
    DvdRebootSignal,
    /// Windows: ServerManager `CurrentRebootAttempts` is above 0.
    ServerManagerRebootAttempts,
    /// Something a newer agent knows and this program does not.
    #[serde(other)]
    Other,
}

impl RestartSignalName {
    /// Strong signals justify a restart, weak ones are shown only.
    #[must_use]
    pub const fn strength(self) -> SignalStrength {
        match self {
            Self::RebootRequiredFile
            | Self::WuaRebootRequired
            | Self::WindowsUpdateRebootRequired
            | Self::ComponentServicingRebootPending
            | Self::ComponentServicingRebootInProgress
            | Self::ComponentServicingPackagesPending
            | Self::InstallerRequestedRestart => SignalStrength::Strong,
            Self::PendingFileRename
            | Self::PendingComputerRename
            | Self::PendingDomainJoin
            | Self::UpdateExeVolatile
            | Self::DvdRebootSignal
            | Self::ServerManagerRebootAttempts
            | Self::Other => SignalStrength::Weak,
        }
    }
}

/// One sign found on a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestartSignal {
    /// Which sign.
    pub name: RestartSignalName,
    /// What it says beyond its name, such as the packages that asked; not translated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Whether a device waits for a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RestartRequired {
    /// At least one strong signal stands.
    Yes,
    /// The device reported, and no strong signal stands.
    No,
    /// The device has not reported.
    Unknown,
}

impl RestartRequired {
    /// What follows from the reported signals; `None` means that none were reported yet.
    #[must_use]
    pub fn from_signals(signals: Option<&[RestartSignal]>) -> Self {
        match signals {
            None => Self::Unknown,
            Some(signals)
                if signals
                    .iter()
                    .any(|s| s.name.strength() == SignalStrength::Strong) =>
            {
                Self::Yes
            }
            Some(_) => Self::No,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signal(name: RestartSignalName) -> RestartSignal {
        RestartSignal { name, detail: None }
    }

    #[test]
    fn weak_signals_alone_require_no_restart() {
        let weak = [
            signal(RestartSignalName::PendingFileRename),
            signal(RestartSignalName::Other),
        ];
        assert_eq!(
            RestartRequired::from_signals(Some(&weak)),
            RestartRequired::No
        );
    }

    #[test]
    fn one_strong_signal_requires_a_restart() {
        let signals = [
            signal(RestartSignalName::PendingFileRename),
            signal(RestartSignalName::RebootRequiredFile),
        ];
        assert_eq!(
            RestartRequired::from_signals(Some(&signals)),
            RestartRequired::Yes
        );
    }

    #[test]
    fn silence_is_not_no() {
        assert_eq!(
            RestartRequired::from_signals(None),
            RestartRequired::Unknown
        );
    }
}
