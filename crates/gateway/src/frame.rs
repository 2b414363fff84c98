//! What every request gets: an id, a log line, the catching of panics, and problem details.

use crate::refusal::Refusal;
use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use latarnik_protocol::ProblemCode;
use std::panic::AssertUnwindSafe;
use tokio::time::Instant;
use tower::ServiceExt;
use tracing::Instrument;

/// Answers one request; `request_id` names it in the log and in problem details.
pub(crate) async fn answer(router: Router, request: Request<Body>, request_id: u64) -> Response {
    let span = tracing::info_span!("request", id = format_args!("{request_id:016x}"));
    answer_in_span(router, request, request_id)
        .instrument(span)
        .await
}

async fn answer_in_span(router: Router, request: Request<Body>, request_id: u64) -> Response {
    let started = Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = AssertUnwindSafe(router.oneshot(request))
        .catch_unwind()
        .await
        .map_or_else(|_| panicked(), |Ok(response)| response);
    let response = with_problem(response, request_id);
    tracing::debug!(
        %method,
        path,
        status = response.status().as_u16(),
        duration_ms = started.elapsed().as_millis(),
        "answered"
    );
    response
}

/// The panic's text is in the log already, through the process's panic hook.
fn panicked() -> Response {
    tracing::error!("a request ended in a panic");
    Refusal::new(ProblemCode::Internal).into_response()
}

/// Writes the body of refusals: ours, and those of the router (unknown path, wrong method).
fn with_problem(mut response: Response, request_id: u64) -> Response {
    if !response.status().is_client_error() && !response.status().is_server_error() {
        return response;
    }
    let refusal = response
        .extensions_mut()
        .remove::<Refusal>()
        .unwrap_or_else(|| Refusal::new(code_of(response.status())));
    let problem = refusal.problem(format!("{request_id:016x}"));
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    if let Some(seconds) = refusal.retry_after_seconds() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    *response.status_mut() = refusal.status();
    *response.body_mut() = serde_json::to_vec(&problem).unwrap_or_default().into();
    response
}

fn code_of(status: StatusCode) -> ProblemCode {
    match status {
        StatusCode::NOT_FOUND => ProblemCode::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => ProblemCode::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => ProblemCode::BodyTooLarge,
        _ if status.is_client_error() => ProblemCode::MalformedRequest,
        _ => ProblemCode::Internal,
    }
}
