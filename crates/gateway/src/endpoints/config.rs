//! `GET /agent/config`: what the server wants of the agent.

use crate::{authentication::Agent, gateway::Inner, refusal::Refusal};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use latarnik_app::{AgentIdentity, agents};
use latarnik_protocol::{AgentConfig, Fingerprint};
use std::sync::Arc;

/// The configuration, or 304 if the agent has it.
pub(super) async fn config(
    State(inner): State<Arc<Inner>>,
    agent: Agent,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let document = Document::of(&inner, &agent.identity)?;
    let etag = HeaderValue::try_from(&document.etag).map_err(|error| Refusal::internal(&error))?;
    let known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|tag| matches!(tag.trim(), "*") || tag.trim() == document.etag);
    let headers = [(header::ETAG, etag)];
    if known {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let json = [(header::CONTENT_TYPE, "application/json")];
    Ok((headers, json, document.json).into_response())
}

/// The configuration as it travels.
pub(super) struct Document {
    json: Vec<u8>,
    /// With its quotes.
    pub(super) etag: String,
}

impl Document {
    /// What the agent gets now.
    pub(super) fn of(inner: &Inner, identity: &AgentIdentity) -> Result<Self, Refusal> {
        let settings = agents::configuration(&inner.app, identity);
        let config = AgentConfig {
            check_in_interval_seconds: settings.check_in_interval_seconds,
            long_poll_seconds: settings.long_poll_seconds,
            scan_interval_seconds: settings.scan_interval_seconds,
        };
        let json = serde_json::to_vec(&config).map_err(|error| Refusal::internal(&error))?;
        let etag = format!("\"{}\"", Fingerprint::of(&json));
        Ok(Self { json, etag })
    }
}
