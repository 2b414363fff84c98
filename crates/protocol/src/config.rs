//! What the server wants of an agent.

use crate::Fingerprint;
use jiff::Timestamp;
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
        }
    }
}
