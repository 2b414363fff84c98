//! What can go wrong with a backup, told by stable codes.

use crate::{job::InvalidJob, shadow_copies::Live};
use latarnik_destinations::{Failure, FailureCode};
use rustic_core::RusticError;
use serde::{Deserialize, Serialize};
use std::{error::Error as _, io, path::PathBuf};

/// The engine's result.
pub type Result<T, E = BackupError> = std::result::Result<T, E>;

/// Why an operation of the engine failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// A destination failed; of several, the last that was left.
    #[error("a destination failed")]
    Destination(#[source] Failure),
    /// There is no repository at the destinations.
    #[error("there is no repository at {location}")]
    NoRepository {
        /// Where it was looked for.
        location: String,
    },
    /// Another repository than that of the other destinations lies there.
    #[error("another repository lies at {location}")]
    OtherRepository {
        /// Where.
        location: String,
    },
    /// The password opens none of the keys.
    #[error("the password does not open the repository")]
    WrongPassword,
    /// Another program works with the repository.
    #[error("the repository is locked by process {process} on {host} since {since}")]
    Locked {
        /// Its machine.
        host: String,
        /// Its process.
        process: u32,
        /// Since when, in UTC.
        since: jiff::Timestamp,
    },
    /// Another run of the same job on this machine works at the moment.
    #[error("another run of this job is at work on this machine")]
    Busy,
    /// It was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// A snapshot does not exist.
    #[error("there is no snapshot {wanted}")]
    NoSnapshot {
        /// What was asked for.
        wanted: String,
    },
    /// Without these snapshots there would be none.
    #[error("the last snapshot is not deleted")]
    LastSnapshot,
    /// The repository was deleted since no snapshot was left in it, or is being deleted.
    #[error("the repository was deleted")]
    Deleted,
    /// There is no such key, or more than one begins like this.
    #[error("no key, or more than one, is called {wanted}")]
    NoKey {
        /// What was asked for.
        wanted: String,
    },
    /// The key is the one that opened the repository.
    #[error("the password in use is not removed: rotate it")]
    KeyInUse,
    /// Something is wrong with one generation of several.
    #[error("generation {number}")]
    Generation {
        /// Which one.
        number: u32,
        /// What is wrong.
        #[source]
        source: Box<BackupError>,
    },
    /// The job's own settings are wrong.
    #[error(transparent)]
    Job(#[from] InvalidJob),
    /// The sources could not be read at all.
    #[error("the source {} cannot be read", .path.display())]
    Source {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The job requires shadow copies, and a folder is in none.
    #[error(
        "there is no shadow copy of {}: {live}; {}, or set shadow_copies to \"auto\"",
        .path.display(),
        .live.advice()
    )]
    NoShadowCopy {
        /// Which folder.
        path: PathBuf,
        /// Why.
        live: Live,
    },
    /// The dump of a database failed; nothing was kept that looks good.
    #[error("the dump {name} failed")]
    Dump {
        /// Its name in the snapshot.
        name: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file of the engine itself could not be read or written.
    #[error("could not use {}", .path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Files of the repository are damaged or missing.
    #[error("the repository is damaged: {detail}")]
    Damaged {
        /// What was found.
        detail: String,
    },
    /// Anything else that the library for the format reports.
    #[error("the repository could not be used: {detail}")]
    Repository {
        /// The library's own words, in one line.
        detail: String,
    },
}

impl BackupError {
    /// The stable code, to be translated for people.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Destination(failure) if failure.is_bad_place() => ErrorCode::Damaged,
            Self::Destination(failure) => ErrorCode::Destination(failure.code),
            Self::NoRepository { .. } => ErrorCode::NoRepository,
            Self::OtherRepository { .. } => ErrorCode::OtherRepository,
            Self::WrongPassword => ErrorCode::WrongPassword,
            Self::Locked { .. } => ErrorCode::Locked,
            Self::Busy => ErrorCode::Busy,
            Self::Cancelled => ErrorCode::Cancelled,
            Self::NoSnapshot { .. } => ErrorCode::NoSnapshot,
            Self::LastSnapshot => ErrorCode::LastSnapshot,
            Self::Deleted => ErrorCode::Deleted,
            Self::NoKey { .. } => ErrorCode::NoKey,
            Self::KeyInUse => ErrorCode::KeyInUse,
            Self::Generation { source, .. } => source.code(),
            Self::Job(_) => ErrorCode::InvalidJob,
            Self::Source { .. } => ErrorCode::SourceUnreadable,
            Self::NoShadowCopy { .. } => ErrorCode::NoShadowCopy,
            Self::Dump { .. } => ErrorCode::DumpFailed,
            Self::File { .. } => ErrorCode::FileFailed,
            Self::Damaged { .. } => ErrorCode::Damaged,
            Self::Repository { .. } => ErrorCode::Repository,
        }
    }

    /// The chain of causes as one line for a log.
    pub fn chain(&self) -> String {
        latarnik_destinations::chain(self)
    }
}

/// The codes of [`BackupError`], as they are written in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorCode {
    /// No repository there.
    NoRepository,
    /// A repository that belongs to something else.
    OtherRepository,
    /// The password is wrong.
    WrongPassword,
    /// Somebody else holds a lock.
    Locked,
    /// The same job is at work.
    Busy,
    /// A person or the agent ended it.
    Cancelled,
    /// No such snapshot.
    NoSnapshot,
    /// Nothing would be left.
    LastSnapshot,
    /// The repository was deleted.
    Deleted,
    /// No such key.
    NoKey,
    /// The key is in use.
    KeyInUse,
    /// The job's settings are wrong.
    InvalidJob,
    /// A source cannot be read at all.
    SourceUnreadable,
    /// A folder is in no shadow copy, and the job requires it.
    NoShadowCopy,
    /// A dump failed.
    DumpFailed,
    /// The engine's own file failed.
    FileFailed,
    /// Damaged or missing repository files.
    Damaged,
    /// Another failure of the repository.
    Repository,
    /// A destination failed.
    #[serde(untagged)]
    Destination(FailureCode),
}

/// Our own error where one lies behind that of the library.
impl From<Box<RusticError>> for BackupError {
    fn from(error: Box<RusticError>) -> Self {
        if error.is_incorrect_password() {
            return Self::WrongPassword;
        }
        match cause(&error) {
            Some(Self::Cancelled) => Self::Cancelled,
            Some(Self::Destination(failure)) => Self::Destination(failure.again()),
            Some(Self::Damaged { detail }) => Self::Damaged {
                detail: detail.clone(),
            },
            _ => Self::Repository {
                detail: error.display_log(),
            },
        }
    }
}

/// Our own error behind one of the library.
fn cause(error: &RusticError) -> Option<&BackupError> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(ours) = error.downcast_ref() {
            return Some(ours);
        }
        cause = error.source();
    }
    None
}
