//! How agents are to be set up: what the server says to all of them, and what policies say for one.

use super::{AgentError, AgentIdentity, AgentSettings};
use crate::App;
use latarnik_model::SourceSettings;

/// The languages of the console, in which titles of updates are wanted.
const TITLE_LANGUAGES: [&str; 2] = ["en", "pl"];

/// How an agent is to be set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Configuration {
    /// What holds for all.
    pub settings: AgentSettings,
    /// How its own source of updates should be set.
    pub source: SourceSettings,
    /// The languages in which titles are wanted beside the machine's own (BCP 47).
    pub title_languages: [&'static str; 2],
}

/// How an agent is to be set up.
///
/// # Errors
/// [`AgentError`].
pub async fn configuration(app: &App, agent: &AgentIdentity) -> Result<Configuration, AgentError> {
    let source = match app.fleet().settings(agent.device_id) {
        Some(settings) => settings,
        None => {
            let state = app.store().agent_state(agent.tenant_id, agent.device_id);
            state.await?.ok_or(AgentError::DeviceRemoved)?.settings
        }
    };
    Ok(Configuration {
        settings: app.agent_settings(),
        source,
        title_languages: TITLE_LANGUAGES,
    })
}
