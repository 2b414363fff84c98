//! The machine that the agent looks after.

use crate::{
    machine_state,
    people::{self, Inquiry, Reply, SilenceError},
    power, steady_clock, updates,
};
use latarnik_agent_core::{MachineState, People, Power, SteadyClock, Updates};
use latarnik_model::Clock;
use std::{path::PathBuf, sync::Arc};

/// The machine that the agent looks after: this one, or a folder that stands for one.
#[derive(Debug, Clone)]
pub struct Machine {
    folder: Option<PathBuf>,
}

impl Machine {
    /// The machine that the program runs on.
    #[must_use]
    pub const fn this() -> Self {
        Self { folder: None }
    }

    /// A folder that stands for a Linux machine, so that a test can let the unmodified agent
    /// install updates without touching the machine it runs on. Inside it: `apt.conf` (handed to
    /// apt as `APT_CONFIG`), `run/reboot-required`, `etc/os-release` and so on; a restart is only
    /// noted in `restarts`, a notice on a desktop in `notices` (and answered by the file `answer`). On Windows the folder is ignored: a Wine prefix is the test's machine.
    #[must_use]
    pub const fn in_folder(folder: PathBuf) -> Self {
        Self {
            folder: Some(folder),
        }
    }

    /// Its source of operating-system updates.
    #[must_use]
    pub fn updates(&self) -> Arc<dyn Updates> {
        Arc::new(updates::open(self.folder.as_deref()))
    }

    /// Its restart signals and its power switch.
    #[must_use]
    pub fn power(&self) -> Arc<dyn Power> {
        Arc::new(power::open(self.folder.as_deref()))
    }

    /// The people who are signed in to it; the clock counts down before their eyes.
    #[must_use]
    pub fn people(&self, clock: Arc<dyn Clock>) -> Arc<dyn People> {
        Arc::new(people::open(self.folder.as_deref(), clock))
    }

    /// Asks the agent that runs on it how a restart stands, or answers its notice.
    ///
    /// # Errors
    /// If no agent answers.
    pub fn inquire(&self, inquiry: Inquiry) -> Result<Reply, SilenceError> {
        people::ask(self.folder.as_deref(), inquiry)
    }

    /// A clock that nobody sets.
    #[must_use]
    pub fn steady_clock(&self) -> Arc<dyn SteadyClock> {
        Arc::new(steady_clock::SinceBoot)
    }

    /// What can be told about it.
    #[must_use]
    pub fn state(&self, agent_version: &str) -> Arc<dyn MachineState> {
        Arc::new(machine_state::open(self.folder.as_deref(), agent_version))
    }
}
