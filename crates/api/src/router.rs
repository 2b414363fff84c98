//! All routes together.

use crate::{
    ApiState, agent_programs, calendar, console, description, limits,
    problem::{self, ApiError},
    request_id, security, v1,
};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use http::StatusCode;
use std::time::Duration;
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, timeout::TimeoutLayer,
};
use utoipa::openapi::OpenApi;

/// How long a request may take until its answer begins, its body included.
const LONGEST: Duration = Duration::from_secs(60);
/// Longest body, in bytes.
const MOST_BODY_BYTES: usize = 1024 * 1024;

/// Everything that browsers reach.
pub fn router(state: ApiState) -> Router {
    let (api, openapi) = v1::router().split_for_parts();
    let openapi = description::complete(openapi);
    let document: axum::body::Bytes = openapi
        .to_json()
        .expect("the description has only string keys")
        .into();
    let document = get(move || {
        let document = document.clone();
        async move { ([(http::header::CONTENT_TYPE, "application/json")], document) }
    });
    Router::new()
        .merge(api)
        .route("/api/v1/openapi.json", document)
        .route("/download/agent/{platform}", get(agent_programs::download))
        .route("/calendar/{file}", get(calendar::read))
        .fallback(console::serve)
        .layer(middleware::from_fn(security::same_origin))
        .layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            LONGEST,
        ))
        .layer(middleware::map_response(problem::name))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            limits::enforce,
        ))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            request_id::name,
        ))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            security::headers,
        ))
        .layer(CompressionLayer::new())
        .with_state(state)
}

/// The description of the API, as `openapi/console.json` holds it.
#[must_use]
pub fn openapi() -> OpenApi {
    description::complete(v1::router().into_openapi())
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    tracing::error!("a route panicked");
    ApiError::Refused(StatusCode::INTERNAL_SERVER_ERROR, "internal").into_response()
}
