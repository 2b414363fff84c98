//! Why a dump is not there, told by stable codes.

use serde::{Deserialize, Serialize};
use std::{error::Error, fmt, io};

/// Why a dump failed. The console and the programs translate the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DumpFailureCode {
    /// The settings make no sense.
    InvalidSettings,
    /// The program that makes the dump is not on this machine.
    ToolNotFound,
    /// User or password was refused.
    Credentials,
    /// The server does not answer.
    CannotConnect,
    /// The server went away in the middle.
    ConnectionLost,
    /// The database, or the file that holds it, does not exist.
    NoSuchDatabase,
    /// Signed in, but the user may not read everything.
    Permission,
    /// The program ended with an exit code that means failure, or was killed.
    ToolFailed,
    /// The program took longer than it may.
    TimedOut,
    /// A person or the agent ended it.
    Cancelled,
    /// The program said that all is well, but the end of the dump is missing.
    Truncated,
    /// The program said that all is well, but wrote nothing.
    Empty,
    /// The database is damaged.
    Damaged,
    /// The disk of the temporary folder, or of the server's backup folder, is full.
    NoSpace,
    /// A temporary file could not be written or read.
    TemporaryFile,
}

/// A dump that failed, with what the program said.
#[derive(Debug)]
pub struct DumpFailure {
    /// What happened.
    pub code: DumpFailureCode,
    /// The program that ran or is missing, by its name.
    pub program: Option<String>,
    /// The program's exit code; absent if a signal ended it or it never ran.
    pub exit_code: Option<i32>,
    /// The beginning and the end of what the program said on standard error, at most
    /// [`MOST_EXCERPT_BYTES`], without passwords.
    pub excerpt: String,
    source: Option<io::Error>,
}

/// Most of what a program said that a failure carries, in bytes.
pub const MOST_EXCERPT_BYTES: usize = 4096;

impl DumpFailure {
    pub(super) fn new(code: DumpFailureCode) -> Self {
        Self {
            code,
            program: None,
            exit_code: None,
            excerpt: String::new(),
            source: None,
        }
    }

    pub(super) fn invalid_settings(why: impl Into<String>) -> Self {
        Self::new(DumpFailureCode::InvalidSettings).saying(why)
    }

    /// Two dumps of a job have one name.
    pub(crate) fn same_name(name: &str) -> Self {
        Self::invalid_settings(format!("two dumps are called {name}"))
    }

    pub(super) fn of_file(source: io::Error) -> Self {
        let code = match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => DumpFailureCode::NoSpace,
            _ => DumpFailureCode::TemporaryFile,
        };
        Self::new(code).because(source)
    }

    #[must_use]
    pub(super) fn by(mut self, program: impl Into<String>) -> Self {
        self.program = Some(program.into());
        self
    }

    #[must_use]
    pub(super) fn saying(mut self, excerpt: impl Into<String>) -> Self {
        self.excerpt = excerpt.into();
        self
    }

    #[must_use]
    pub(super) fn because(mut self, source: io::Error) -> Self {
        self.source = Some(source);
        self
    }

    /// The failure behind an error that the reader of a dump answered.
    #[must_use]
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }

    /// The same once more, for a reader that is asked again.
    pub(super) fn again(&self) -> Self {
        Self {
            code: self.code,
            program: self.program.clone(),
            exit_code: self.exit_code,
            excerpt: self.excerpt.clone(),
            source: None,
        }
    }
}

impl fmt::Display for DumpFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = self.program.as_deref().unwrap_or("the dump");
        match self.code {
            DumpFailureCode::InvalidSettings => formatter.write_str("the settings make no sense"),
            DumpFailureCode::ToolNotFound => write!(formatter, "{program} was not found"),
            DumpFailureCode::Credentials => {
                write!(formatter, "{program}: user or password was refused")
            }
            DumpFailureCode::CannotConnect => {
                write!(formatter, "{program}: the server does not answer")
            }
            DumpFailureCode::ConnectionLost => {
                write!(formatter, "{program}: the server went away")
            }
            DumpFailureCode::NoSuchDatabase => {
                write!(formatter, "{program}: there is no such database")
            }
            DumpFailureCode::Permission => write!(formatter, "{program}: not permitted"),
            DumpFailureCode::ToolFailed => match self.exit_code {
                Some(code) => write!(formatter, "{program} ended with exit code {code}"),
                None => write!(formatter, "{program} was killed or could not be run"),
            },
            DumpFailureCode::TimedOut => write!(formatter, "{program} took too long"),
            DumpFailureCode::Cancelled => write!(formatter, "{program} was cancelled"),
            DumpFailureCode::Truncated => {
                write!(formatter, "{program}: the end of the dump is missing")
            }
            DumpFailureCode::Empty => write!(formatter, "{program} wrote nothing"),
            DumpFailureCode::Damaged => write!(formatter, "{program}: the database is damaged"),
            DumpFailureCode::NoSpace => write!(formatter, "{program}: the disk is full"),
            DumpFailureCode::TemporaryFile => {
                write!(formatter, "{program}: a temporary file could not be used")
            }
        }
    }
}

impl Error for DumpFailure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

impl From<DumpFailure> for io::Error {
    fn from(failure: DumpFailure) -> Self {
        Self::other(failure)
    }
}
