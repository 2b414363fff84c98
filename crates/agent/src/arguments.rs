//! The command line.

pub(crate) mod backup;

use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;
use latarnik_platform::{Machine, paths};
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  something failed; standard error says what
  2  the command line is not understood
  3  this machine is not enrolled
  4  this machine is enrolled already
  5  the gateway refused, or could not be reached
  6  the rights of an administrator are needed
  7  no restart counts down (of `restart`)
  8  what was asked cannot be had (of `restart`)";
const RESTART_HELP: &str = "\
Whoever is signed in to this machine, and its administrator, may ask. An answer counts
for all: a postponement puts the restart off for everybody, and as often as was allowed;
at once has it only who is the only one signed in.

Exit codes:
  0  a restart counts down (status), or it was done
  1  the agent does not answer
  2  the command line is not understood
  7  no restart counts down
  8  it cannot be had: no postponement is left, others are signed in, or whoever asks is not";

/// Keeps this machine in the care of a Latarnik server: reports its pending updates, installs and
/// restarts when asked to.
#[derive(Debug, Parser)]
#[command(name = "latarnik-agent", version, after_help = EXIT_CODES)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// What to log: a level (error, warn, info, debug, trace) or a filter such as
    /// `info,latarnik_agent_core=debug`.
    #[arg(
        long,
        global = true,
        env = "LATARNIK_AGENT_LOG",
        default_value = "info",
        value_name = "FILTER"
    )]
    pub(crate) log: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Puts this program in its place, enrols the machine and starts the service.
    ///
    /// Safe to repeat: an enrolled machine stays the device that it is, and gets this version of
    /// the program.
    Install(Enrolling),
    /// Stops and removes the service, the program and all that it kept.
    ///
    /// The device stays in the console until somebody removes it there.
    Uninstall(Uninstalling),
    /// Enrols the machine without installing anything.
    ///
    /// Safe to repeat after a failure: the server then still sees one device.
    Enroll(Enrolling),
    /// Runs the agent until it is asked to stop. The service does this.
    Run(Running),
    /// Tells how the agent on this machine is.
    Status(Asking),
    /// Tells how a restart of this machine stands, and answers its notice.
    #[command(after_help = RESTART_HELP)]
    Restart(Answering),
    /// Backs up, restores and proves backups, also on a machine that never saw a server.
    Backup(backup::BackingUp),
    /// Shows a person that the machine restarts. The service starts this in each session.
    #[command(hide = true)]
    Notice(Noticing),
}

#[derive(Debug, Args)]
pub(crate) struct Place {
    /// Where the agent keeps its identity, journal and reports.
    #[arg(
        long,
        env = "LATARNIK_AGENT_STATE_FOLDER",
        default_value_os_t = paths::state_folder(),
        value_name = "DIR"
    )]
    pub(crate) state_folder: PathBuf,
    /// A folder that stands for the machine, for tests.
    #[arg(
        long,
        env = "LATARNIK_AGENT_MACHINE_FOLDER",
        hide = true,
        value_name = "DIR"
    )]
    pub(crate) machine_folder: Option<PathBuf>,
}

impl Place {
    pub(crate) fn machine(&self) -> Machine {
        self.machine_folder
            .clone()
            .map_or_else(Machine::this, Machine::in_folder)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Enrolling {
    /// The enrollment token from the console: one line that begins with `latarnik1.`
    #[arg(env = "LATARNIK_AGENT_TOKEN", hide_env_values = true)]
    pub(crate) token: String,
    /// Enrol anew even if the machine is enrolled: it becomes another device.
    #[arg(long)]
    pub(crate) replace: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, Args)]
pub(crate) struct Uninstalling {
    /// Leave the state folder, with the identity in it, where it is.
    #[arg(long)]
    pub(crate) keep_state: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, Args)]
pub(crate) struct Running {
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, Args)]
pub(crate) struct Asking {
    /// As JSON, for programs.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, Args)]
pub(crate) struct Answering {
    #[command(subcommand)]
    pub(crate) answer: RestartAnswer,
    /// A folder that stands for the machine, for tests.
    #[arg(
        long,
        global = true,
        env = "LATARNIK_AGENT_MACHINE_FOLDER",
        hide = true,
        value_name = "DIR"
    )]
    pub(crate) machine_folder: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum RestartAnswer {
    /// Tells when the machine restarts, who asked for it, and what may be answered.
    Status,
    /// Puts the restart off, by as much as whoever asked for it allows.
    Postpone,
    /// Has the restart at once.
    Now,
}

#[derive(Debug, Args)]
pub(crate) struct Noticing {
    /// When the machine restarts.
    #[arg(long)]
    pub(crate) until: Timestamp,
    /// By how much a postponement puts it off.
    #[arg(long, requires = "left")]
    pub(crate) minutes: Option<u16>,
    /// How many postponements are left.
    #[arg(long, requires = "minutes")]
    pub(crate) left: Option<u8>,
    /// Whether the person may have it at once.
    #[arg(long)]
    pub(crate) restart_now: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    /// Help without what differs between systems.
    fn help(command: &mut clap::Command) -> String {
        let text = command.render_long_help().to_string();
        text.replace(
            &paths::state_folder().display().to_string(),
            "<state folder>",
        )
    }

    #[test]
    fn help_of_the_program() {
        insta::assert_snapshot!(help(&mut Arguments::command()));
    }

    #[test]
    fn help_of_restart() {
        let mut command = Arguments::command();
        insta::assert_snapshot!(help(command.find_subcommand_mut("restart").unwrap()));
    }

    #[test]
    fn help_of_backup() {
        let mut command = Arguments::command();
        insta::assert_snapshot!(help(command.find_subcommand_mut("backup").unwrap()));
    }

    #[test]
    fn help_of_backup_keys() {
        let mut command = Arguments::command();
        let backup = command.find_subcommand_mut("backup").unwrap();
        let keys = backup.find_subcommand_mut("keys").unwrap();
        let mut text = help(keys);
        for name in ["list", "add", "remove", "rotate"] {
            text.push_str(&format!("\n--- {name}\n"));
            text.push_str(&help(keys.find_subcommand_mut(name).unwrap()));
        }
        insta::assert_snapshot!(text);
    }

    #[test]
    fn help_of_enroll() {
        let mut command = Arguments::command();
        insta::assert_snapshot!(help(command.find_subcommand_mut("enroll").unwrap()));
    }
}
