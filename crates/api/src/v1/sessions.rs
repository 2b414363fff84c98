//! Signed-in browsers.

pub(super) mod delete;
pub(super) mod list;

use crate::instant::Instant;
use latarnik_app::SessionRecord;
use latarnik_model::{SessionId, SignInMethod};
use serde::Serialize;
use utoipa::ToSchema;

/// A signed-in browser.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserSession {
    id: SessionId,
    created_at: Instant,
    /// To the minute.
    last_seen_at: Instant,
    /// When it ends whatever happens.
    expires_at: Instant,
    address: Option<String>,
    /// What the browser calls itself.
    user_agent: Option<String>,
    method: SignInMethod,
    /// Whether it is the one that asks.
    current: bool,
}

impl UserSession {
    /// A session, seen from another or from itself.
    pub(crate) fn new(session: SessionRecord, current: Option<SessionId>) -> Self {
        Self {
            current: current == Some(session.id),
            id: session.id,
            created_at: session.created_at.into(),
            last_seen_at: session.last_seen_at.into(),
            expires_at: session.expires_at.into(),
            address: session.address,
            user_agent: session.user_agent,
            method: session.method,
        }
    }
}
