//! `GET /agent/config`: what the server wants of the agent.

use crate::{authentication::Agent, gateway::Inner, refusal::Refusal};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use latarnik_app::{AgentIdentity, agents};
use latarnik_model::MaintenanceRules;
use latarnik_protocol::{AgentConfig, Fingerprint, RawMaintenance, Trust, UpdateSettings};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

/// The configuration, or 304 if the agent has it.
pub(super) async fn config(
    State(inner): State<Arc<Inner>>,
    agent: Agent,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let wanted = Wanted::of(&inner, &agent.identity).await?;
    let etag = wanted.etag(&inner)?;
    let header = HeaderValue::try_from(&*etag).map_err(|error| Refusal::internal(&error))?;
    let known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|tag| matches!(tag.trim(), "*") || tag.trim() == &*etag);
    let headers = [(header::ETAG, header)];
    if known {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let document = wanted
        .document()
        .map_err(|error| Refusal::internal(&error))?;
    let json = [(header::CONTENT_TYPE, "application/json")];
    Ok((headers, json, document).into_response())
}

/// The tag of what the server wants of an agent now, with its quotes.
pub(super) async fn etag(inner: &Inner, identity: &AgentIdentity) -> Result<String, Refusal> {
    let wanted = Wanted::of(inner, identity).await?;
    Ok(wanted.etag(inner)?.to_string())
}

/// What the server wants of an agent.
struct Wanted {
    configuration: agents::Configuration,
    trust: Trust,
}

impl Wanted {
    async fn of(inner: &Inner, identity: &AgentIdentity) -> Result<Self, Refusal> {
        let configuration = agents::configuration(&inner.app, identity).await?;
        let standing = inner.standing();
        let spread = inner.settings.renewal_spread.as_secs();
        Ok(Self {
            configuration,
            trust: Trust {
                authorities: standing.fingerprints(),
                since: standing.since,
                renewal_spread_seconds: u32::try_from(spread).unwrap_or(u32::MAX),
            },
        })
    }

    /// The configuration as it travels.
    fn document(&self) -> serde_json::Result<Vec<u8>> {
        let agents::Configuration {
            settings,
            source,
            title_languages,
            maintenance,
        } = &self.configuration;
        serde_json::to_vec(&AgentConfig {
            check_in_interval_seconds: settings.check_in_interval_seconds,
            long_poll_seconds: settings.long_poll_seconds,
            scan_interval_seconds: settings.scan_interval_seconds,
            trust: Some(self.trust.clone()),
            maintenance: Some(RawMaintenance::new(maintenance)),
            updates: Some(UpdateSettings {
                microsoft_update: source.microsoft_update,
                control_automatic_updates: source.control_automatic_updates,
                title_languages: title_languages.map(str::to_owned).to_vec(),
            }),
        })
    }

    fn etag(&self, inner: &Inner) -> Result<Arc<str>, Refusal> {
        inner
            .etags
            .of(self)
            .map_err(|error| Refusal::internal(&error))
    }
}

/// The tags of what agents get: every check-in asks for one, and agents of the same rules and
/// settings have the same.
#[derive(Debug, Default)]
pub(crate) struct Etags(Mutex<HashMap<Key, Known>>);

/// What decides a tag, as long as the authorities are the same.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    /// Where the rules lie in memory. Nothing else comes to lie there as long as [`Known::rules`]
    /// refers to it.
    rules: usize,
    microsoft_update: bool,
    control_automatic_updates: bool,
}

#[derive(Debug)]
struct Known {
    rules: Weak<MaintenanceRules>,
    trust: Trust,
    etag: Arc<str>,
}

impl Etags {
    fn of(&self, wanted: &Wanted) -> serde_json::Result<Arc<str>> {
        let configuration = &wanted.configuration;
        let key = Key {
            rules: Arc::as_ptr(&configuration.maintenance).addr(),
            microsoft_update: configuration.source.microsoft_update,
            control_automatic_updates: configuration.source.control_automatic_updates,
        };
        let mut etags = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = etags.get(&key).filter(|known| known.trust == wanted.trust) {
            return Ok(known.etag.clone());
        }
        let etag: Arc<str> = format!("\"{}\"", Fingerprint::of(&wanted.document()?)).into();
        if etags.len() == etags.capacity() {
            // Rules that changed are asked for no more.
            etags.retain(|_, known| known.rules.strong_count() > 0);
        }
        let known = Known {
            rules: Arc::downgrade(&configuration.maintenance),
            trust: wanted.trust.clone(),
            etag: etag.clone(),
        };
        etags.insert(key, known);
        Ok(etag)
    }
}
