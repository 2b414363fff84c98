//! `GET /agent/config`: what the server wants of the agent.

use crate::{authentication::Agent, gateway::Inner, refusal::Refusal};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use latarnik_app::{AgentIdentity, agents};
use latarnik_protocol::{AgentConfig, Fingerprint, Trust, UpdateSettings};
use std::sync::{Arc, Mutex, PoisonError};

/// The configuration, or 304 if the agent has it.
pub(super) async fn config(
    State(inner): State<Arc<Inner>>,
    agent: Agent,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let document = Document::of(&inner, &agent.identity).await?;
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
    Ok((headers, json, document.json.clone()).into_response())
}

/// The configuration as it travels.
#[derive(Debug)]
pub(crate) struct Document {
    json: Vec<u8>,
    /// With its quotes.
    pub(super) etag: String,
}

/// The latest documents: agents of the same settings get the same one, and every check-in asks for
/// its tag.
#[derive(Debug, Default)]
pub(crate) struct LatestDocuments(Mutex<Vec<(AgentConfig, Arc<Document>)>>);

/// As many documents as there are settings that policies may combine.
const DOCUMENTS: usize = 4;

impl Document {
    /// What the agent gets now.
    pub(super) async fn of(inner: &Inner, identity: &AgentIdentity) -> Result<Arc<Self>, Refusal> {
        let agents::Configuration {
            settings,
            source,
            title_languages,
        } = agents::configuration(&inner.app, identity).await?;
        let standing = inner.standing();
        let config = AgentConfig {
            check_in_interval_seconds: settings.check_in_interval_seconds,
            long_poll_seconds: settings.long_poll_seconds,
            scan_interval_seconds: settings.scan_interval_seconds,
            trust: Some(Trust {
                authorities: standing.fingerprints(),
                since: standing.since,
                renewal_spread_seconds: u32::try_from(inner.settings.renewal_spread.as_secs())
                    .unwrap_or(u32::MAX),
            }),
            maintenance: None,
            updates: Some(UpdateSettings {
                microsoft_update: source.microsoft_update,
                control_automatic_updates: source.control_automatic_updates,
                title_languages: title_languages.map(str::to_owned).to_vec(),
            }),
        };
        inner
            .latest_configs
            .document(config)
            .map_err(|error| Refusal::internal(&error))
    }
}

impl LatestDocuments {
    fn document(&self, config: AgentConfig) -> serde_json::Result<Arc<Document>> {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, document)) = latest.iter().find(|(known, _)| *known == config) {
            return Ok(document.clone());
        }
        let json = serde_json::to_vec(&config)?;
        let etag = format!("\"{}\"", Fingerprint::of(&json));
        let document = Arc::new(Document { json, etag });
        // Those of other authorities are asked for no more.
        latest.truncate(DOCUMENTS - 1);
        latest.insert(0, (config, document.clone()));
        Ok(document)
    }
}
