//! What a person at the machine may know while the agent runs: one small file.

use super::maintenance::View;
use crate::{
    KnownRules,
    state::{StateError, Wait},
    verdict_line,
};
use jiff::Timestamp;
use latarnik_model::{ActionKind, DeviceId, MaintenanceAction, TaskId, WaitReason};
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
    /// Its maintenance windows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maintenance: Option<MaintenanceStatus>,
    /// When this was written, by the machine's clock.
    pub written_at: Timestamp,
}

/// How the agent stands with its maintenance windows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaintenanceStatus {
    /// What it knows of the rules.
    pub rules: RulesStanding,
    /// Since when it has these, by the machine's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules_since: Option<Timestamp>,
    /// The machine's IANA time zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Whether the server's time is known.
    pub clock: ClockStanding,
    /// What the rules say of each kind of work; nothing without rules or time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<ActionStatus>,
    /// Tasks that wait.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<WaitingTask>,
}

/// What the agent knows of the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RulesStanding {
    /// The server never sent any, or has none.
    Missing,
    /// The agent is older than they are.
    Unreadable,
    /// They are kept.
    Known,
}

/// What the agent knows of the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockStanding {
    /// The server has not told it, or the machine's clock has fallen behind since.
    Unknown,
    /// The server told it.
    Known,
}

/// What the rules say of one kind of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionStatus {
    /// Which.
    pub action: MaintenanceAction,
    /// Whether it may run.
    pub open: bool,
    /// Why, in one line.
    pub because: String,
    /// The next openings in device time, with the offset.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub openings: Vec<OpeningStatus>,
}

/// When work may run, in device time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpeningStatus {
    /// From then on; absent for one that is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Until then; absent if there is no end in sight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// A task that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingTask {
    /// Which.
    pub task_id: TaskId,
    /// Its kind.
    pub kind: ActionKind,
    /// When it is expected to begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// What it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<WaitReason>,
}

/// How it stands now. An opening that is open has no beginning here, so that this changes only when
/// something does.
pub(super) fn maintenance(
    view: &View,
    waiting: &[(TaskId, ActionKind, Wait)],
) -> MaintenanceStatus {
    let knowledge = &view.maintenance;
    let actions = MaintenanceAction::ALL.into_iter().filter_map(|action| {
        let explanation = view.gate().explain(action, view.known_now?)?;
        let openings = explanation.openings.iter().map(|opening| {
            let is_open = opening.opening.start <= explanation.at;
            OpeningStatus {
                from: (!is_open).then(|| opening.local_start()),
                until: opening.local_end(),
            }
        });
        Some(ActionStatus {
            action,
            open: explanation.open,
            because: verdict_line(&explanation),
            openings: openings.collect(),
        })
    });
    MaintenanceStatus {
        rules: match &*knowledge.rules {
            KnownRules::Missing => RulesStanding::Missing,
            KnownRules::Unreadable => RulesStanding::Unreadable,
            KnownRules::Known(_) => RulesStanding::Known,
        },
        rules_since: knowledge.rules_since,
        time_zone: knowledge.zone.clone(),
        clock: match view.known_now {
            Some(_) => ClockStanding::Known,
            None => ClockStanding::Unknown,
        },
        actions: actions.collect(),
        waiting: waiting
            .iter()
            .map(|(task_id, kind, wait)| WaitingTask {
                task_id: *task_id,
                kind: *kind,
                until: wait.until,
                reason: wait.reason,
            })
            .collect(),
    }
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
