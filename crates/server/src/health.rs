//! Signs of life for whatever watches the process.

use axum::{Router, extract::State, routing::get};
use latarnik_app::App;
use tokio_util::sync::CancellationToken;

#[derive(Clone)]
struct Health {
    app: App,
    shutdown: CancellationToken,
}

/// `/healthz` answers while the process lives; `/readyz` while it can also do its work.
pub(crate) fn router(app: App, shutdown: CancellationToken) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .with_state(Health { app, shutdown })
}

async fn ready(State(health): State<Health>) -> (axum::http::StatusCode, &'static str) {
    let unavailable = axum::http::StatusCode::SERVICE_UNAVAILABLE;
    if health.shutdown.is_cancelled() {
        return (unavailable, "shutting down\n");
    }
    match health.app.ping().await {
        Ok(()) => (axum::http::StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "not ready");
            (unavailable, "the database does not answer\n")
        }
    }
}
