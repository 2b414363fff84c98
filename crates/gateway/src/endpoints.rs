//! The agent endpoints, one file each.

mod config;
mod metrics;
mod register;
mod renew;
mod task_log;
mod task_result;
mod tasks;

use crate::{
    authority::{Issued, SigningRequest, SigningRequestInvalid},
    gateway::Inner,
    refusal::Refusal,
};
use axum::{
    Router,
    routing::{get, post, put},
};
use latarnik_app::{AgentIdentity, agents};
use latarnik_protocol::{ProblemCode, paths};
use std::sync::Arc;

/// All endpoints.
pub(crate) fn router(inner: Arc<Inner>) -> Router {
    Router::new()
        .route(paths::REGISTER, post(register::register))
        .route(paths::RENEW, post(renew::renew))
        .route(paths::CONFIG, get(config::config))
        .route(paths::METRICS, post(metrics::check_in))
        .route(paths::TASKS, get(tasks::tasks))
        .route(paths::TASK_RESULT, post(task_result::task_result))
        .route(
            &format!("{}/{{task_id}}", paths::TASK_LOG),
            put(task_log::task_log),
        )
        .with_state(inner)
}

/// Signs a certificate for an agent and records it.
async fn issue(
    inner: &Inner,
    identity: &AgentIdentity,
    request: &SigningRequest,
) -> Result<Issued, Refusal> {
    let mut serial = [0; 16];
    inner.app.random(&mut serial);
    let issued = inner
        .authority
        .sign_client(request, identity, inner.app.now(), serial)
        .map_err(|error| Refusal::internal(&error))?;
    let certificate = agents::Certificate {
        fingerprint: *issued.fingerprint.as_bytes(),
        serial: issued.serial.clone(),
        not_before: issued.not_before,
        not_after: issued.not_after,
    };
    agents::record_certificate(&inner.app, identity, certificate).await?;
    Ok(issued)
}

impl From<SigningRequestInvalid> for Refusal {
    fn from(error: SigningRequestInvalid) -> Self {
        Self::new(ProblemCode::SigningRequestInvalid).with_detail(error.to_string())
    }
}
