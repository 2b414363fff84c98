//! What every request gets: an id, a log line, the catching of panics, and problem details.

use crate::refusal::Refusal;
use axum::{
    Router,
    body::Body,
    http::{HeaderName, HeaderValue, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use latarnik_protocol::ProblemCode;
use std::panic::AssertUnwindSafe;
use tokio::time::Instant;
use tower::ServiceExt;
use tracing::Instrument;

/// Fields of draft-ietf-httpapi-ratelimit-headers.
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

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
    if let Some(exceeded) = refusal.exceeded() {
        let fields = [
            (RATE_LIMIT_POLICY, exceeded.policy.to_string()),
            (RATE_LIMIT, exceeded.to_string()),
        ];
        for (name, text) in fields {
            if let Ok(value) = HeaderValue::try_from(text) {
                headers.insert(name, value);
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{body::to_bytes, routing::get};
    use latarnik_app::agents::AgentError;
    use latarnik_protocol::Problem;
    use latarnik_store::StoreError;

    async fn answer_to(method: &str, path: &str) -> (Response, Problem) {
        async fn broken() -> StatusCode {
            panic!("a fault")
        }
        async fn no_database() -> Result<(), Refusal> {
            Err(AgentError::from(StoreError::Address).into())
        }
        let router = Router::new()
            .route("/broken", get(broken))
            .route("/no-database", get(no_database));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::empty())
            .unwrap();
        let (parts, body) = answer(router, request, 0xabc).await.into_parts();
        let body = to_bytes(body, 10_000).await.unwrap();
        (
            Response::from_parts(parts, Body::empty()),
            serde_json::from_slice(&body).unwrap(),
        )
    }

    #[tokio::test]
    async fn panic_becomes_an_internal_problem() {
        let (response, problem) = answer_to("GET", "/broken").await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(problem.code, ProblemCode::Internal);
    }

    #[tokio::test]
    async fn missing_database_becomes_unavailable_with_a_time_to_come_back() {
        let (response, problem) = answer_to("GET", "/no-database").await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "5");
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
        assert_eq!(problem.code, ProblemCode::Unavailable);
        assert_eq!(problem.request_id.as_deref(), Some("0000000000000abc"));
        assert_eq!(problem.detail, None, "the cause is for the log");
    }

    #[tokio::test]
    async fn unknown_path_and_wrong_method_are_problems_too() {
        let (_, problem) = answer_to("GET", "/agent/unknown").await;
        assert_eq!((problem.code, problem.status), (ProblemCode::NotFound, 404));
        let (_, problem) = answer_to("DELETE", "/broken").await;
        assert_eq!(
            (problem.code, problem.status),
            (ProblemCode::MethodNotAllowed, 405)
        );
    }
}
