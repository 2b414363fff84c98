//! The agent endpoints, one file each.

pub(crate) mod config;
mod metrics;
mod register;
mod renew;
mod task_log;
mod task_result;
mod tasks;

use crate::{
    authorities::Standing,
    authority::{Issued, SigningRequest, SigningRequestInvalid},
    gateway::Inner,
    refusal::Refusal,
};
use axum::{
    Router,
    routing::{MethodRouter, get, post, put},
};
use latarnik_app::{AgentIdentity, agents};
use latarnik_protocol::{ProblemCode, paths};
use std::sync::Arc;

/// An endpoint as its callers see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint {
    /// Its HTTP method.
    pub method: &'static str,
    /// Its path; `{task_id}` stands for one.
    pub path: &'static str,
    /// Whom it answers.
    pub access: Access,
}

/// Whom an endpoint answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everyone.
    Anybody,
    /// Devices with a certificate that counts, about themselves.
    Devices,
}

type Route = (Endpoint, fn() -> MethodRouter<Arc<Inner>>);

/// Every endpoint there is; the router is made of this and nothing else.
const ROUTES: &[Route] = &[
    (
        Endpoint {
            method: "POST",
            path: paths::REGISTER,
            access: Access::Anybody,
        },
        || post(register::register),
    ),
    (devices("POST", paths::RENEW), || post(renew::renew)),
    (devices("GET", paths::CONFIG), || get(config::config)),
    (devices("POST", paths::METRICS), || post(metrics::check_in)),
    (devices("GET", paths::TASKS), || get(tasks::tasks)),
    (devices("POST", paths::TASK_RESULT), || {
        post(task_result::task_result)
    }),
    (devices("PUT", "/agent/task-log/{task_id}"), || {
        put(task_log::task_log)
    }),
];

const fn devices(method: &'static str, path: &'static str) -> Endpoint {
    Endpoint {
        method,
        path,
        access: Access::Devices,
    }
}

/// Every endpoint of the gateway.
pub fn endpoints() -> impl Iterator<Item = Endpoint> {
    ROUTES.iter().map(|(endpoint, _)| *endpoint)
}

/// All endpoints.
pub(crate) fn router(inner: Arc<Inner>) -> Router {
    ROUTES
        .iter()
        .fold(Router::new(), |router, (endpoint, handler)| {
            router.route(endpoint.path, handler())
        })
        .with_state(inner)
}

/// Signs a certificate for an agent and records it. The answer names the authorities of the same
/// standing, so that an agent which knows them all has a certificate that counts for all of them.
async fn issue(
    inner: &Inner,
    standing: &Standing,
    identity: &AgentIdentity,
    request: &SigningRequest,
) -> Result<Issued, Refusal> {
    let mut serial = [0; 16];
    inner.app.random(&mut serial);
    let issued = standing
        .signer()
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
