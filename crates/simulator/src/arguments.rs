//! The command line.

use clap::{Parser, ValueEnum};
use std::{path::PathBuf, time::Duration};

/// Runs a fleet of simulated agents against a Latarnik gateway.
///
/// Each agent registers with the enrollment token, connects over mutual TLS, checks in, waits for
/// tasks and works on them: a scan takes seconds and changes what is offered, an installation
/// reports progress and sometimes fails, a restart clears the signals. The same seed makes the same
/// machines. As soon as every agent is connected, standard output says so in one line of JSON:
/// `{"state":"connected","agents":N}`. Ends with Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "latarnik-simulator", version)]
pub(crate) struct Arguments {
    /// How many agents to run.
    #[arg(long, value_name = "N")]
    pub(crate) agents: u32,

    /// The enrollment token: needs as many uses as there are agents that have no identity yet.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "LATARNIK_ENROLLMENT_TOKEN",
        hide_env_values = true
    )]
    pub(crate) token: String,

    /// Where the agents keep their identities, so that a second run is the same devices again.
    /// Without it every run registers new devices.
    #[arg(long, value_name = "DIR")]
    pub(crate) state_folder: Option<PathBuf>,

    /// What the machines are made from.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,

    /// Measures instead of playing a fleet. The result is one more line of JSON on standard output.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) measure: Option<Measure>,

    /// How long to measure, in seconds.
    #[arg(long, value_name = "T", default_value_t = 30, requires = "measure")]
    pub(crate) seconds: u64,

    /// Ends `action-to-start` as soon as this many tasks were read.
    #[arg(long, value_name = "M", requires = "measure")]
    pub(crate) tasks: Option<usize>,

    /// How many agents register or connect at a time.
    #[arg(long, value_name = "K", default_value_t = 32)]
    pub(crate) concurrency: usize,
}

/// What to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Measure {
    /// Every agent checks in again as soon as the answer is there: check-ins per second at
    /// saturation.
    CheckIns,
    /// Every agent waits for tasks and ends each at once: time from the server making the task
    /// (the instant in its id) to the agent reading it. Something else must make the tasks.
    ActionToStart,
}

impl Arguments {
    /// How long to measure.
    pub(crate) const fn duration(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}
