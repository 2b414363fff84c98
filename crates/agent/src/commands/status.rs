//! `latarnik-agent status`.

use super::say;
use crate::{arguments::Asking, exit::NotEnrolled};
use anyhow::Context;
use jiff::Timestamp;
use latarnik_agent_core::{
    engine::{AgentStatus, Standing, read_status},
    state::{State, StateError},
};
use std::path::Path;

pub(super) fn status(arguments: &Asking) -> anyhow::Result<()> {
    let status = current(&arguments.place.state_folder)?;
    if arguments.json {
        say(&serde_json::to_string_pretty(&status).context("the status cannot be written")?)
    } else {
        say(&for_people(&status))
    }
}

/// A running agent holds its store, and then its status file is the truth. Otherwise the store is:
/// a killed agent leaves an old status file behind.
fn current(folder: &Path) -> anyhow::Result<AgentStatus> {
    anyhow::ensure!(State::exists(folder), NotEnrolled);
    let written = read_status(folder).context("the status file cannot be read")?;
    let state = match State::open(folder) {
        Ok(state) => state,
        Err(StateError::InUse { .. }) => {
            return written.context("the agent is just starting; ask again in a moment");
        }
        Err(error) => return Err(error).context("the agent's state cannot be read"),
    };
    let identity = state.identity()?.ok_or(NotEnrolled)?;
    Ok(AgentStatus {
        device_id: identity.device_id,
        gateway: identity.gateway,
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
        standing: Standing::Stopped,
        last_contact_at: written.as_ref().and_then(|status| status.last_contact_at),
        certificate_expires_at: identity.expires_at,
        spool_length: state.spool_length()?,
        running_task: None,
        written_at: written.map_or(Timestamp::UNIX_EPOCH, |status| status.written_at),
    })
}

fn for_people(status: &AgentStatus) -> String {
    let standing = match status.standing {
        Standing::Starting => "starting",
        Standing::Connected => "connected",
        Standing::Unreachable => "running, but the gateway does not answer",
        Standing::Rejected => "running, but the server does not accept this device any more",
        Standing::Stopped => "not running",
    };
    let contact = status
        .last_contact_at
        .map_or_else(|| "never".to_owned(), |at| seconds(at).to_string());
    let task = status
        .running_task
        .map_or_else(|| "none".to_owned(), |id| id.to_string());
    format!(
        "Agent             {standing} (version {})\n\
         Device            {}\n\
         Gateway           {}\n\
         Last contact      {contact}\n\
         Certificate ends  {}\n\
         Reports to send   {}\n\
         Running task      {task}",
        status.agent_version,
        status.device_id,
        status.gateway,
        seconds(status.certificate_expires_at),
        status.spool_length,
    )
}

fn seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> AgentStatus {
        serde_json::from_value(serde_json::json!({
            "device_id": "019aa000-0000-7000-8000-000000000001",
            "gateway": "rmm.example.com:8443",
            "agent_version": "0.1.0",
            "standing": "connected",
            "last_contact_at": "2026-11-23T10:00:00.123Z",
            "certificate_expires_at": "2027-02-21T10:00:00Z",
            "spool_length": 2,
            "written_at": "2026-11-23T10:00:00Z",
        }))
        .unwrap()
    }

    #[test]
    fn status_for_people() {
        insta::assert_snapshot!(for_people(&example()));
    }

    #[test]
    fn a_machine_that_is_not_enrolled_has_no_status() {
        let folder = tempfile::tempdir().unwrap();
        assert!(current(folder.path()).unwrap_err().is::<NotEnrolled>());
        drop(State::open(folder.path()).unwrap());
        assert!(current(folder.path()).unwrap_err().is::<NotEnrolled>());
    }
}
