//! What the kernel says of programs that have ended, by GNU time.

use crate::children;
use anyhow::{Context, Result};
use std::{fs, path::Path, process::Command};

/// What some programs needed, one after the other.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Measured {
    pub(super) wall_seconds: f64,
    pub(super) cpu_seconds: f64,
    /// The most that one of them had in memory.
    pub(super) peak_bytes: u64,
}

/// Runs programs one after the other.
pub(super) fn measure(commands: Vec<Command>, folder: &Path) -> Result<Measured> {
    let report = folder.join("time");
    let mut sum = Measured::default();
    for command in commands {
        let mut time = Command::new("time");
        time.args(["--format", "%e %U %S %M", "--output"])
            .arg(&report)
            .arg(command.get_program())
            .args(command.get_args());
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                time.env(name, value);
            }
        }
        children::capture(time)?;
        let text = fs::read_to_string(&report).context("could not read what time tells")?;
        let one = parse(&text).with_context(|| format!("time tells {text:?}"))?;
        sum.wall_seconds += one.wall_seconds;
        sum.cpu_seconds += one.cpu_seconds;
        sum.peak_bytes = sum.peak_bytes.max(one.peak_bytes);
    }
    Ok(sum)
}

fn parse(text: &str) -> Option<Measured> {
    let numbers: Vec<f64> = text
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    let [wall, user, system, kibibytes] = numbers.try_into().ok()?;
    Some(Measured {
        wall_seconds: wall,
        cpu_seconds: user + system,
        peak_bytes: kibibytes as u64 * 1024,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_that_of_program_and_system() {
        assert_eq!(
            parse("2.50 1.25 0.50 2048\n"),
            Some(Measured {
                wall_seconds: 2.5,
                cpu_seconds: 1.75,
                peak_bytes: 2_097_152
            })
        );
        assert_eq!(parse("Command exited with non-zero status 1\n"), None);
    }
}
