//! Who calls.

use crate::{ApiState, cookie, limits::Standing, origin, problem::ApiError};
use axum::extract::FromRequestParts;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{header, request::Parts};
use latarnik_app::{Actor, ApiTokenSecret, Context, Problem, SessionToken, SignedIn};
use latarnik_model::TenantId;

/// What every API token begins with, so that people and programs that look for lost secrets
/// recognise it.
const TOKEN_PREFIX: &str = "latarnik_api_";

/// Somebody who has proved who they are: a person by their session, or a program by its token. A
/// route that takes it answers 401 to everyone else.
pub(crate) struct Caller(Context);

impl Caller {
    pub(crate) const fn context(&self) -> &Context {
        &self.0
    }

    /// The caller's own tenant.
    pub(crate) fn tenant_id(&self) -> Result<TenantId, ApiError> {
        match self.0.actor {
            Actor::User { tenant_id, .. } | Actor::ApiToken { tenant_id, .. } => Ok(tenant_id),
            Actor::CommandLine => Err(ApiError::NOT_FOUND),
        }
    }
}

impl FromRequestParts<ApiState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &ApiState,
    ) -> Result<Self, Self::Rejection> {
        let Some(token) = bearer(parts) else {
            let person = Person::from_request_parts(parts, state).await?;
            return Ok(Self(person.0.context));
        };
        let context = program(parts, state, &token).await?;
        admit(parts, state, &context)?;
        Ok(Self(context))
    }
}

/// A caller who stays to watch: whoever may be a [`Caller`]. Watching keeps no session alive.
pub(crate) struct Watcher(Context);

impl Watcher {
    pub(crate) const fn context(&self) -> &Context {
        &self.0
    }
}

impl FromRequestParts<ApiState> for Watcher {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &ApiState,
    ) -> Result<Self, Self::Rejection> {
        let context = match bearer(parts) {
            Some(token) => program(parts, state, &token).await?,
            None => {
                let token = session_token(parts, state)?;
                let origin = origin::of(parts, state);
                state.app().recognise(&token, origin).await?.context
            }
        };
        admit(parts, state, &context)?;
        Ok(Self(context))
    }
}

/// A signed-in person. A route that takes it answers 403 to tokens, and 401 to everyone else.
pub(crate) struct Person(pub(crate) SignedIn);

impl Person {
    pub(crate) const fn context(&self) -> &Context {
        &self.0.context
    }
}

impl FromRequestParts<ApiState> for Person {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &ApiState,
    ) -> Result<Self, Self::Rejection> {
        if let Some(token) = bearer(parts) {
            program(parts, state, &token).await?;
            return Err(Problem::UserRequired.into());
        }
        let token = session_token(parts, state)?;
        let origin = origin::of(parts, state);
        let signed_in = state.app().resume(&token, origin).await?;
        admit(parts, state, &signed_in.context)?;
        Ok(Self(signed_in))
    }
}

/// Whose API token it is.
async fn program(parts: &Parts, state: &ApiState, token: &str) -> Result<Context, ApiError> {
    let secret = read_token(token).ok_or(Problem::NotSignedIn)?;
    let origin = origin::of(parts, state);
    Ok(state.app().authenticate_api_token(&secret, origin).await?)
}

fn session_token(parts: &Parts, state: &ApiState) -> Result<SessionToken, ApiError> {
    let token = cookie::read(&parts.headers, state.settings().cookie_security);
    Ok(token.ok_or(Problem::NotSignedIn)?)
}

/// Counts the request for its caller.
fn admit(parts: &Parts, state: &ApiState, context: &Context) -> Result<(), ApiError> {
    let standing = state.limits().take_for(&context.actor, state.app().now());
    if let (Some(standing), Some(shown)) = (&standing, parts.extensions.get::<Standing>()) {
        shown.note(standing);
    }
    match standing.and_then(|standing| standing.refused()) {
        Some(seconds) => Err(ApiError::TooManyRequests(seconds)),
        None => Ok(()),
    }
}

fn bearer(parts: &Parts) -> Option<String> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim().to_owned())
}

fn read_token(text: &str) -> Option<ApiTokenSecret> {
    let secret = text.strip_prefix(TOKEN_PREFIX)?;
    let bytes = URL_SAFE_NO_PAD.decode(secret).ok()?;
    Some(ApiTokenSecret::from_bytes(bytes.try_into().ok()?))
}

/// The text of a token, for the one look at it.
pub(crate) fn write_token(secret: &ApiTokenSecret) -> String {
    format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(secret.bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_survives_its_text_and_nothing_else_is_one() {
        let secret = ApiTokenSecret::from_bytes([7; 32]);
        let text = write_token(&secret);
        assert_eq!(read_token(&text), Some(secret));
        for wrong in ["", "latarnik_api_", "latarnik_api_AAAA", &text[1..]] {
            assert_eq!(read_token(wrong), None, "{wrong}");
        }
    }
}
