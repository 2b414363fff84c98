//! `latarnik-agent status`.

use super::say;
use crate::{arguments::Asking, exit::NotEnrolled};
use anyhow::Context;
use jiff::Timestamp;
use latarnik_agent_core::{
    engine::{AgentStatus, ClockStanding, MaintenanceStatus, RulesStanding, Standing, read_status},
    state::{State, StateError},
};
use latarnik_model::{MaintenanceAction, WaitReason};
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
        maintenance: written
            .as_ref()
            .and_then(|status| status.maintenance.clone()),
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
    let mut text = format!(
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
    );
    if let Some(maintenance) = &status.maintenance {
        text.push_str("\n\n");
        text.push_str(&windows_for_people(maintenance, status.written_at));
    }
    text
}

/// The maintenance windows as the agent knew them when it wrote its status.
fn windows_for_people(maintenance: &MaintenanceStatus, written_at: Timestamp) -> String {
    let since = maintenance
        .rules_since
        .map_or_else(String::new, |at| format!(", since {}", seconds(at)));
    let rules = match maintenance.rules {
        RulesStanding::Known => "known",
        RulesStanding::Missing => "none came from the server; automatic work waits",
        RulesStanding::Unreadable => {
            "newer than this agent, which cannot read them; automatic work waits"
        }
    };
    let mut lines = vec![
        format!("Windows           {rules}{since}"),
        format!("As of             {}", seconds(written_at)),
        format!(
            "Time zone         {}",
            maintenance.time_zone.as_deref().unwrap_or("unknown")
        ),
    ];
    if maintenance.clock == ClockStanding::Unknown {
        lines.push("Server's time     unknown; automatic work waits".to_owned());
    }
    for action in &maintenance.actions {
        let name = match action.action {
            MaintenanceAction::Update => "Updates",
            MaintenanceAction::Restart => "Restarts",
            MaintenanceAction::Backup => "Backups",
        };
        lines.push(format!("{name:<17} {}", action.because));
        for opening in &action.openings {
            let from = opening.from.as_deref().unwrap_or("now");
            let until = opening.until.as_deref().unwrap_or("no end in sight");
            lines.push(format!("                  {from} to {until}"));
        }
    }
    for task in &maintenance.waiting {
        let until = match task.until {
            Some(until) => format!("until {}", seconds(until)),
            None => "until nobody knows when".to_owned(),
        };
        let reason = task.reason.map_or("", waits_for);
        lines.push(format!(
            "Waiting task      {} ({}) {until}{reason}",
            task.task_id,
            task.kind.name()
        ));
    }
    lines.join("\n")
}

const fn waits_for(reason: WaitReason) -> &'static str {
    match reason {
        WaitReason::StartTime => ", for its time",
        WaitReason::Window => ", for a window",
        WaitReason::Blackout => ", for the end of a blackout",
        WaitReason::WindowDefinition => ", for a window to be defined",
        WaitReason::LongerWindow => ", for a longer window",
        WaitReason::ClockUnknown => ", for the server's time",
        WaitReason::RulesUnknown => ", for rules that can be read",
        WaitReason::Other => "",
    }
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
    fn windows_and_what_waits_for_them_are_told() {
        let maintenance = serde_json::json!({
            "rules": "known",
            "rules_since": "2026-11-20T08:00:00Z",
            "time_zone": "Europe/Warsaw",
            "clock": "known",
            "actions": [{
                "action": "update",
                "open": false,
                "because": "closed, tenant's window \"Noc\" opens 2026-11-23T21:00:00Z, next opening 2026-11-23T22:00:00+01:00 (Europe/Warsaw)",
                "openings": [
                    {"from": "2026-11-23T22:00:00+01:00", "until": "2026-11-24T02:00:00+01:00"}
                ],
            }, {
                "action": "backup",
                "open": true,
                "because": "open, no window is in force",
                "openings": [{}],
            }],
            "waiting": [{
                "task_id": "019aa000-0000-7000-8000-000000000002",
                "kind": "install_updates",
                "until": "2026-11-23T21:00:00Z",
                "reason": "window",
            }],
        });
        let known: MaintenanceStatus = serde_json::from_value(maintenance).unwrap();
        let text = windows_for_people(&known, Timestamp::UNIX_EPOCH);
        let expected = [
            "Windows           known, since 2026-11-20T08:00:00Z",
            "As of             1970-01-01T00:00:00Z",
            "Time zone         Europe/Warsaw",
            "Updates           closed, tenant's window \"Noc\" opens 2026-11-23T21:00:00Z, next opening 2026-11-23T22:00:00+01:00 (Europe/Warsaw)",
            "                  2026-11-23T22:00:00+01:00 to 2026-11-24T02:00:00+01:00",
            "Backups           open, no window is in force",
            "                  now to no end in sight",
            "Waiting task      019aa000-0000-7000-8000-000000000002 (install_updates) until 2026-11-23T21:00:00Z, for a window",
        ];
        assert_eq!(text, expected.join("\n"));
        let unknown = MaintenanceStatus {
            rules: RulesStanding::Unreadable,
            time_zone: None,
            clock: ClockStanding::Unknown,
            actions: Vec::new(),
            waiting: Vec::new(),
            ..known
        };
        let text = windows_for_people(&unknown, Timestamp::UNIX_EPOCH);
        let expected = [
            "Windows           newer than this agent, which cannot read them; automatic work waits, since 2026-11-20T08:00:00Z",
            "As of             1970-01-01T00:00:00Z",
            "Time zone         unknown",
            "Server's time     unknown; automatic work waits",
        ];
        assert_eq!(text, expected.join("\n"));
    }

    #[test]
    fn a_machine_that_is_not_enrolled_has_no_status() {
        let folder = tempfile::tempdir().unwrap();
        assert!(current(folder.path()).unwrap_err().is::<NotEnrolled>());
        drop(State::open(folder.path()).unwrap());
        assert!(current(folder.path()).unwrap_err().is::<NotEnrolled>());
    }
}
