//! `latarnik-agent uninstall`.

use super::say;
use crate::{arguments::Uninstalling, exit::NotElevated};
use anyhow::{Context, ensure};
use latarnik_agent_core::{UpdateSettings, state::State};
use latarnik_platform::{
    Machine, privileges, program,
    service::{self, AGENT_NAME},
};
use std::{fs, path::Path};

pub(super) fn uninstall(arguments: &Uninstalling) -> anyhow::Result<()> {
    ensure!(privileges::is_elevated(), NotElevated);
    service::uninstall(AGENT_NAME)?;
    give_back(&arguments.place.machine());
    if !arguments.keep_state {
        remove_state(&arguments.place.state_folder)?;
    }
    program::remove().context("the program could not be removed")?;
    say("The agent is uninstalled.")
}

/// Undoes what the agent set in the machine's source of updates. It is worth a warning and does not
/// keep the agent on the machine.
fn give_back(machine: &Machine) {
    if let Err(error) = machine.updates().apply(&UpdateSettings::default()) {
        tracing::warn!(%error, "the settings of the machine's updates are not as they were before");
    }
}

/// Removes the folder only if an agent's state is in it: a mistyped path must not cost anything
/// else.
fn remove_state(folder: &Path) -> anyhow::Result<()> {
    if !State::exists(folder) {
        return Ok(());
    }
    fs::remove_dir_all(folder)
        .with_context(|| format!("the state folder {} could not be removed", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_a_state_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("thesis.odt");
        fs::write(&file, "years of work").unwrap();
        remove_state(folder.path()).unwrap();
        assert!(file.exists());
    }

    #[test]
    fn a_state_is_removed_with_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        fs::create_dir(&state).unwrap();
        drop(State::open(&state).unwrap());
        remove_state(&state).unwrap();
        assert!(!state.exists());
    }
}
