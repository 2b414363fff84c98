//! Who may do what, and what the service refuses on request.

use super::{S3Checksums, S3Fault, S3Server, State};
use hyper::{HeaderMap, StatusCode, header::HeaderValue};
use s3s::{
    S3Error, S3ErrorCode, S3Result,
    access::{S3Access, S3AccessContext},
    host::{S3Host, SingleDomain, VirtualHost},
    s3_error,
};
use std::sync::{Arc, atomic::Ordering};

/// Stands behind the signature and in front of the buckets.
#[derive(Debug)]
pub(super) struct Gate(pub(super) Arc<State>);

const READING: [&str; 5] = [
    "GetObject",
    "HeadObject",
    "HeadBucket",
    "ListObjectsV2",
    "ListMultipartUploads",
];

#[async_trait::async_trait]
impl S3Access for Gate {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let Some(credentials) = context.credentials() else {
            return Err(s3_error!(AccessDenied, "Access Denied"));
        };
        let key = credentials.access_key.clone();
        let operation = context.s3_op().name().to_owned();
        let headers = context.headers();
        self.0.requests.fetch_add(1, Ordering::SeqCst);
        check_region(headers)?;
        if key == S3Server::TEMPORARY.0 {
            check_token(headers)?;
        }
        if key == S3Server::READER.0 && !READING.contains(&operation.as_str()) {
            return Err(s3_error!(AccessDenied, "Access Denied"));
        }
        if self.0.checksums() == S3Checksums::Refused && has_checksum(headers) {
            return Err(s3_error!(
                NotImplemented,
                "A header you provided implies functionality that is not implemented."
            ));
        }
        match self.0.fault() {
            S3Fault::Refuse {
                operation: refused,
                status,
                code,
            } if refused.is_none_or(|refused| refused == operation) => {
                Err(refusal(status, code, "On request."))
            }
            S3Fault::Hang => std::future::pending().await,
            _ => Ok(()),
        }
    }
}

/// An answer of any status and code.
pub(super) fn refusal(status: u16, code: &'static str, message: &'static str) -> S3Error {
    let code = S3ErrorCode::from_bytes(code.as_bytes());
    let mut error = S3Error::with_message(code.unwrap_or(S3ErrorCode::InternalError), message);
    error.set_status_code(StatusCode::from_u16(status).unwrap_or_default());
    error
}

fn has_checksum(headers: &HeaderMap) -> bool {
    headers.contains_key("x-amz-checksum-sha256")
        || headers.contains_key("x-amz-checksum-algorithm")
}

/// A request must be signed for the bucket's region.
fn check_region(headers: &HeaderMap) -> S3Result<()> {
    let scope = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split("Credential=").nth(1))
        .and_then(|credential| credential.split('/').nth(2));
    if scope == Some(S3Server::REGION) {
        return Ok(());
    }
    let mut error = s3_error!(
        AuthorizationHeaderMalformed,
        "The authorization header is malformed; the region is wrong"
    );
    let mut headers = HeaderMap::new();
    headers.insert(
        "x-amz-bucket-region",
        HeaderValue::from_static(S3Server::REGION),
    );
    error.set_headers(headers);
    Err(error)
}

fn check_token(headers: &HeaderMap) -> S3Result<()> {
    let token = headers.get("x-amz-security-token");
    match token.map(HeaderValue::as_bytes) {
        Some(token) if token == S3Server::TOKEN.as_bytes() => Ok(()),
        Some(token) if token == S3Server::EXPIRED_TOKEN.as_bytes() => {
            Err(s3_error!(ExpiredToken, "The provided token has expired."))
        }
        _ => Err(s3_error!(
            InvalidToken,
            "The provided token is malformed or otherwise invalid."
        )),
    }
}

/// Buckets in front of `localhost`, on whatever port; by its address it has none.
#[derive(Debug)]
pub(super) struct Host(pub(super) SingleDomain);

impl S3Host for Host {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        if name == "127.0.0.1" {
            return Ok(VirtualHost::new(name));
        }
        self.0.parse_host_header(name)
    }
}
