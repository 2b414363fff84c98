//! Why a use case did not do what was asked.

use crate::SecretsError;
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
    /// Fields of things in a list of the request are not usable.
    #[error("validation_failed")]
    InvalidItems {
        /// The list's name in the request.
        list: &'static str,
        /// Which of its things, from 0 on, and what is wrong with it.
        errors: Vec<(usize, FieldError)>,
    },
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] StoreError),
    /// A secret could not be sealed or opened.
    #[error("a secret could not be sealed or opened")]
    Secrets(#[source] SecretsError),
}

impl AppError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused(problem) => problem.code(),
            Self::Invalid(_) | Self::InvalidItems { .. } => "validation_failed",
            Self::Store(_) | Self::Secrets(_) => "unavailable",
        }
    }
}

impl From<SecretsError> for AppError {
    fn from(error: SecretsError) -> Self {
        match error {
            SecretsError::Store(error) => Self::Store(error),
            other => Self::Secrets(other),
        }
    }
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
    /// The password is right; now the code of the second factor.
    TotpRequired,
    /// The code is wrong, too old, or was used before.
    TotpInvalid,
    /// The caller's role needs a second factor before anything else.
    TotpSetupRequired,
    /// There is a second factor already.
    TotpAlreadyOn,
    /// There is no second factor, or none that waits to be confirmed.
    TotpNotOn,
    /// The caller's role may not do without a second factor.
    TotpMandatory,
    /// Only a person can do that; a token has no profile.
    UserRequired,
    /// The link is unknown, or was used.
    LinkUnknown,
    /// The link's time is over.
    LinkExpired,
    /// The person has accepted their invitation already.
    UserAlreadyActive,
    /// The person cannot sign in: invited only, or disabled.
    UserNotActive,
    /// Nobody changes, disables or removes their own account.
    OwnAccount,
    /// The tenant would be left without an owner who can sign in.
    LastOwner,
    /// The provider's own tenant stays.
    ProviderStays,
    /// The tenant is being deleted.
    TenantBeingDeleted,
    /// The group is not empty enough: a group in it has the name of one around it.
    GroupNameTaken,
    /// No provider of identities is set up for that address.
    OpenidUnknown,
    /// The provider of identities cannot be reached, or does not answer as it should.
    OpenidUnreachable,
    /// The provider of identities did not vouch for this sign-in.
    OpenidRefused,
    /// The provider vouched for somebody who has no access here.
    OpenidNoAccess,
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
    /// None of the devices is offered any of the chosen updates.
    UpdatesNotOffered,
    /// The task has ended.
    TaskAlreadyFinished,
    /// All tasks of the action have ended.
    ActionAlreadyFinished,
    /// The idempotency key was used for another request.
    IdempotencyKeyReused,
    /// The task has no log (yet).
    NoLog,
    /// All of the chosen updates are blocked on these devices.
    UpdatesBlocked,
    /// It would break maintenance windows or a blackout, and the request does not say that it may.
    OutsideMaintenanceWindow,
    /// Somebody else changed it in between.
    ChangedMeanwhile,
    /// It has reached the last ring.
    RolloutComplete,
    /// The alert's cause is gone.
    AlertClosed,
    /// The tenant has as many maintenance windows as it may have.
    TooManyMaintenanceWindows,
    /// The tenant has as many blackouts as it may have.
    TooManyBlackouts,
    /// The tenant has as many calendar feeds as it may have.
    TooManyCalendarFeeds,
}

impl Problem {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotSignedIn => "not_signed_in",
            Self::InvalidCredentials => "invalid_credentials",
            Self::TotpRequired => "totp_required",
            Self::TotpInvalid => "totp_invalid",
            Self::TotpSetupRequired => "totp_setup_required",
            Self::TotpAlreadyOn => "totp_already_on",
            Self::TotpNotOn => "totp_not_on",
            Self::TotpMandatory => "totp_mandatory",
            Self::UserRequired => "user_required",
            Self::LinkUnknown => "link_unknown",
            Self::LinkExpired => "link_expired",
            Self::UserAlreadyActive => "user_already_active",
            Self::UserNotActive => "user_not_active",
            Self::OwnAccount => "own_account",
            Self::LastOwner => "last_owner",
            Self::ProviderStays => "provider_stays",
            Self::TenantBeingDeleted => "tenant_being_deleted",
            Self::GroupNameTaken => "group_name_taken",
            Self::OpenidUnknown => "openid_unknown",
            Self::OpenidUnreachable => "openid_unreachable",
            Self::OpenidRefused => "openid_refused",
            Self::OpenidNoAccess => "openid_no_access",
            Self::TooManyAttempts { .. } => "too_many_attempts",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::NoRestartPending => "no_restart_pending",
            Self::NoDevices => "no_devices",
            Self::TooManyDevices => "too_many_devices",
            Self::UpdatesNotOffered => "updates_not_offered",
            Self::TaskAlreadyFinished => "task_already_finished",
            Self::ActionAlreadyFinished => "action_already_finished",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::NoLog => "no_log",
            Self::UpdatesBlocked => "updates_blocked",
            Self::OutsideMaintenanceWindow => "outside_maintenance_window",
            Self::ChangedMeanwhile => "changed_meanwhile",
            Self::RolloutComplete => "rollout_complete",
            Self::AlertClosed => "alert_closed",
            Self::TooManyMaintenanceWindows => "too_many_maintenance_windows",
            Self::TooManyBlackouts => "too_many_blackouts",
            Self::TooManyCalendarFeeds => "too_many_calendar_feeds",
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
    /// Something else has it already.
    Taken,
    /// It is not what it has to repeat.
    Mismatch,
    /// It is shorter than allowed.
    TooShort,
    /// It is too easy to guess.
    TooEasy,
    /// It is not right.
    Wrong,
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
            Self::Taken => "taken",
            Self::Mismatch => "mismatch",
            Self::TooShort => "too_short",
            Self::TooEasy => "too_easy",
            Self::Wrong => "wrong",
        }
    }
}

/// A single unusable field.
pub(crate) fn invalid(field: &'static str, code: FieldCode) -> AppError {
    AppError::Invalid(vec![FieldError { field, code }])
}
