//! What an operator asks for.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The kind of an action and of its tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Look for updates.
    Scan,
    /// Install updates.
    InstallUpdates,
    /// Restart the machine.
    Restart,
}

impl ActionKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Scan, Self::InstallUpdates, Self::Restart];

    /// The name in the API, on the wire and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::InstallUpdates => "install_updates",
            Self::Restart => "restart",
        }
    }

    /// The inverse of [`ActionKind::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// When a task may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum When {
    /// As soon as the device takes it.
    Now,
    /// In the device's next maintenance window that allows it.
    InWindow,
    /// Not before this instant.
    At {
        /// The instant.
        #[cfg_attr(feature = "schema", schema(value_type = String, format = DateTime))]
        at: Timestamp,
    },
}

/// How long the person at the machine has before it restarts: nothing, or 5 to 60 minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct RestartDelay(u16);

impl RestartDelay {
    /// At once.
    pub const NONE: Self = Self(0);

    /// The delay in minutes.
    #[must_use]
    pub const fn minutes(self) -> u16 {
        self.0
    }
}

impl From<RestartDelay> for u16 {
    fn from(delay: RestartDelay) -> Self {
        delay.0
    }
}

impl TryFrom<u16> for RestartDelay {
    type Error = InvalidParameters;
    fn try_from(minutes: u16) -> Result<Self, InvalidParameters> {
        match minutes {
            0 | 5..=60 => Ok(Self(minutes)),
            _ => Err(InvalidParameters::RestartDelay),
        }
    }
}

/// What a task's parameters may not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidParameters {
    /// A delay that is neither 0 nor 5 to 60 minutes.
    #[error("a restart is delayed by 0 or by 5 to 60 minutes")]
    RestartDelay,
}

/// What exactly a task does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TaskParameters {
    /// Look for updates.
    Scan,
    /// Install updates.
    InstallUpdates {
        /// The keys of the updates to install; absent means everything that is offered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        update_keys: Option<Vec<String>>,
    },
    /// Restart the machine.
    Restart {
        /// Time for the person at the machine.
        delay_minutes: RestartDelay,
    },
}

impl TaskParameters {
    /// The kind of task that these parameters belong to.
    #[must_use]
    pub const fn kind(&self) -> ActionKind {
        match self {
            Self::Scan => ActionKind::Scan,
            Self::InstallUpdates { .. } => ActionKind::InstallUpdates,
            Self::Restart { .. } => ActionKind::Restart,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restart_delay_is_none_or_five_to_sixty_minutes() {
        for minutes in 0..=100 {
            let allowed = minutes == 0 || (5..=60).contains(&minutes);
            assert_eq!(
                RestartDelay::try_from(minutes).is_ok(),
                allowed,
                "{minutes}"
            );
        }
    }

    #[test]
    fn parameters_of_an_unknown_kind_are_refused() {
        assert!(serde_json::from_str::<TaskParameters>(r#"{"kind":"format_disk"}"#).is_err());
    }

    #[test]
    fn kind_survives_its_name() {
        for kind in ActionKind::ALL {
            assert_eq!(ActionKind::from_name(kind.name()), Some(kind));
        }
    }
}
