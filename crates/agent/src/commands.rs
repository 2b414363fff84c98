//! One file for each thing that the program does.

mod backup;
mod enroll;
mod install;
mod notice;
mod restart;
mod run;
mod status;
mod uninstall;

pub use run::run_foreground;

use crate::{arguments::Command, logging};
use anyhow::Context;
use latarnik_agent_core::state::State;
use latarnik_platform::private_folder;
use std::{
    io::{Write, stdout},
    path::Path,
    process::ExitCode,
};

/// Does what the command line says; `filter` is what to log.
pub(crate) fn perform(command: Command, filter: String) -> anyhow::Result<ExitCode> {
    // Only the run knows whether it is a service, and thus where its log goes.
    if !matches!(command, Command::Run(_)) {
        logging::to_stderr(&filter);
    }
    match command {
        Command::Install(arguments) => install::install(&arguments),
        Command::Uninstall(arguments) => uninstall::uninstall(&arguments),
        Command::Enroll(arguments) => enroll::enroll(&arguments).map(drop),
        Command::Run(arguments) => run::run(arguments, filter),
        Command::Status(arguments) => status::status(&arguments),
        Command::Restart(arguments) => return restart::restart(&arguments),
        Command::Backup(arguments) => return backup::backup(&arguments),
        Command::Notice(arguments) => return Ok(notice::notice(&arguments)),
    }
    .map(|()| ExitCode::SUCCESS)
}

/// The state, in a folder that only the system may read.
fn open_state(folder: &Path) -> anyhow::Result<State> {
    private_folder::create(folder)
        .with_context(|| format!("the state folder {} cannot be made", folder.display()))?;
    State::open(folder).context("the agent's state cannot be opened")
}

/// Tells a person something on standard output.
fn say(text: &str) -> anyhow::Result<()> {
    writeln!(stdout(), "{text}").context("standard output is closed")
}
