//! How agents are to be set up: what the server says to all of them, what policies say for one, and
//! when automatic work may run.

use super::{AgentError, AgentIdentity, AgentSettings};
use crate::{App, agents::fleet::Place};
use latarnik_model::{MaintenanceRules, SourceSettings};
use std::sync::Arc;

/// The languages of the console, in which titles of updates are wanted.
const TITLE_LANGUAGES: [&str; 2] = ["en", "pl"];

/// How an agent is to be set up.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// What holds for all.
    pub settings: AgentSettings,
    /// How its own source of updates should be set.
    pub source: SourceSettings,
    /// The languages in which titles are wanted beside the machine's own (BCP 47).
    pub title_languages: [&'static str; 2],
    /// When automatic work may run. Devices of the same rules share them.
    pub maintenance: Arc<MaintenanceRules>,
}

/// How an agent is to be set up. Costs no query for an agent that has checked in.
///
/// # Errors
/// [`AgentError`].
pub async fn configuration(app: &App, agent: &AgentIdentity) -> Result<Configuration, AgentError> {
    let place = match app.fleet().place(agent.device_id) {
        Some(place) => place,
        None => {
            let state = app.store().agent_state(agent.tenant_id, agent.device_id);
            let state = state.await?.ok_or(AgentError::DeviceRemoved)?;
            Place {
                settings: state.settings,
                group: state.group_id,
            }
        }
    };
    let book = app.bookshelf().book(app.store(), agent.tenant_id).await?;
    Ok(Configuration {
        settings: app.agent_settings(),
        source: place.settings,
        title_languages: TITLE_LANGUAGES,
        maintenance: book.rules(agent.device_id, place.group),
    })
}
