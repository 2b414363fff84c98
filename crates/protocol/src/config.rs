//! What the server wants of an agent.

use crate::Fingerprint;
use jiff::Timestamp;
use latarnik_model::MaintenanceRules;
use serde::{Deserialize, Serialize};

/// `GET /agent/config`; its version is the `ETag`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentConfig {
    /// Seconds between check-ins.
    pub check_in_interval_seconds: u32,
    /// Seconds that the agent asks a long poll to stay open.
    pub long_poll_seconds: u32,
    /// Seconds between scans that the agent starts by itself; each is moved at random by up to a
    /// quarter.
    pub scan_interval_seconds: u32,
    /// Whom agents trust now. A server that does not say so expects nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<Trust>,
    /// How the machine's own source of updates should be set. A server that does not say so wants
    /// nothing changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updates: Option<UpdateSettings>,
    /// When automatic work may run. A server that does not say so lets none run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maintenance: Option<RawMaintenance>,
}

/// The windows and blackouts that bind the device, as they travel. They are read in a second step,
/// so that an agent that is older than something in them holds automatic work and does the rest of
/// what the server wants.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RawMaintenance(pub serde_json::Value);

/// Rules that this agent does not understand.
#[derive(Debug, thiserror::Error)]
#[error("the maintenance rules are of a kind that this agent does not know")]
pub struct UnusableMaintenance(#[source] serde_json::Error);

impl RawMaintenance {
    /// Rules on their way.
    #[must_use]
    pub fn new(rules: &MaintenanceRules) -> Self {
        Self(serde_json::to_value(rules).expect("rules have only string keys"))
    }

    /// Reads the content.
    ///
    /// # Errors
    /// [`UnusableMaintenance`] if anything in it is unknown or out of its range.
    pub fn read(&self) -> Result<MaintenanceRules, UnusableMaintenance> {
        MaintenanceRules::deserialize(&self.0).map_err(UnusableMaintenance)
    }
}

/// How the machine's own source of updates should be set. What is off is taken back, as far as the
/// agent did it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateSettings {
    /// Windows: updates for other products of Microsoft too (Office, SQL Server), from the service
    /// Microsoft Update.
    #[serde(default)]
    pub microsoft_update: bool,
    /// Windows: its own automatic updating rests, so that nothing is installed but what Latarnik
    /// installs.
    #[serde(default)]
    pub control_automatic_updates: bool,
    /// Languages in which titles are wanted beside the machine's own, BCP 47, such as `pl`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub title_languages: Vec<String>,
}

/// The authorities that count now.
///
/// An agent that was told of other ones with its certificate asks for a new certificate, and with it
/// for the authorities, at an instant of its own between `since` and `renewal_spread_seconds` later;
/// at once if that has passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trust {
    /// Their fingerprints; the order says nothing.
    pub authorities: Vec<Fingerprint>,
    /// Since when they are these.
    pub since: Timestamp,
    /// Seconds over which the agents spread their renewals.
    pub renewal_spread_seconds: u32,
}

impl Default for AgentConfig {
    /// What an agent does until the server says otherwise.
    fn default() -> Self {
        Self {
            check_in_interval_seconds: 60,
            long_poll_seconds: 240,
            scan_interval_seconds: 8 * 60 * 60,
            trust: None,
            updates: None,
            maintenance: None,
        }
    }
}
