//! What a person at the machine may know while the agent runs: one small file.

use crate::state::StateError;
use jiff::Timestamp;
use latarnik_model::{DeviceId, TaskId};
use serde::{Deserialize, Serialize};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// How the agent stands with its gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// No answer yet since the agent started.
    Starting,
    /// The last call was answered.
    Connected,
    /// The last call was not.
    Unreachable,
    /// The gateway does not know this device any more.
    Rejected,
    /// The agent was stopped.
    Stopped,
}

/// The content of `status.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentStatus {
    /// The device's id.
    pub device_id: DeviceId,
    /// The gateway's address.
    pub gateway: String,
    /// The agent program's version.
    pub agent_version: String,
    /// How the agent stands with its gateway.
    pub standing: Standing,
    /// The last answer of the gateway, by the machine's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_contact_at: Option<Timestamp>,
    /// When the certificate ends.
    pub certificate_expires_at: Timestamp,
    /// Reports that the server has not confirmed.
    pub spool_length: u64,
    /// The task that runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running_task: Option<TaskId>,
    /// When this was written, by the machine's clock.
    pub written_at: Timestamp,
}

pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join("status.json")
}

/// What the agent with this state folder last wrote; `None` if it never ran.
///
/// # Errors
/// [`StateError::File`] if the file cannot be read.
pub fn read_status(folder: &Path) -> Result<Option<AgentStatus>, StateError> {
    let path = path(folder);
    match fs::read(&path) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(StateError::File { path, source }),
    }
}
