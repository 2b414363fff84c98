//! How often anybody may ask: by address before anything is known, then by person or token.

use crate::{ApiState, origin, problem::ApiError};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use latarnik_app::Actor;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};
use uuid::Uuid;

/// Requests that may come at once, and how many come back each second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// At once.
    pub burst: u32,
    /// Each second, for long.
    pub per_second: u32,
}

/// The limits of the console and its API.
#[derive(Debug, Clone, Copy)]
pub struct RateLimits {
    /// For one address, before anything is known of who asks.
    pub address: RateLimit,
    /// For one person or one token.
    pub caller: RateLimit,
}

impl Default for RateLimits {
    /// An office behind one address, and a busy person with several windows open.
    fn default() -> Self {
        Self {
            address: RateLimit {
                burst: 2000,
                per_second: 200,
            },
            caller: RateLimit {
                burst: 1000,
                per_second: 100,
            },
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Address(IpAddr),
    User(Uuid),
    Token(Uuid),
}

impl Key {
    const fn policy(self) -> &'static str {
        match self {
            Self::Address(_) => "address",
            Self::User(_) => "user",
            Self::Token(_) => "token",
        }
    }
}

/// What was used up of a limit lately.
#[derive(Debug, Clone, Copy)]
struct Used {
    /// Requests that have not come back yet, in thousandths.
    thousandths: u64,
    at: Timestamp,
}

/// Beyond so many keys, those that have everything back are forgotten.
const MOST_KEYS: usize = 20_000;

/// Who has used up how much.
#[derive(Debug)]
pub(crate) struct Limits {
    settings: RateLimits,
    used: Mutex<HashMap<Key, Used>>,
}

/// How a request stands with its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stand {
    policy: &'static str,
    limit: RateLimit,
    remaining: u32,
    /// Seconds until the next request is let through, if this one was not.
    wait: Option<u32>,
}

impl Stand {
    /// Seconds to wait, if the request is refused.
    pub(crate) const fn refused(self) -> Option<u64> {
        match self.wait {
            Some(seconds) => Some(seconds as u64),
            None => None,
        }
    }

    /// Seconds until everything has come back.
    fn window(self) -> u32 {
        self.limit.burst.div_ceil(self.limit.per_second.max(1))
    }

    /// The headers of draft-ietf-httpapi-ratelimit-headers-10.
    fn write(self, headers: &mut HeaderMap) {
        let policy = format!(
            "\"{}\";q={};w={}",
            self.policy,
            self.limit.burst,
            self.window()
        );
        let wait = self.wait.unwrap_or(1);
        let limit = format!("\"{}\";r={};t={wait}", self.policy, self.remaining);
        for (name, text) in [("ratelimit-policy", policy), ("ratelimit", limit)] {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(name, value);
            }
        }
    }
}

/// Where the routes note how their caller stands, for the headers of the answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standing(Arc<Mutex<Option<Stand>>>);

impl Standing {
    /// The tighter one is shown.
    pub(crate) fn note(&self, stand: &Stand) {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.is_none_or(|shown| stand.remaining <= shown.remaining) {
            *shown = Some(*stand);
        }
    }

    fn shown(&self) -> Option<Stand> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Limits {
    pub(crate) fn new(settings: RateLimits) -> Self {
        Self {
            settings,
            used: Mutex::default(),
        }
    }

    /// Counts a request of a person or token.
    pub(crate) fn take_for(&self, actor: &Actor, now: Timestamp) -> Option<Stand> {
        let key = match actor {
            Actor::User { id, .. } => Key::User(id.0),
            Actor::ApiToken { id, .. } => Key::Token(id.0),
            Actor::CommandLine => return None,
        };
        Some(self.take(key, self.settings.caller, now))
    }

    fn take(&self, key: Key, limit: RateLimit, now: Timestamp) -> Stand {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= MOST_KEYS {
            let settings = self.settings;
            used.retain(|key, used| {
                let limit = match key {
                    Key::Address(_) => settings.address,
                    Key::User(_) | Key::Token(_) => settings.caller,
                };
                left(*used, limit, now) > 0
            });
        }
        let before = used.get(&key).map_or(0, |used| left(*used, limit, now));
        let most = u64::from(limit.burst) * 1000;
        let after = before + 1000;
        let refused = after > most;
        let thousandths = if refused { before } else { after };
        let at = now;
        used.insert(key, Used { thousandths, at });
        let rate = u64::from(limit.per_second.max(1));
        let wait = refused.then(|| {
            let seconds = (after - most).div_ceil(1000 * rate).max(1);
            u32::try_from(seconds).unwrap_or(u32::MAX)
        });
        Stand {
            policy: key.policy(),
            limit,
            remaining: u32::try_from((most - thousandths) / 1000).unwrap_or(u32::MAX),
            wait,
        }
    }
}

/// What is still used up now.
fn left(used: Used, limit: RateLimit, now: Timestamp) -> u64 {
    let passed = now.duration_since(used.at).as_millis();
    let passed = u64::try_from(passed).unwrap_or_default();
    // Requests a second are thousandths of a request a millisecond.
    used.thousandths
        .saturating_sub(passed.saturating_mul(u64::from(limit.per_second)))
}

/// Counts a request for its address, and tells every answer how the caller stands.
pub(crate) async fn enforce(
    State(state): State<ApiState>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let limited = ["/api/", "/download/", "/calendar/"];
    if !limited.iter().any(|start| path.starts_with(start)) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let standing = Standing::default();
    let limits = state.limits();
    let mut response = match origin::address(&parts, &state) {
        Some(address) => {
            let limit = limits.settings.address;
            let stand = limits.take(Key::Address(address), limit, state.app().now());
            standing.note(&stand);
            match stand.refused() {
                Some(seconds) => ApiError::TooManyRequests(seconds).into_response(),
                None => {
                    parts.extensions.insert(standing.clone());
                    next.run(Request::from_parts(parts, body)).await
                }
            }
        }
        None => {
            parts.extensions.insert(standing.clone());
            next.run(Request::from_parts(parts, body)).await
        }
    };
    if let Some(stand) = standing.shown() {
        stand.write(response.headers_mut());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    const LIMIT: RateLimit = RateLimit {
        burst: 3,
        per_second: 2,
    };
    const KEY: Key = Key::Address(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));

    fn limits() -> Limits {
        Limits::new(RateLimits {
            address: LIMIT,
            caller: LIMIT,
        })
    }

    #[test]
    fn burst_is_let_through_and_the_next_one_waits() {
        let (limits, now) = (limits(), Timestamp::UNIX_EPOCH);
        for remaining in [2, 1, 0] {
            let stand = limits.take(KEY, LIMIT, now);
            assert_eq!((stand.remaining, stand.refused()), (remaining, None));
        }
        assert_eq!(limits.take(KEY, LIMIT, now).refused(), Some(1));
        let other = Key::User(Uuid::nil());
        assert_eq!(limits.take(other, LIMIT, now).refused(), None);
    }

    #[test]
    fn what_was_used_comes_back_with_time_and_refusals_cost_nothing() {
        let (limits, now) = (limits(), Timestamp::UNIX_EPOCH);
        for _ in 0..10 {
            limits.take(KEY, LIMIT, now);
        }
        let later = now + SignedDuration::from_millis(500);
        assert_eq!(limits.take(KEY, LIMIT, later).refused(), None);
        assert_eq!(limits.take(KEY, LIMIT, later).refused(), Some(1));
        let earlier = now - SignedDuration::from_hours(1);
        assert!(
            limits.take(KEY, LIMIT, earlier).refused().is_some(),
            "a clock that goes back gives nothing back"
        );
    }

    #[test]
    fn headers_tell_policy_and_rest() {
        let (limits, now) = (limits(), Timestamp::UNIX_EPOCH);
        let mut headers = HeaderMap::new();
        limits.take(KEY, LIMIT, now).write(&mut headers);
        assert_eq!(headers["ratelimit-policy"], "\"address\";q=3;w=2");
        assert_eq!(headers["ratelimit"], "\"address\";r=2;t=1");
    }
}
