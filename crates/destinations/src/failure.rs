//! What can go wrong at a destination, told by stable codes.

use crate::ObjectName;
use serde::{Deserialize, Serialize};
use std::{error::Error, fmt, io};

/// Why an operation failed. The console and the programs translate the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailureCode {
    /// The host's name has no address.
    NameNotResolved,
    /// Nothing listens at the address and port.
    ConnectionRefused,
    /// The host or its network does not answer.
    Unreachable,
    /// The connection was cut.
    ConnectionLost,
    /// No answer came in time.
    TimedOut,
    /// No trustworthy TLS connection could be made: certificate, name, version.
    Tls,
    /// The SSH server shows another key than the one that is known.
    HostKeyChanged,
    /// User, password or key was refused.
    Credentials,
    /// This machine's clock and the server's are too far apart for signing in.
    ClockSkew,
    /// Signed in, but this is not allowed.
    PermissionDenied,
    /// The bucket, share or root folder does not exist.
    NoSuchContainer,
    /// The file does not exist.
    NotFound,
    /// The user's quota is used up.
    QuotaExceeded,
    /// The disk is full.
    NoSpace,
    /// Nothing can be written there.
    ReadOnly,
    /// What arrived is not what was sent.
    ChecksumMismatch,
    /// The server says that it cannot work just now.
    ServerBusy,
    /// The server broke its protocol, or speaks another.
    Protocol,
    /// The settings make no sense, such as an endpoint that is no address.
    InvalidSettings,
    /// The destination cannot do this.
    Unsupported,
    /// Any other error of the machine or the server.
    Other,
}

impl FailureCode {
    /// Whether the same operation may succeed later, with nothing changed by a person.
    pub fn is_worth_retrying(self) -> bool {
        match self {
            Self::NameNotResolved
            | Self::ConnectionRefused
            | Self::Unreachable
            | Self::ConnectionLost
            | Self::TimedOut
            | Self::ChecksumMismatch
            | Self::ServerBusy
            | Self::Protocol
            | Self::Other => true,
            Self::Tls
            | Self::HostKeyChanged
            | Self::Credentials
            | Self::ClockSkew
            | Self::PermissionDenied
            | Self::NoSuchContainer
            | Self::NotFound
            | Self::QuotaExceeded
            | Self::NoSpace
            | Self::ReadOnly
            | Self::InvalidSettings
            | Self::Unsupported => false,
        }
    }

    /// The code as it is written in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NameNotResolved => "name_not_resolved",
            Self::ConnectionRefused => "connection_refused",
            Self::Unreachable => "unreachable",
            Self::ConnectionLost => "connection_lost",
            Self::TimedOut => "timed_out",
            Self::Tls => "tls",
            Self::HostKeyChanged => "host_key_changed",
            Self::Credentials => "credentials",
            Self::ClockSkew => "clock_skew",
            Self::PermissionDenied => "permission_denied",
            Self::NoSuchContainer => "no_such_container",
            Self::NotFound => "not_found",
            Self::QuotaExceeded => "quota_exceeded",
            Self::NoSpace => "no_space",
            Self::ReadOnly => "read_only",
            Self::ChecksumMismatch => "checksum_mismatch",
            Self::ServerBusy => "server_busy",
            Self::Protocol => "protocol",
            Self::InvalidSettings => "invalid_settings",
            Self::Unsupported => "unsupported",
            Self::Other => "other",
        }
    }

    /// What an error of a file or a socket means.
    pub fn of_io(error: &io::Error) -> Self {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::NotFound => Self::NotFound,
            Kind::PermissionDenied => Self::PermissionDenied,
            Kind::ConnectionRefused => Self::ConnectionRefused,
            Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::NetworkDown => {
                Self::Unreachable
            }
            Kind::ConnectionReset
            | Kind::ConnectionAborted
            | Kind::NotConnected
            | Kind::BrokenPipe
            | Kind::UnexpectedEof => Self::ConnectionLost,
            // Something else lies where the folder should be, and no patience changes that.
            Kind::NotADirectory => Self::NoSuchContainer,
            Kind::TimedOut => Self::TimedOut,
            Kind::StorageFull => Self::NoSpace,
            Kind::QuotaExceeded => Self::QuotaExceeded,
            Kind::ReadOnlyFilesystem => Self::ReadOnly,
            Kind::ResourceBusy => Self::ServerBusy,
            _ => Self::Other,
        }
    }
}

impl fmt::Display for FailureCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What was being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Connecting and signing in.
    Connect,
    /// Making the root and its folders.
    Prepare,
    /// Writing a file.
    Write,
    /// Reading a file or a part of it.
    Read,
    /// Listing a folder.
    List,
    /// Asking for a file's size or checksum.
    Examine,
    /// Deleting a file.
    Remove,
    /// Removing what broken writers left.
    Clean,
    /// Asking for free space.
    Measure,
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Connect => "connect",
            Self::Prepare => "prepare",
            Self::Write => "write",
            Self::Read => "read",
            Self::List => "list",
            Self::Examine => "examine",
            Self::Remove => "remove",
            Self::Clean => "clean",
            Self::Measure => "measure",
        })
    }
}

/// An operation that failed: what was done, with which file, and why.
#[derive(Debug, thiserror::Error)]
#[error("could not {operation}{}: {code}", subject(.name.as_ref()))]
pub struct Failure {
    /// Why.
    pub code: FailureCode,
    /// What was being done.
    pub operation: Operation,
    /// The file or folder, where it was about one.
    pub name: Option<ObjectName>,
    /// The library's or the system's own error, for the log.
    #[source]
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

fn subject(name: Option<&ObjectName>) -> String {
    name.map(|name| format!(" {name}")).unwrap_or_default()
}

impl Failure {
    /// A failure about the whole destination.
    pub fn new(operation: Operation, code: FailureCode) -> Self {
        Self {
            code,
            operation,
            name: None,
            source: None,
        }
    }

    /// A failure of a file or a socket.
    pub fn of_io(operation: Operation, error: io::Error) -> Self {
        Self::new(operation, FailureCode::of_io(&error)).caused_by(error)
    }

    /// Adds the file or folder that it is about.
    #[must_use]
    pub fn about(mut self, name: &ObjectName) -> Self {
        self.name = Some(name.clone());
        self
    }

    /// Adds the error behind it.
    #[must_use]
    pub fn caused_by(mut self, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(error.into());
        self
    }

    /// Whether it is one file that cannot be read; others may well be.
    pub fn is_of_the_file_alone(&self) -> bool {
        let code = self.code;
        self.is_bad_place()
            || self.is_reading()
                && matches!(code, FailureCode::NotFound | FailureCode::PermissionDenied)
    }

    /// Whether a file is there, may be read, and cannot: as on a disk with bad sectors.
    pub fn is_bad_place(&self) -> bool {
        let code = self.code;
        self.is_reading() && matches!(code, FailureCode::ChecksumMismatch | FailureCode::Other)
    }

    fn is_reading(&self) -> bool {
        self.operation == Operation::Read && self.name.is_some()
    }

    /// The chain of causes as one line for a log.
    pub fn chain(&self) -> String {
        chain(self)
    }

    /// The same once more, for somebody else who asks; the causes as text.
    #[must_use]
    pub fn again(&self) -> Self {
        Self {
            code: self.code,
            operation: self.operation,
            name: self.name.clone(),
            source: self
                .source
                .as_ref()
                .map(|source| chain(source.as_ref()).into()),
        }
    }
}

/// An error and its causes as one line for a log.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}
