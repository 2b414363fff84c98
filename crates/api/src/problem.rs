//! Errors as the API writes them: RFC 9457 with a stable code.

use crate::request_id;
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use latarnik_app::{AppError, FieldCode, Problem as Refusal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a request was refused.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Problem {
    /// Always `about:blank`: the code says what happened.
    #[serde(rename = "type")]
    kind: String,
    /// The status in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// The stable code, for programs and translations.
    code: String,
    /// The request in the server's log.
    request_id: String,
    /// Fields that are not usable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    field_errors: Vec<FieldProblem>,
}

/// A field that is not usable.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// Its name in the request; in a list, which thing and which field of it, such as
    /// `windows[1].start_time`.
    field: String,
    /// The stable code.
    code: String,
}

/// An error on its way out.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// From a use case.
    App(AppError),
    /// From the door: status and code.
    Refused(StatusCode, &'static str),
    /// Too many requests; the next one is welcome after so many seconds.
    TooManyRequests(u64),
}

impl From<AppError> for ApiError {
    fn from(error: AppError) -> Self {
        Self::App(error)
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self::App(refusal.into())
    }
}

impl ApiError {
    /// The body is not what the endpoint takes.
    pub(crate) const MALFORMED_BODY: Self =
        Self::Refused(StatusCode::BAD_REQUEST, "malformed_body");
    /// A query parameter or header is not usable.
    pub(crate) const MALFORMED_REQUEST: Self =
        Self::Refused(StatusCode::BAD_REQUEST, "malformed_request");
    /// There is nothing there.
    pub(crate) const NOT_FOUND: Self = Self::Refused(StatusCode::NOT_FOUND, "not_found");
}

const fn status(refusal: Refusal) -> StatusCode {
    use Refusal as R;
    match refusal {
        R::NotSignedIn
        | R::InvalidCredentials
        | R::TotpRequired
        | R::TotpInvalid
        | R::OpenidRefused => StatusCode::UNAUTHORIZED,
        R::TooManyAttempts { .. } => StatusCode::TOO_MANY_REQUESTS,
        R::Forbidden | R::TotpSetupRequired | R::UserRequired | R::OpenidNoAccess => {
            StatusCode::FORBIDDEN
        }
        R::NotFound | R::NoLog | R::LinkUnknown | R::OpenidUnknown => StatusCode::NOT_FOUND,
        R::LinkExpired => StatusCode::GONE,
        R::NoRestartPending
        | R::NoDevices
        | R::UpdatesNotOffered
        | R::TaskAlreadyFinished
        | R::ActionAlreadyFinished
        | R::IdempotencyKeyReused
        | R::TotpAlreadyOn
        | R::TotpNotOn
        | R::TotpMandatory
        | R::UserAlreadyActive
        | R::UserNotActive
        | R::OwnAccount
        | R::LastOwner
        | R::ProviderStays
        | R::TenantBeingDeleted
        | R::GroupNameTaken
        | R::UpdatesBlocked
        | R::OutsideMaintenanceWindow
        | R::ChangedMeanwhile
        | R::RolloutComplete
        | R::AlertClosed => StatusCode::CONFLICT,
        R::TooManyDevices
        | R::TooManyMaintenanceWindows
        | R::TooManyBlackouts
        | R::TooManyCalendarFeeds => StatusCode::UNPROCESSABLE_ENTITY,
        R::OpenidUnreachable => StatusCode::BAD_GATEWAY,
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(status, code) => respond(status, code, Vec::new(), None),
            Self::TooManyRequests(seconds) => {
                let status = StatusCode::TOO_MANY_REQUESTS;
                respond(status, "too_many_requests", Vec::new(), Some(seconds))
            }
            Self::App(AppError::Refused(refusal)) => {
                let wait = match refusal {
                    Refusal::TooManyAttempts {
                        retry_after_seconds,
                    } => Some(retry_after_seconds),
                    _ => None,
                };
                respond(status(refusal), refusal.code(), Vec::new(), wait)
            }
            Self::App(AppError::Invalid(errors)) => invalid(errors.into_iter().map(|error| {
                let field = error.field.to_owned();
                (field, error.code)
            })),
            Self::App(AppError::InvalidItems { list, errors }) => {
                invalid(errors.into_iter().map(|(position, error)| {
                    let field = format!("{list}[{position}].{}", error.field);
                    (field, error.code)
                }))
            }
            Self::App(error @ (AppError::Store(_) | AppError::Secrets(_))) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "database or keys failed"
                );
                respond(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "unavailable",
                    Vec::new(),
                    Some(5),
                )
            }
        }
    }
}

fn invalid(fields: impl Iterator<Item = (String, FieldCode)>) -> Response {
    let errors = fields.map(|(field, code)| FieldProblem {
        field,
        code: code.code().to_owned(),
    });
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    respond(status, "validation_failed", errors.collect(), None)
}

/// Gives a code to refusals that the router makes by itself.
pub(crate) async fn name(response: Response) -> Response {
    let code = match response.status() {
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::REQUEST_TIMEOUT => "request_timeout",
        _ => return response,
    };
    let mut named = respond(response.status(), code, Vec::new(), None);
    if let Some(allowed) = response.headers().get(header::ALLOW) {
        named.headers_mut().insert(header::ALLOW, allowed.clone());
    }
    named
}

fn respond(
    status: StatusCode,
    code: &str,
    field_errors: Vec<FieldProblem>,
    retry_after_seconds: Option<u64>,
) -> Response {
    let problem = Problem {
        kind: "about:blank".to_owned(),
        title: status.canonical_reason().unwrap_or_default().to_owned(),
        status: status.as_u16(),
        code: code.to_owned(),
        request_id: request_id::current(),
        field_errors,
    };
    let mut response = (status, Json(problem)).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = retry_after_seconds {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    response
}
