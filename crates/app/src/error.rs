//! Why a use case did not do what was asked.

use latarnik_store::StoreError;

/// A refusal with a stable code, or a failure behind it.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The caller can do something about it.
    #[error("{}", .0.code())]
    Refused(Problem),
    /// Fields of the request are not usable.
    #[error("validation_failed")]
    Invalid(Vec<FieldError>),
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] StoreError),
}

impl From<Problem> for AppError {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

/// Refusals. The console translates their codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// Nobody is signed in, or the session has ended.
    NotSignedIn,
    /// E-mail address or password is wrong; which one is not said.
    InvalidCredentials,
    /// Too many failed attempts; try again after this many seconds.
    TooManyAttempts {
        /// Seconds to wait.
        retry_after_seconds: u64,
    },
    /// The caller sees it but may not do it.
    Forbidden,
    /// It does not exist, or the caller may not know that it does.
    NotFound,
    /// The device reports no strong signal that asks for a restart.
    NoRestartPending,
    /// No device matches.
    NoDevices,
    /// More devices than one action takes.
    TooManyDevices,
    /// The task has ended.
    TaskAlreadyFinished,
    /// The idempotency key was used for another request.
    IdempotencyKeyReused,
    /// The task has no log (yet).
    NoLog,
}

impl Problem {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotSignedIn => "not_signed_in",
            Self::InvalidCredentials => "invalid_credentials",
            Self::TooManyAttempts { .. } => "too_many_attempts",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::NoRestartPending => "no_restart_pending",
            Self::NoDevices => "no_devices",
            Self::TooManyDevices => "too_many_devices",
            Self::TaskAlreadyFinished => "task_already_finished",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::NoLog => "no_log",
        }
    }
}

/// One field that is not usable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Its name in the request.
    pub field: &'static str,
    /// What is wrong.
    pub code: FieldCode,
}

/// What can be wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldCode {
    /// It is empty.
    Required,
    /// It is longer than allowed.
    TooLong,
    /// It is outside its range.
    OutOfRange,
    /// It refers to something that is not there.
    Unknown,
    /// It does not go with another field.
    NotAllowed,
    /// It lies in the past.
    InThePast,
    /// It is not of the form that it should have.
    Malformed,
}

impl FieldCode {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::TooLong => "too_long",
            Self::OutOfRange => "out_of_range",
            Self::Unknown => "unknown",
            Self::NotAllowed => "not_allowed",
            Self::InThePast => "in_the_past",
            Self::Malformed => "malformed",
        }
    }
}

/// A single unusable field.
pub(crate) fn invalid(field: &'static str, code: FieldCode) -> AppError {
    AppError::Invalid(vec![FieldError { field, code }])
}
