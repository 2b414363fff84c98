use super::{Body, Definition, Dispatch, Error, State};
use crate::process::{self, Finished, Program};
use latarnik_agent_core::CancelSignal;
use std::{fmt::Write, fs, io, path::PathBuf, time::Duration};

pub(super) const AGENT_NAME: &str = "latarnik-agent";

/// An agent that is amid an installation is given time; see `TimeoutStopSec` below.
const LIMIT: Duration = Duration::from_secs(120);

pub(super) fn install(definition: &Definition) -> Result<(), Error> {
    let path = unit_file(&definition.name);
    fs::write(&path, unit(definition)).map_err(|source| Error::File { path, source })?;
    manage("install", &definition.name, &["daemon-reload"])?;
    manage("install", &definition.name, &["enable", &definition.name])
}

pub(super) fn uninstall(name: &str) -> Result<(), Error> {
    let path = unit_file(name);
    if !path.exists() {
        return Ok(());
    }
    manage("uninstall", name, &["disable", "--now", name])?;
    match fs::remove_file(&path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            return Err(Error::File { path, source });
        }
        _ => {}
    }
    manage("uninstall", name, &["daemon-reload"])
}

pub(super) fn start(name: &str) -> Result<(), Error> {
    manage("start", name, &["start", name])
}

pub(super) fn stop(name: &str) -> Result<(), Error> {
    manage("stop", name, &["stop", name])
}

pub(super) fn state(name: &str) -> Result<State, Error> {
    if !unit_file(name).exists() {
        return Ok(State::NotInstalled);
    }
    let finished = systemctl("query", name, &["is-active", name])?;
    Ok(match finished.output.stdout.trim() {
        "active" => State::Running,
        "activating" | "deactivating" | "reloading" => State::Changing,
        _ => State::Stopped,
    })
}

pub(super) fn dispatch(_name: &str, body: Body) -> Result<Dispatch, Error> {
    Ok(Dispatch::NotStartedAsService(body))
}

fn unit_file(name: &str) -> PathBuf {
    PathBuf::from(format!("/etc/systemd/system/{name}.service"))
}

/// The unit is as strict as installing packages allows: a package may write anywhere, bring
/// programs that run with their owner's rights, run programs of another architecture, and load or
/// look for kernel modules, so none of that is shut off. The usual umask is kept for the same
/// reason. Stopping the agent ends the agent alone: a package manager that is killed half-way
/// leaves a machine that may not start again.
fn unit(definition: &Definition) -> String {
    let mut command = quoted(&definition.program.to_string_lossy());
    for argument in &definition.arguments {
        let _ = write!(command, " {}", quoted(argument));
    }
    format!(
        "\
# Written by the agent's installation; changes are lost with the next one.
[Unit]
Description={description}
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart={command}
Restart=always
RestartSec=5
KillMode=process
TimeoutStopSec=90
StateDirectory=latarnik-agent
StateDirectoryMode=0700
OOMPolicy=continue
LimitCORE=0
LockPersonality=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
RestrictRealtime=yes

[Install]
WantedBy=multi-user.target
",
        description = definition.description,
    )
}

/// systemd's own quoting: `%` begins a specifier and `$` a variable.
fn quoted(argument: &str) -> String {
    let escaped = argument
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('%', "%%")
        .replace('$', "$$");
    if escaped
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "-_./=:,+@".contains(c))
    {
        escaped
    } else {
        format!("\"{escaped}\"")
    }
}

fn manage(action: &'static str, name: &str, arguments: &[&str]) -> Result<(), Error> {
    let finished = systemctl(action, name, arguments)?;
    if finished.exit_code == Some(0) {
        return Ok(());
    }
    let detail = finished.output.stderr.trim().to_owned();
    Err(Error::Refused {
        action,
        name: name.to_owned(),
        detail,
    })
}

fn systemctl(action: &'static str, name: &str, arguments: &[&str]) -> Result<Finished, Error> {
    Program::new("systemctl")
        .args(arguments)
        .timeout(LIMIT)
        .output(&CancelSignal::default())
        .map(|(finished, _)| finished)
        .map_err(|error| match error {
            process::Error::NotFound { .. } => Error::NoServiceManager { manager: "systemd" },
            process::Error::TimedOut { timeout, .. } => Error::TooSlow {
                action,
                name: name.to_owned(),
                seconds: timeout.as_secs(),
            },
            other => Error::Refused {
                action,
                name: name.to_owned(),
                detail: other.to_string(),
            },
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_never_changes_unnoticed() {
        let definition = Definition {
            name: "latarnik-agent".to_owned(),
            display_name: "Latarnik Agent".to_owned(),
            description: "Latarnik agent: looks after this machine's updates".to_owned(),
            program: PathBuf::from("/usr/local/bin/latarnik-agent"),
            arguments: vec![
                "run".to_owned(),
                "--state-folder".to_owned(),
                "/srv/100% \"agent\" $HOME".to_owned(),
            ],
        };
        insta::assert_snapshot!(unit(&definition));
    }

    #[test]
    fn a_service_that_is_not_there_is_told_so() {
        assert_eq!(
            state("latarnik-no-such-service").unwrap(),
            State::NotInstalled
        );
        uninstall("latarnik-no-such-service").unwrap();
    }
}
