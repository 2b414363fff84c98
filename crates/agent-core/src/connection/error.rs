//! Why a call to the gateway did not work, sorted by what follows from it.

use latarnik_protocol::{Problem, ProblemCode};
use std::{error::Error, fmt, time::Duration};

/// A call to the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `POST /agent/register`.
    Register,
    /// `POST /agent/renew`.
    Renew,
    /// `GET /agent/config`.
    Config,
    /// `POST /agent/metrics`.
    CheckIn,
    /// `GET /agent/tasks`.
    Tasks,
    /// `POST /agent/task-result`.
    Report,
    /// `PUT /agent/task-log/{task_id}`.
    UploadLog,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Register => "registration",
            Self::Renew => "certificate renewal",
            Self::Config => "fetching the configuration",
            Self::CheckIn => "check-in",
            Self::Tasks => "waiting for tasks",
            Self::Report => "reporting a task",
            Self::UploadLog => "uploading a task's log",
        })
    }
}

/// Why a call did not work.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The gateway understood and said no.
    #[error("{operation} was refused: {:?} (status {})", problem.code, problem.status)]
    Refused {
        /// Which call.
        operation: Operation,
        /// Its reason.
        problem: Box<Problem>,
    },
    /// The gateway asks to come back later, or failed for reasons of its own.
    #[error("{operation} is not possible at the moment (status {status})")]
    Unavailable {
        /// Which call.
        operation: Operation,
        /// The HTTP status.
        status: u16,
        /// When to come back, if it said so.
        retry_after: Option<Duration>,
    },
    /// No answer: no network, no server, or the connection broke.
    #[error("{operation} got no answer from the gateway")]
    Unreachable {
        /// Which call.
        operation: Operation,
        /// What the connection said.
        #[source]
        source: reqwest::Error,
    },
    /// Who answered is not the gateway that the agent trusts. Nothing was sent to them.
    #[error("{operation} stopped: who answers is not the gateway that this agent trusts")]
    Untrusted {
        /// Which call.
        operation: Operation,
        /// What is wrong with the certificate.
        #[source]
        source: rustls::Error,
    },
    /// The answer is not what this endpoint gives.
    #[error("{operation} got an answer that makes no sense (status {status})")]
    Unintelligible {
        /// Which call.
        operation: Operation,
        /// The HTTP status.
        status: u16,
        /// Where the JSON is wrong, when it is JSON that is wrong.
        #[source]
        source: Option<serde_json::Error>,
    },
    /// The answer is longer than the protocol allows.
    #[error("{operation} got an answer beyond its limit of {limit_bytes} bytes")]
    AnswerTooLong {
        /// Which call.
        operation: Operation,
        /// The limit.
        limit_bytes: usize,
    },
    /// The file to upload cannot be read.
    #[error("{operation} cannot read the file")]
    File {
        /// Which call.
        operation: Operation,
        /// The file system's answer.
        #[source]
        source: std::io::Error,
    },
}

impl CallError {
    /// The gateway's code, if it refused.
    #[must_use]
    pub fn code(&self) -> Option<ProblemCode> {
        match self {
            Self::Refused { problem, .. } => Some(problem.code),
            _ => None,
        }
    }

    /// Whether the very same call may work later without anybody changing anything.
    ///
    /// An unintelligible answer counts: it comes from something that stands in the gateway's
    /// place for a while, such as a proxy's error page.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Refused { problem, .. } => problem.code.is_temporary(),
            Self::Untrusted { .. } | Self::File { .. } => false,
            Self::Unavailable { .. }
            | Self::Unreachable { .. }
            | Self::Unintelligible { .. }
            | Self::AnswerTooLong { .. } => true,
        }
    }

    /// When the gateway asked to come back.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether the gateway no longer knows this device.
    #[must_use]
    pub fn is_certificate_rejected(&self) -> bool {
        matches!(
            self.code(),
            Some(ProblemCode::CertificateRejected | ProblemCode::CertificateRequired)
        )
    }

    pub(super) fn from_http(operation: Operation, error: reqwest::Error) -> Self {
        match untrusted(&error) {
            Some(source) => Self::Untrusted { operation, source },
            None => Self::Unreachable {
                operation,
                source: error.without_url(),
            },
        }
    }
}

/// Finds the complaint about the gateway's certificate in the depths of a connection error.
fn untrusted(error: &reqwest::Error) -> Option<rustls::Error> {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return matches!(tls, rustls::Error::InvalidCertificate(_)).then(|| tls.clone());
        }
        // `io::Error::source` skips the error that it wraps.
        next = match error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
        {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}
