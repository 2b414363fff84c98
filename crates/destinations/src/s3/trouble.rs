//! What goes wrong with requests, and its codes.

use super::{
    answers::{self, ErrorAnswer},
    client::{Answer, NotResolved},
};
use crate::{Failure, FailureCode, Operation};
use reqwest::StatusCode;
use std::{error::Error, fmt, io};

/// A request that failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// No answer came about.
    #[error("the request failed")]
    Transport(#[from] reqwest::Error),
    /// Nothing moved for too long.
    #[error("the service is silent")]
    Silence,
    /// The answer is longer than any that makes sense.
    #[error("the answer is too long")]
    TooLong,
    /// The service says no.
    #[error("the service refused")]
    Refused(#[source] Box<Refusal>),
    /// The answer is not what S3 answers.
    #[error("the answer is not one of S3: {0}")]
    Strange(&'static str),
}

/// How a service says no. Its words are for logs.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    error: Option<ErrorAnswer>,
    /// The bucket's region, where the service tells.
    region: Option<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "HTTP {}", self.status)?;
        if let Some(error) = &self.error {
            write!(formatter, " {}: {}", error.code, error.message)?;
            if let Some(request_id) = &error.request_id {
                write!(formatter, " (request {request_id})")?;
            }
        }
        if let Some(region) = &self.region {
            write!(formatter, "; the bucket's region is {region}")?;
        }
        Ok(())
    }
}

impl Error for Refusal {}

impl Trouble {
    /// An answer that is none of success.
    pub(super) fn refused(answer: &Answer) -> Self {
        let error = answers::error(&answer.body);
        let region = answer
            .header("x-amz-bucket-region")
            .map(str::to_owned)
            .or_else(|| error.as_ref().and_then(|error| error.region.clone()));
        Self::Refused(Box::new(Refusal {
            status: answer.status.as_u16(),
            error,
            region,
        }))
    }

    pub(super) fn code(&self) -> FailureCode {
        match self {
            Self::Transport(error) => of_transport(error),
            Self::Silence => FailureCode::TimedOut,
            Self::TooLong | Self::Strange(_) => FailureCode::Protocol,
            Self::Refused(refusal) => refusal.code(),
        }
    }

    /// Whether a service, old or small, does not take a request for its checksum.
    pub(super) fn refuses_checksums(&self) -> bool {
        let Self::Refused(refusal) = self else {
            return false;
        };
        let Some(error) = &refusal.error else {
            return false;
        };
        match error.code.as_str() {
            "NotImplemented" => true,
            "InvalidArgument" | "InvalidRequest" => error.message.contains("x-amz-checksum"),
            _ => false,
        }
    }

    pub(super) fn failure(self, operation: Operation) -> Failure {
        Failure::new(operation, self.code()).caused_by(self)
    }
}

impl Refusal {
    fn code(&self) -> FailureCode {
        self.error
            .as_ref()
            .and_then(|error| of_service(&error.code))
            .unwrap_or_else(|| self.of_status())
    }

    fn of_status(&self) -> FailureCode {
        match StatusCode::from_u16(self.status).unwrap_or_default() {
            StatusCode::UNAUTHORIZED => FailureCode::Credentials,
            StatusCode::FORBIDDEN => FailureCode::PermissionDenied,
            StatusCode::REQUEST_TIMEOUT => FailureCode::TimedOut,
            StatusCode::NOT_IMPLEMENTED | StatusCode::METHOD_NOT_ALLOWED => {
                FailureCode::Unsupported
            }
            StatusCode::INSUFFICIENT_STORAGE => FailureCode::NoSpace,
            StatusCode::TOO_MANY_REQUESTS => FailureCode::ServerBusy,
            status if status.is_server_error() => FailureCode::ServerBusy,
            status if status.is_redirection() => FailureCode::InvalidSettings,
            _ => FailureCode::Protocol,
        }
    }
}

/// The codes of Amazon S3 ("Error responses" in its API reference), and those that other services
/// add: MinIO (`XMinio…`, `SlowDownRead`), Ceph (`QuotaExceeded`) and Wasabi.
fn of_service(code: &str) -> Option<FailureCode> {
    Some(match code {
        "InvalidAccessKeyId"
        | "SignatureDoesNotMatch"
        | "ExpiredToken"
        | "InvalidToken"
        | "TokenRefreshRequired"
        | "InvalidSecurity"
        | "NotSignedUp"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "UnauthorizedAccess" => FailureCode::Credentials,
        "RequestTimeTooSkewed" | "RequestExpired" | "RequestInTheFuture" => FailureCode::ClockSkew,
        "AccessDenied" | "AllAccessDisabled" | "AccountProblem" | "ObjectLocked"
        | "InvalidPayer" => FailureCode::PermissionDenied,
        "NoSuchBucket" => FailureCode::NoSuchContainer,
        "NoSuchKey" | "NoSuchVersion" => FailureCode::NotFound,
        "SlowDown"
        | "SlowDownRead"
        | "SlowDownWrite"
        | "ServiceUnavailable"
        | "InternalError"
        | "OperationAborted"
        | "Throttling"
        | "ThrottlingException"
        | "RequestLimitExceeded"
        | "TooManyRequests"
        | "BandwidthLimitExceeded"
        | "TemporaryRedirect"
        | "Redirect"
        | "XMinioServerNotInitialized"
        | "ConditionalRequestConflict" => FailureCode::ServerBusy,
        "RequestTimeout" => FailureCode::TimedOut,
        "IncompleteBody" => FailureCode::ConnectionLost,
        "QuotaExceeded"
        | "XMinioAdminBucketQuotaExceeded"
        | "BucketQuotaExceeded"
        | "StorageQuotaExceeded" => FailureCode::QuotaExceeded,
        "XMinioStorageFull" | "StorageFull" | "InsufficientStorage" | "InsufficientCapacity" => {
            FailureCode::NoSpace
        }
        "BadDigest"
        | "InvalidDigest"
        | "XAmzContentSHA256Mismatch"
        | "XAmzContentChecksumMismatch" => FailureCode::ChecksumMismatch,
        "PermanentRedirect"
        | "AuthorizationHeaderMalformed"
        | "IllegalLocationConstraintException"
        | "InvalidRegion"
        | "InvalidBucketName"
        | "InvalidStorageClass" => FailureCode::InvalidSettings,
        // An object in an archive must be restored by its owner before it can be read.
        "NotImplemented" | "InvalidObjectState" => FailureCode::Unsupported,
        _ => return None,
    })
}

/// Walks down to the cause that has a meaning.
fn of_transport(error: &reqwest::Error) -> FailureCode {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<NotResolved>() {
            return FailureCode::NameNotResolved;
        }
        if error.is::<rustls::Error>() {
            return FailureCode::Tls;
        }
        let Some(io_error) = error.downcast_ref::<io::Error>() else {
            cause = error.source();
            continue;
        };
        // What an error of input and output wraps is skipped by its `source`.
        match io_error.get_ref() {
            Some(inner) => cause = Some(inner),
            None => return of_socket(io_error),
        }
    }
    if error.is_timeout() {
        FailureCode::TimedOut
    } else if error.is_builder() {
        FailureCode::InvalidSettings
    } else if error.is_connect() {
        FailureCode::Unreachable
    } else {
        FailureCode::ConnectionLost
    }
}

fn of_socket(error: &io::Error) -> FailureCode {
    match FailureCode::of_io(error) {
        // A firewall's words, not those of a file.
        FailureCode::PermissionDenied | FailureCode::NotFound => FailureCode::Unreachable,
        FailureCode::Other => FailureCode::ConnectionLost,
        code => code,
    }
}

#[cfg(test)]
mod tests {
    use super::Trouble;
    use crate::{FailureCode, s3::client::Answer};
    use bytes::Bytes;
    use reqwest::{StatusCode, header::HeaderMap};

    fn refused(status: u16, body: &'static str) -> Trouble {
        Trouble::refused(&Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::from_static(body.as_bytes()),
        })
    }

    #[test]
    fn a_bucket_of_another_region_is_told_with_its_region() {
        let trouble = refused(
            400,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AuthorizationHeaderMalformed\
             </Code><Message>The authorization header is malformed; the region 'us-east-1' is \
             wrong; expecting 'eu-central-1'</Message><Region>eu-central-1</Region><RequestId>1\
             </RequestId><HostId>h</HostId></Error>",
        );
        assert_eq!(trouble.code(), FailureCode::InvalidSettings);
        let chain = trouble.failure(crate::Operation::List).chain();
        assert!(
            chain.ends_with("(request 1); the bucket's region is eu-central-1"),
            "{chain}"
        );
    }

    #[test]
    fn a_code_counts_more_than_a_status() {
        let error = "<Error><Code>SignatureDoesNotMatch</Code></Error>";
        assert_eq!(refused(403, error).code(), FailureCode::Credentials);
        let error = "<Error><Code>RequestTimeTooSkewed</Code></Error>";
        assert_eq!(refused(403, error).code(), FailureCode::ClockSkew);
        let error = "<Error><Code>SomethingNew</Code></Error>";
        assert_eq!(refused(403, error).code(), FailureCode::PermissionDenied);
    }

    #[test]
    fn a_service_that_refuses_checksums_is_recognised() {
        for (error, refuses) in [
            ("<Error><Code>NotImplemented</Code></Error>", true),
            (
                "<Error><Code>InvalidArgument</Code><Message>Unsupported header \
                 'x-amz-checksum-sha256' received for this API call.</Message></Error>",
                true,
            ),
            ("<Error><Code>InvalidArgument</Code></Error>", false),
            ("<Error><Code>BadDigest</Code></Error>", false),
            ("x-amz-checksum", false),
        ] {
            assert_eq!(refused(400, error).refuses_checksums(), refuses, "{error}");
        }
    }

    #[test]
    fn what_is_no_s3_is_told_by_its_status() {
        for (status, code) in [
            (301, FailureCode::InvalidSettings),
            (400, FailureCode::Protocol),
            (401, FailureCode::Credentials),
            (403, FailureCode::PermissionDenied),
            (404, FailureCode::Protocol),
            (429, FailureCode::ServerBusy),
            (502, FailureCode::ServerBusy),
            (507, FailureCode::NoSpace),
        ] {
            let html = "<html><body><h1>nginx</h1></body></html>";
            assert_eq!(refused(status, html).code(), code, "{status}");
        }
    }
}
