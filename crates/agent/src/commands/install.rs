//! `latarnik-agent install`.

use super::{enroll::enroll, say};
use crate::{arguments::Enrolling, exit::NotElevated};
use anyhow::{Context, ensure};
use latarnik_agent_core::enrollment::EnrollError;
use latarnik_platform::{
    paths, privileges, program,
    service::{self, AGENT_NAME, Definition},
};
use std::path::Path;

pub(super) fn install(arguments: &Enrolling) -> anyhow::Result<()> {
    ensure!(privileges::is_elevated(), NotElevated);
    // A running agent holds the state, and its program is about to be replaced.
    if service::state(AGENT_NAME)? == service::State::Running {
        service::stop(AGENT_NAME).context("the running agent could not be stopped")?;
    }
    match enroll(arguments) {
        Ok(_) => {}
        Err(error) => match error.downcast_ref() {
            Some(EnrollError::AlreadyEnrolled(device_id)) => {
                say(&format!(
                    "This machine is enrolled already, as device {device_id}."
                ))?;
            }
            _ => return Err(error),
        },
    }
    let here = std::env::current_exe().context("this program does not know its own file")?;
    let place = program::install(&here).context("the program could not be put in its place")?;
    service::install(&definition(&place, &arguments.place.state_folder))?;
    service::start(AGENT_NAME)?;
    say(&format!(
        "The agent runs as the service {AGENT_NAME}, from {}.",
        place.display()
    ))
}

fn definition(program: &Path, state_folder: &Path) -> Definition {
    let mut arguments = vec!["run".to_owned()];
    if state_folder != paths::state_folder() {
        arguments.push("--state-folder".to_owned());
        arguments.push(state_folder.display().to_string());
    }
    Definition {
        name: AGENT_NAME.to_owned(),
        display_name: "Latarnik agent".to_owned(),
        description: "Reports pending updates to the Latarnik server and installs them when asked."
            .to_owned(),
        program: program.to_owned(),
        arguments,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_is_told_of_a_state_folder_in_another_place() {
        let usual = definition(Path::new("/bin/agent"), &paths::state_folder());
        assert_eq!(usual.arguments, ["run"]);
        let other = definition(Path::new("/bin/agent"), Path::new("/srv/state"));
        assert_eq!(other.arguments, ["run", "--state-folder", "/srv/state"]);
    }
}
