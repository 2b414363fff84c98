//! What every route needs.

use crate::{
    AgentPrograms,
    limits::{Limits, RateLimits},
};
use latarnik_app::App;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// How the console is served.
#[derive(Debug, Clone)]
pub struct ApiSettings {
    /// The address under which browsers and machines reach the console, such as
    /// `https://rmm.example.com`; `None` takes what the request says.
    pub public_url: Option<String>,
    /// Whether browsers come over TLS, so that cookies may demand it.
    pub cookie_security: CookieSecurity,
    /// Whether a proxy in front says where requests come from.
    pub proxy: ProxyTrust,
    /// How often anybody may ask.
    pub limits: RateLimits,
}

/// Who is believed about the address that a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyTrust {
    /// The connection alone.
    None,
    /// The last entry of `X-Forwarded-For`, which the proxy in front added.
    LastHop,
}

/// Whether the session cookie travels over TLS only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieSecurity {
    /// Over TLS only.
    TlsOnly,
    /// Over plain HTTP too: for a console on loopback.
    PlainAllowed,
}

/// What every route needs. Cheap to clone.
#[derive(Clone)]
pub struct ApiState(Arc<Inner>);

struct Inner {
    app: App,
    limits: Limits,
    settings: ApiSettings,
    programs: AgentPrograms,
    shutdown: CancellationToken,
}

impl ApiState {
    /// Puts it together. When `shutdown` is cancelled, streams end.
    #[must_use]
    pub fn new(
        app: App,
        settings: ApiSettings,
        programs: AgentPrograms,
        shutdown: CancellationToken,
    ) -> Self {
        Self(Arc::new(Inner {
            app,
            limits: Limits::new(settings.limits),
            settings,
            programs,
            shutdown,
        }))
    }

    pub(crate) fn app(&self) -> &App {
        &self.0.app
    }

    pub(crate) fn settings(&self) -> &ApiSettings {
        &self.0.settings
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) fn programs(&self) -> &AgentPrograms {
        &self.0.programs
    }

    pub(crate) fn shutdown(&self) -> &CancellationToken {
        &self.0.shutdown
    }
}
