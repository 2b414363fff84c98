//! Why a request is refused, before it is written as problem details.

use crate::rate::Exceeded;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use latarnik_app::agents::{AgentError, RegisterError};
use latarnik_protocol::{Problem, ProblemCode};
use std::{borrow::Cow, error::Error};

/// Seconds until an agent tries again when the server cannot answer.
const UNAVAILABLE_RETRY_SECONDS: u64 = 5;
/// Seconds until a device tries again that has too many connections: dead ones are noticed by then.
const CONNECTIONS_RETRY_SECONDS: u64 = 60;

/// A refusal. It travels as an extension of the response; `frame` writes the body, because only it
/// knows the request's id.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    code: ProblemCode,
    detail: Option<Cow<'static, str>>,
    retry_after_seconds: Option<u64>,
    exceeded: Option<Exceeded>,
}

impl Refusal {
    /// A refusal that its code explains.
    pub(crate) const fn new(code: ProblemCode) -> Self {
        Self {
            code,
            detail: None,
            retry_after_seconds: None,
            exceeded: None,
        }
    }

    /// With words for a developer who reads a log.
    pub(crate) fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The device has too many connections.
    pub(crate) fn too_many_connections() -> Self {
        Self {
            retry_after_seconds: Some(CONNECTIONS_RETRY_SECONDS),
            ..Self::new(ProblemCode::TooManyRequests)
        }
        .with_detail("too many connections of one device")
    }

    /// The server cannot answer now. The cause goes to the log.
    pub(crate) fn unavailable(cause: &(dyn Error + 'static)) -> Self {
        tracing::warn!(error = cause, "a request cannot be answered now");
        let retry_after_seconds = Some(UNAVAILABLE_RETRY_SECONDS);
        Self {
            retry_after_seconds,
            ..Self::new(ProblemCode::Unavailable)
        }
    }

    /// A fault of ours. The cause goes to the log.
    pub(crate) fn internal(cause: &(dyn Error + 'static)) -> Self {
        tracing::error!(error = cause, "a request failed");
        Self::new(ProblemCode::Internal)
    }

    /// What stands in `Retry-After`.
    pub(crate) const fn retry_after_seconds(&self) -> Option<u64> {
        self.retry_after_seconds
    }

    /// Which limit was reached.
    pub(crate) const fn exceeded(&self) -> Option<&Exceeded> {
        self.exceeded.as_ref()
    }

    /// The body.
    pub(crate) fn problem(&self, request_id: String) -> Problem {
        Problem {
            code: self.code,
            status: self.status().as_u16(),
            detail: self.detail.as_deref().map(str::to_owned),
            request_id: Some(request_id),
        }
    }

    /// The HTTP status that belongs to the code.
    pub(crate) const fn status(&self) -> StatusCode {
        use ProblemCode as Code;
        match self.code {
            Code::CertificateRequired | Code::CertificateRejected => StatusCode::UNAUTHORIZED,
            Code::TokenUnknown | Code::TokenExpired | Code::TokenUsedUp | Code::TokenRevoked => {
                StatusCode::FORBIDDEN
            }
            Code::SigningRequestInvalid | Code::MalformedBody | Code::MalformedRequest => {
                StatusCode::BAD_REQUEST
            }
            Code::ProtocolUnsupported => StatusCode::UPGRADE_REQUIRED,
            Code::TaskUnknown | Code::NotFound => StatusCode::NOT_FOUND,
            Code::TaskFinished => StatusCode::CONFLICT,
            Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Code::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Code::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Code::Internal | Code::Other => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<ProblemCode> for Refusal {
    fn from(code: ProblemCode) -> Self {
        Self::new(code)
    }
}

impl From<Exceeded> for Refusal {
    fn from(exceeded: Exceeded) -> Self {
        Self {
            retry_after_seconds: Some(exceeded.wait_seconds()),
            exceeded: Some(exceeded),
            ..Self::new(ProblemCode::TooManyRequests)
        }
    }
}

impl From<AgentError> for Refusal {
    fn from(error: AgentError) -> Self {
        match &error {
            AgentError::TaskUnknown => ProblemCode::TaskUnknown.into(),
            AgentError::DeviceRemoved => ProblemCode::CertificateRejected.into(),
            AgentError::TooLarge => ProblemCode::BodyTooLarge.into(),
            AgentError::Unavailable(..) => Self::unavailable(&error),
        }
    }
}

impl From<RegisterError> for Refusal {
    fn from(error: RegisterError) -> Self {
        match &error {
            RegisterError::TokenUnknown => ProblemCode::TokenUnknown.into(),
            RegisterError::TokenExpired => ProblemCode::TokenExpired.into(),
            RegisterError::TokenUsedUp => ProblemCode::TokenUsedUp.into(),
            RegisterError::TokenRevoked => ProblemCode::TokenRevoked.into(),
            RegisterError::Unavailable(..) => Self::unavailable(&error),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
