//! The heartbeat and what travels with it.

use crate::InventoryReport;
use jiff::Timestamp;
use latarnik_model::{OsFamily, ReasonCode, RestartSignal};
use serde::{Deserialize, Serialize};

/// What is known of a machine. Sent with the registration, and again whenever it changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The machine's name.
    pub hostname: String,
    /// Kind of operating system.
    pub os_family: OsFamily,
    /// The system's own name, such as `Debian GNU/Linux 12 (bookworm)`.
    pub os_name: String,
    /// Version or build, such as `12.5` or `10.0.26100.2314`.
    pub os_version: String,
    /// `x86_64` or `aarch64`.
    pub architecture: String,
    /// The agent program's version.
    pub agent_version: String,
    /// The machine's IANA time zone; absent when unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

/// The last look for updates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanReport {
    /// When the last attempt ended.
    pub attempted_at: Timestamp,
    /// When the last successful one ended; the inventory of updates is from then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub succeeded_at: Option<Timestamp>,
    /// Counts the device's successful ones upwards from 1; evidence names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// The start of the machine during which the last attempt ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot_id: Option<String>,
    /// Why the last attempt failed; absent when it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ReasonCode>,
    /// The system's own code for that, such as `0x8024402C` or an exit code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_detail: Option<String>,
}

/// What the machine says about a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestartReport {
    /// Every signal that stands.
    pub signals: Vec<RestartSignal>,
    /// When a promised restart will happen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<Timestamp>,
    /// How often the people at the machine have put it off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postponed: Option<u8>,
}

/// The restart that the machine came out of, if the system knows who asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastRestart {
    /// When it was asked for, by the machine's clock.
    pub at: Timestamp,
    /// The account, such as `NT AUTHORITY\SYSTEM`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The program that asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<String>,
    /// The system's code for the reason, such as `0x80020011`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the program said to the people at the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// How much time work needs on this machine: an opening of a maintenance window that is shorter
/// lets none begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkNeedsReport {
    /// To begin an installation: its search and one update.
    pub update_seconds: u64,
    /// For a restart, until the agent is back; its delay comes to it.
    pub restart_seconds: u64,
}

/// `POST /agent/metrics`: sent at the configured interval and after every change.
///
/// Absent parts mean "as before".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckInRequest {
    /// The agent's clock when it wrote this.
    pub sent_at: Timestamp,
    /// Changes with every start of the machine.
    pub boot_id: String,
    /// When the machine started, by its own clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booted_at: Option<Timestamp>,
    /// Facts that changed (or all of them after a start of the agent).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<Facts>,
    /// The last look for updates, when it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan: Option<ScanReport>,
    /// The inventory of updates of the last successful scan; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updates: Option<InventoryReport>,
    /// Restart signals, when they changed (or after a start of the agent).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart: Option<RestartReport>,
    /// Who restarted the machine last, once after a start of the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_restart: Option<LastRestart>,
    /// How much time work needs, when that changed (or after a start of the agent).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<WorkNeedsReport>,
}

/// The answer to a check-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckInResponse {
    /// The server's clock.
    pub server_time: Timestamp,
    /// The `ETag` of the configuration as it is now.
    pub config_etag: String,
    /// The server lacks the base of the inventory: send it in full with the next check-in, soon.
    #[serde(default)]
    pub resend_updates: bool,
    /// The server lacks facts, scan or restart signals: send them with the next check-in, soon.
    #[serde(default)]
    pub resend_facts: bool,
}
