//! How a failure becomes an exit code and a line on standard error.

use anyhow::Error;
use latarnik_agent_core::{engine::EngineError, enrollment::EnrollError};
use std::{
    fmt,
    io::{Write, stderr},
    process::ExitCode,
};

/// The machine is not enrolled, so that there is nothing to tell or to run.
#[derive(Debug)]
pub(crate) struct NotEnrolled;

impl fmt::Display for NotEnrolled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this machine is not enrolled: run `latarnik-agent install TOKEN`")
    }
}

impl std::error::Error for NotEnrolled {}

/// The command needs the rights of an administrator.
#[derive(Debug)]
pub(crate) struct NotElevated;

impl fmt::Display for NotElevated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("run this as an administrator (root)")
    }
}

impl std::error::Error for NotElevated {}

/// The process's exit code, after telling what went wrong.
pub(crate) fn code(result: Result<ExitCode, Error>) -> ExitCode {
    let error = match result {
        Ok(code) => return code,
        Err(error) => error,
    };
    // Nothing can be told when standard error is closed.
    let _ = writeln!(stderr(), "latarnik-agent: {error:#}");
    ExitCode::from(number(&error))
}

/// The exit code of an error.
pub(crate) fn number(error: &Error) -> u8 {
    let not_enrolled =
        error.is::<NotEnrolled>() || matches!(error.downcast_ref(), Some(EngineError::NotEnrolled));
    if not_enrolled {
        return 3;
    }
    if error.is::<NotElevated>() {
        return 6;
    }
    match error.downcast_ref() {
        Some(EnrollError::AlreadyEnrolled(_)) => 4,
        Some(EnrollError::Call(_)) => 5,
        _ => 1,
    }
}
