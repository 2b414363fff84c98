//! Maintenance windows: when automatic updates, restarts and backups may run.
//!
//! What binds a device are the [`MaintenanceRules`]: windows and blackouts of the device, of its
//! groups and of its tenant. A [`Calendar`] is what they come to in the device's time zone: it
//! decides an instant, lists openings, and explains both.
//!
//! 1. A blackout for the action that covers the instant says no, whatever its scope.
//! 2. Otherwise the narrowest scope with a window in force that allows the action decides alone: yes
//!    inside one of its windows, no outside.
//! 3. Where no scope has one, the tenant's setting for the action decides.
//!
//! A window starts on the wall clock of its zone and lasts in elapsed time; intervals contain their
//! start and not their end. A local time that a clock change skips stands for the first instant
//! after the gap, one that happens twice for its first occurrence.

mod blackout;
mod calendar;
mod definition;
mod explanation;
mod local;
mod occurrence;
mod reading;

pub use blackout::{BlackoutDefinition, BlackoutDraft, BlackoutPeriod, MonthDay, PeriodDraft};
pub use calendar::{Because, Calendar, Fit, LONGEST_OPENING, MOST_CHANGES, Opening, Verdict};
pub use definition::{
    DefinitionFault, DefinitionFaults, FaultKind, LONGEST_WINDOW_MINUTES, MOST_OFFSET_DAYS, Nth,
    RecurrenceDraft, SHORTEST_WINDOW_MINUTES, WindowDay, WindowDefinition, WindowDraft,
    WindowRecurrence,
};
pub use explanation::{
    BlackoutReview, BlackoutStanding, Blocker, Explanation, LocalOpening, WindowReview,
    WindowStanding, ZoneSource,
};

use crate::{ActionKind, BlackoutId, MaintenanceWindowId, PolicyScope};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A kind of work that windows and blackouts speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MaintenanceAction {
    /// Installing updates, of the system or of applications.
    Update,
    /// Restarting the machine.
    Restart,
    /// Backing up.
    Backup,
}

/// The text names no kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown action (use update, restart or backup)")]
pub struct UnknownMaintenanceAction;

impl MaintenanceAction {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Update, Self::Restart, Self::Backup];

    /// The name in the API and the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Update => "update",
            Self::Restart => "restart",
            Self::Backup => "backup",
        }
    }

    /// What an operator's action is for windows. `None` if no window binds it: looking for updates
    /// disturbs nobody.
    #[must_use]
    pub const fn of(kind: ActionKind) -> Option<Self> {
        match kind {
            ActionKind::Scan => None,
            ActionKind::InstallUpdates => Some(Self::Update),
            ActionKind::Restart => Some(Self::Restart),
        }
    }
}

impl FromStr for MaintenanceAction {
    type Err = UnknownMaintenanceAction;
    fn from_str(text: &str) -> Result<Self, UnknownMaintenanceAction> {
        Self::ALL
            .into_iter()
            .find(|action| action.name() == text)
            .ok_or(UnknownMaintenanceAction)
    }
}

/// What happens to automatic work where no window is in force at any scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WithoutWindow {
    /// It runs at any time.
    Run,
    /// It waits for a window to be defined.
    Hold,
}

/// A tenant's settings for work that no window covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WithoutWindows {
    /// For updates.
    pub update: WithoutWindow,
    /// For restarts.
    pub restart: WithoutWindow,
    /// For backups.
    pub backup: WithoutWindow,
}

impl Default for WithoutWindows {
    fn default() -> Self {
        Self {
            update: WithoutWindow::Hold,
            restart: WithoutWindow::Hold,
            backup: WithoutWindow::Run,
        }
    }
}

impl WithoutWindows {
    /// The setting for one kind of work.
    #[must_use]
    pub const fn of(&self, action: MaintenanceAction) -> WithoutWindow {
        match action {
            MaintenanceAction::Update => self.update,
            MaintenanceAction::Restart => self.restart,
            MaintenanceAction::Backup => self.backup,
        }
    }
}

/// A window of one scope.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MaintenanceWindow {
    /// Its id.
    pub id: MaintenanceWindowId,
    /// What people call it.
    pub name: String,
    /// Whether it counts.
    pub enabled: bool,
    /// When it is open, and for what.
    pub definition: WindowDefinition,
}

/// A blackout of one scope.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Blackout {
    /// Its id.
    pub id: BlackoutId,
    /// What people call it.
    pub name: String,
    /// When it is, and for what.
    pub definition: BlackoutDefinition,
}

/// What one scope says.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ScopeMaintenance {
    /// Whose windows and blackouts they are.
    pub scope: PolicyScope,
    /// Its windows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<MaintenanceWindow>,
    /// Its blackouts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blackouts: Vec<Blackout>,
}

/// Everything that binds one device. Devices of the same group without windows of their own have
/// equal rules.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MaintenanceRules {
    /// The tenant's IANA time zone, for devices that do not know theirs.
    pub tenant_zone: String,
    /// From the device outwards: device, its group, the groups around that, tenant. Scopes that say
    /// nothing may be missing.
    #[serde(default)]
    pub scopes: Vec<ScopeMaintenance>,
    /// The tenant's settings.
    #[serde(default)]
    pub without_windows: WithoutWindows,
}
