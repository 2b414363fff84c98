//! How a failure becomes an exit code and a line on standard error.

use anyhow::Error;
use latarnik_agent_core::{engine::EngineError, enrollment::EnrollError};
use latarnik_backup::{
    BackupError, ErrorCode,
    dumps::{DumpFailure, DumpFailureCode},
};
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

/// A backup command was done, and what it found is not as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BackupTrouble {
    /// Files could not be read or restored, or a destination is behind.
    Partial,
    /// Files of the repository are damaged.
    Damage,
    /// What came out is not what went in.
    TestFailed,
    /// A destination cannot be used.
    Unusable,
}

impl fmt::Display for BackupTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Partial => "not everything was done: see above",
            Self::Damage => "the repository is damaged",
            Self::TestFailed => "the test restore failed",
            Self::Unusable => "not every destination can be used",
        })
    }
}

impl std::error::Error for BackupTrouble {}

/// The process's exit code, after telling what went wrong.
pub(crate) fn code(result: Result<ExitCode, Error>) -> ExitCode {
    let error = match result {
        Ok(code) => return code,
        Err(error) => error,
    };
    // Nothing can be told when standard error is closed.
    let _ = writeln!(stderr(), "latarnik-agent: {error:#}");
    if let Some(failure) = failure_of_a_dump(&error) {
        for words in [failure.excerpt.trim_end(), advice(failure.code)] {
            if !words.is_empty() {
                let _ = writeln!(stderr(), "{words}");
            }
        }
    }
    ExitCode::from(number(&error))
}

/// The dump that failed, and what its program said.
fn failure_of_a_dump(error: &Error) -> Option<&DumpFailure> {
    match error.downcast_ref() {
        Some(BackupError::Dump { source, .. }) => DumpFailure::of(source),
        _ => error.downcast_ref(),
    }
}

/// What to do about it.
fn advice(code: DumpFailureCode) -> &'static str {
    match code {
        DumpFailureCode::Credentials => "Check `user` and `password` of this dump in the job.",
        DumpFailureCode::CannotConnect => {
            "Check `host` and `port` of this dump in the job, and that the server runs."
        }
        DumpFailureCode::NoSuchDatabase => "Check `databases` of this dump in the job.",
        DumpFailureCode::Permission => "Give the user the rights that the documentation names.",
        DumpFailureCode::ToolNotFound => {
            "Install the program, or name its folder as `programs` of this dump in the job."
        }
        _ => "",
    }
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
    if let Some(trouble) = error.downcast_ref() {
        return match trouble {
            BackupTrouble::Partial => 9,
            BackupTrouble::Damage | BackupTrouble::TestFailed => 10,
            BackupTrouble::Unusable => 12,
        };
    }
    match error.downcast_ref().map(BackupError::code) {
        Some(ErrorCode::Busy | ErrorCode::Locked) => return 11,
        Some(ErrorCode::Cancelled) => return 130,
        Some(ErrorCode::Damaged) => return 10,
        _ => {}
    }
    if let Some(failure) = error.downcast_ref::<DumpFailure>()
        && failure.code == DumpFailureCode::Cancelled
    {
        return 130;
    }
    match error.downcast_ref() {
        Some(EnrollError::AlreadyEnrolled(_)) => 4,
        Some(EnrollError::Call(_)) => 5,
        _ => 1,
    }
}
