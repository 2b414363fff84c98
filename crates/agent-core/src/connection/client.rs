//! One typed call for each endpoint of the gateway.

use super::{CallError, Credentials, GatewayTrust, InvalidCredentials, Operation};
use latarnik_model::TaskId;
use latarnik_protocol::{
    AgentConfig, CheckInRequest, CheckInResponse, Problem, RegisterRequest, RegisterResponse,
    RenewRequest, RenewResponse, TaskBatch, TaskReport, TaskReportResponse, limits, paths,
};
use reqwest::{
    Body, Client, Method, RequestBuilder, Response, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderMap, IF_NONE_MATCH, RETRY_AFTER},
};
use serde::{Serialize, de::DeserializeOwned};
use std::{path::Path, time::Duration};
use tokio_util::io::ReaderStream;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// Beyond the wait that a long poll asks for.
const POLL_GRACE: Duration = Duration::from_secs(30);
/// 64 MiB over a line of 0.3 Mbit/s.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(30 * 60);
/// A connection that answers no ping for `PING_TIMEOUT` is given up and built anew. The pings also
/// keep address translation on the way alive.
const PING_INTERVAL: Duration = Duration::from_secs(30);
const PING_TIMEOUT: Duration = Duration::from_secs(15);
/// No gateway may send its agents away for longer.
const RETRY_AFTER_LIMIT: Duration = Duration::from_secs(60 * 60);

/// A connection to one gateway. All calls share one HTTP/2 connection, which is made when needed
/// and made again after it broke. Cheap to clone.
#[derive(Debug, Clone)]
pub struct GatewayClient {
    http: Client,
    origin: String,
}

/// The answer to a question for the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigAnswer {
    /// It is what the `ETag` stands for.
    Unchanged,
    /// It is another.
    Changed {
        /// The configuration.
        config: AgentConfig,
        /// Its version, without quotation marks.
        etag: String,
    },
}

impl GatewayClient {
    /// A client of the gateway at `address` (`host:port`); without credentials it can only
    /// register. Nothing is sent yet.
    ///
    /// # Errors
    /// [`InvalidCredentials`] if certificate and key do not fit.
    pub fn new(
        address: &str,
        trust: &GatewayTrust,
        credentials: Option<Credentials>,
    ) -> Result<Self, InvalidCredentials> {
        let http = Client::builder()
            .tls_backend_preconfigured(trust.tls(credentials)?)
            .http2_prior_knowledge()
            .http2_keep_alive_interval(PING_INTERVAL)
            .http2_keep_alive_timeout(PING_TIMEOUT)
            .http2_keep_alive_while_idle(true)
            .pool_idle_timeout(None)
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .https_only(true)
            .user_agent(concat!("latarnik-agent/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| {
                InvalidCredentials::Mismatch(rustls::Error::General(error.to_string()))
            })?;
        Ok(Self {
            http,
            origin: format!("https://{address}"),
        })
    }

    /// `POST /agent/register`.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn register(&self, request: &RegisterRequest) -> Result<RegisterResponse, CallError> {
        self.post(Operation::Register, paths::REGISTER, request)
            .await
    }

    /// `POST /agent/renew`.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn renew(&self, request: &RenewRequest) -> Result<RenewResponse, CallError> {
        self.post(Operation::Renew, paths::RENEW, request).await
    }

    /// `POST /agent/metrics`.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn check_in(&self, request: &CheckInRequest) -> Result<CheckInResponse, CallError> {
        self.post(Operation::CheckIn, paths::METRICS, request).await
    }

    /// `POST /agent/task-result`.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn report(&self, report: &TaskReport) -> Result<TaskReportResponse, CallError> {
        self.post(Operation::Report, paths::TASK_RESULT, report)
            .await
    }

    /// `GET /agent/config`, unless it is still what `etag` stands for.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn config(&self, etag: Option<&str>) -> Result<ConfigAnswer, CallError> {
        let operation = Operation::Config;
        let mut request = self.request(Method::GET, paths::CONFIG);
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, format!("\"{}\"", unquoted(etag)));
        }
        let response = send(operation, request).await?;
        if response.status() == StatusCode::NOT_MODIFIED {
            return Ok(ConfigAnswer::Unchanged);
        }
        let etag = response
            .headers()
            .get(ETAG)
            .and_then(|value| value.to_str().ok())
            .map(|etag| unquoted(etag).to_owned())
            .unwrap_or_default();
        Ok(ConfigAnswer::Changed {
            config: read(operation, response).await?,
            etag,
        })
    }

    /// `GET /agent/tasks`: waits for tasks beyond the sequence `after`, and acknowledges those up
    /// to it.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn tasks(&self, wait: Duration, after: u64) -> Result<TaskBatch, CallError> {
        let wait = wait.min(Duration::from_secs(limits::LONG_POLL_SECONDS));
        let path = format!("{}?wait={}&after={after}", paths::TASKS, wait.as_secs());
        let request = self.request(Method::GET, &path).timeout(wait + POLL_GRACE);
        read(Operation::Tasks, send(Operation::Tasks, request).await?).await
    }

    /// `PUT /agent/task-log/{task_id}`: sends the file as it is.
    ///
    /// # Errors
    /// [`CallError`]; [`CallError::File`] if the file cannot be read.
    pub async fn upload_log(&self, task: TaskId, file: &Path) -> Result<(), CallError> {
        let operation = Operation::UploadLog;
        let unreadable = |source| CallError::File { operation, source };
        let file = tokio::fs::File::open(file).await.map_err(unreadable)?;
        let length = file.metadata().await.map_err(unreadable)?.len();
        let request = self
            .request(Method::PUT, &format!("{}/{task}", paths::TASK_LOG))
            .timeout(UPLOAD_TIMEOUT)
            .header(CONTENT_TYPE, "text/plain; charset=utf-8")
            .header(CONTENT_LENGTH, length)
            .body(Body::wrap_stream(ReaderStream::new(file)));
        send(operation, request).await.map(drop)
    }

    async fn post<Q: Serialize, A: DeserializeOwned>(
        &self,
        operation: Operation,
        path: &str,
        body: &Q,
    ) -> Result<A, CallError> {
        read(
            operation,
            send(operation, self.request(Method::POST, path).json(body)).await?,
        )
        .await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.origin))
            .timeout(CALL_TIMEOUT)
    }
}

/// An `ETag` without the quotation marks and the mark of weakness.
pub(crate) fn unquoted(etag: &str) -> &str {
    etag.trim().trim_start_matches("W/").trim_matches('"')
}

async fn send(operation: Operation, request: RequestBuilder) -> Result<Response, CallError> {
    let response = request
        .send()
        .await
        .map_err(|error| CallError::from_http(operation, error))?;
    let status = response.status();
    if status.is_success() || status == StatusCode::NOT_MODIFIED {
        return Ok(response);
    }
    Err(refusal(operation, response).await)
}

async fn refusal(operation: Operation, response: Response) -> CallError {
    let status = response.status();
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        let retry_after = retry_after(response.headers());
        return CallError::Unavailable {
            operation,
            status: status.as_u16(),
            retry_after,
        };
    }
    match read::<Problem>(operation, response).await {
        Ok(problem) => CallError::Refused {
            operation,
            problem: Box::new(problem),
        },
        Err(error) => error,
    }
}

/// The gateway writes seconds; the form with a date is not read, because clocks differ.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds).min(RETRY_AFTER_LIMIT))
}

async fn read<A: DeserializeOwned>(
    operation: Operation,
    mut response: Response,
) -> Result<A, CallError> {
    let status = response.status().as_u16();
    let limit_bytes = limits::JSON_BODY_BYTES;
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| CallError::from_http(operation, error))?
    {
        if body.len() + chunk.len() > limit_bytes {
            return Err(CallError::AnswerTooLong {
                operation,
                limit_bytes,
            });
        }
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body).map_err(|source| CallError::Unintelligible {
        operation,
        status,
        source: Some(source),
    })
}
