//! The `latarnik-agent` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    latarnik_agent::main()
}
