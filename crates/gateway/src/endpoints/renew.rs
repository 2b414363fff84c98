//! `POST /agent/renew`: a further certificate for the same device.

use super::issue;
use crate::{
    authentication::Agent, authority::SigningRequest, body::JsonBody, gateway::Inner,
    refusal::Refusal,
};
use axum::{Json, extract::State};
use latarnik_protocol::{RenewRequest, RenewResponse};
use std::sync::Arc;
use tokio::time::Instant;

/// Signs a new certificate. The old one works until it ends.
pub(super) async fn renew(
    State(inner): State<Arc<Inner>>,
    agent: Agent,
    JsonBody(request): JsonBody<RenewRequest>,
) -> Result<Json<RenewResponse>, Refusal> {
    let signing_request = SigningRequest::parse(&request.signing_request)?;
    if let Some(budget) = agent.peer.budget() {
        budget.take_renewal(Instant::now())?;
    }
    let standing = inner.standing();
    let issued = issue(&inner, &standing, &agent.identity, &signing_request).await?;
    Ok(Json(RenewResponse {
        certificate: issued.pem,
        expires_at: issued.not_after,
        authorities: standing.certificates_pem(),
    }))
}
