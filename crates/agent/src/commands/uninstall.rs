//! `latarnik-agent uninstall`.

use super::say;
use crate::{arguments::Uninstalling, exit::NotElevated};
use anyhow::{Context, ensure};
use latarnik_agent_core::state::State;
use latarnik_platform::{
    privileges, program,
    service::{self, AGENT_NAME},
};
use std::{fs, path::Path};

pub(super) fn uninstall(arguments: &Uninstalling) -> anyhow::Result<()> {
    ensure!(privileges::is_elevated(), NotElevated);
    service::uninstall(AGENT_NAME)?;
    if !arguments.keep_state {
        remove_state(&arguments.place.state_folder)?;
    }
    program::remove().context("the program could not be removed")?;
    say("The agent is uninstalled.")
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
