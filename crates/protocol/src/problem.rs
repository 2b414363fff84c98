//! Errors on the wire: RFC 9457 problem details with a stable code.

use serde::{Deserialize, Serialize};

/// The body of every answer of 400 and above.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The stable code.
    pub code: ProblemCode,
    /// The HTTP status again.
    pub status: u16,
    /// For a developer who reads a log; never shown to users, never parsed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The request's id in the server's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// Why the gateway refused a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// 401: the call needs a client certificate.
    CertificateRequired,
    /// 401: the certificate is unknown, ended, revoked, or its device was removed.
    CertificateRejected,
    /// 403: no such enrollment token.
    TokenUnknown,
    /// 403: the enrollment token's time is over.
    TokenExpired,
    /// 403: the enrollment token has no use left.
    TokenUsedUp,
    /// 403: the enrollment token was revoked.
    TokenRevoked,
    /// 400: the signing request is not usable.
    SigningRequestInvalid,
    /// 400: the body is not the JSON that the endpoint takes.
    MalformedBody,
    /// 400: a query parameter or header is not usable.
    MalformedRequest,
    /// 426: the server does not speak the agent's version of the protocol.
    ProtocolUnsupported,
    /// 404: no such task on this device.
    TaskUnknown,
    /// 409: the task ended already, otherwise.
    TaskFinished,
    /// 404: no such endpoint.
    NotFound,
    /// 405.
    MethodNotAllowed,
    /// 413: the body is longer than its limit.
    BodyTooLarge,
    /// 429: too many requests; `Retry-After` says when to come back.
    TooManyRequests,
    /// 503: the server cannot reach its database or shuts down; try again.
    Unavailable,
    /// 500: a fault in the server.
    Internal,
    /// A code of a newer server.
    #[serde(other)]
    Other,
}

impl ProblemCode {
    /// Whether trying the very same request again later can help.
    #[must_use]
    pub const fn is_temporary(self) -> bool {
        matches!(
            self,
            Self::TooManyRequests | Self::Unavailable | Self::Internal
        )
    }
}
