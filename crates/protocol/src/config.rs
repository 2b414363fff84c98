//! What the server wants of an agent.

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
}

impl Default for AgentConfig {
    /// What an agent does until the server says otherwise.
    fn default() -> Self {
        Self {
            check_in_interval_seconds: 60,
            long_poll_seconds: 240,
            scan_interval_seconds: 8 * 60 * 60,
        }
    }
}
