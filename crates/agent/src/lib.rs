//! The agent: the program on every managed machine.
//!
//! It wires the core to the operating system and to a person at a command line, and decides
//! nothing by itself: the logic is in `latarnik-agent-core`, the operating system in
//! `latarnik-platform`. The only clock and the only randomness of the agent are here. It reads no
//! configuration file: what it needs beyond its identity, the server tells it.

mod arguments;
mod commands;
mod exit;
mod logging;
mod system;

pub use arguments::Arguments;
pub use commands::run_foreground;
pub use system::{SystemClock, SystemRandomness};

use clap::Parser;
use std::process::ExitCode;

/// The program: reads the command line, does what it says, and tells how it went.
#[must_use]
pub fn main() -> ExitCode {
    let Arguments { command, log } = Arguments::parse();
    exit::code(commands::perform(command, log))
}
