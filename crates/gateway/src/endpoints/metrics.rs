//! `POST /agent/metrics`: the check-in.

use super::config;
use crate::{authentication::Agent, body::JsonBody, conversion, gateway::Inner, refusal::Refusal};
use axum::{Json, extract::State};
use latarnik_app::agents;
use latarnik_protocol::{CheckInRequest, CheckInResponse};
use std::sync::Arc;

/// Takes a heartbeat and what travels with it.
pub(super) async fn check_in(
    State(inner): State<Arc<Inner>>,
    agent: Agent,
    JsonBody(request): JsonBody<CheckInRequest>,
) -> Result<Json<CheckInResponse>, Refusal> {
    let check_in = conversion::check_in(request)?;
    let answer = agents::check_in(&inner.app, &agent.identity, check_in).await?;
    Ok(Json(CheckInResponse {
        server_time: inner.app.now(),
        config_etag: config::etag(&inner, &agent.identity).await?,
        resend_updates: answer.resend_updates,
        resend_facts: answer.resend_facts,
    }))
}
