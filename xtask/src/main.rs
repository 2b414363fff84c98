//! Developer commands of Latarnik: `cargo xtask --help`.
//!
//! Each command is one file. What a command starts ends with it. Nothing here is part of the
//! product, and nothing here changes the machine except by installing packages that are missing.

#![expect(
    clippy::print_stdout,
    reason = "these commands talk to the person who runs them"
)]

mod api;
mod bench;
mod browser;
mod changes;
mod children;
mod console;
mod demonstration;
mod dist;
mod http;
mod json;
mod packages;
mod postgres;
mod programs;
mod python;
mod secured;
mod stack;
mod step;
mod test;
mod tidy;
mod up;
mod windows;
mod wine;
mod workspace;

use anyhow::Result;
use clap::{Parser, Subcommand};
use programs::Build;
use std::{path::PathBuf, process::ExitCode};
use workspace::Workspace;

#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Developer commands of Latarnik"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Builds and starts everything, enrols this machine and prints where to sign in
    Up(up::Up),
    /// Installs what the tests need and runs every suite
    Test(test::Test),
    /// Checks the repository's rules
    Tidy,
    /// Takes the README's pictures anew, and one of every page
    Screenshots {
        /// Where the pictures of every page go
        #[arg(long, value_name = "DIR")]
        pictures: Option<PathBuf>,
    },
    /// Measures release programs and prints a table: the server under load, or backups
    Bench(bench::Benchmark),
    /// Builds the Windows agent
    Windows,
    /// Builds the programs as they are shipped, with their SHA-256
    Dist,
}

fn main() -> ExitCode {
    let command = Arguments::parse().command;
    match run(&command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<children::Interrupted>() => {
            step::say("\nStopped.");
            // Ctrl-C is how `up` ends.
            if matches!(command, Command::Up(_)) {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(130)
            }
        }
        Err(error) => {
            step::say(&format!("\nError: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<()> {
    children::watch_signals()?;
    let workspace = Workspace::find()?;
    match command {
        Command::Up(up) => up::run(&workspace, up),
        Command::Test(test) => test::run(&workspace, test),
        Command::Tidy => {
            let programs = programs::build(&workspace, Build::Programs)?;
            tidy::run(&workspace, &programs.server)
        }
        Command::Screenshots { pictures } => {
            let programs = programs::build(&workspace, Build::Programs)?;
            let pictures = pictures
                .clone()
                .unwrap_or_else(|| workspace.logs().join("pictures"));
            browser::take_screenshots(&workspace, &programs, &pictures)
        }
        Command::Bench(benchmark) => bench::run(&workspace, benchmark),
        Command::Windows => {
            let program = windows::build(&workspace, windows::Profile::Dev)?;
            step::say(&program.display().to_string());
            Ok(())
        }
        Command::Dist => dist::run(&workspace).map(drop),
    }
}
