//! Who calls.

use crate::{ApiState, cookie, problem::ApiError, request_id};
use axum::extract::FromRequestParts;
use http::request::Parts;
use latarnik_app::{Context, Problem, SignedIn};

/// A signed-in person. A route that takes it answers 401 to everyone else.
pub(crate) struct Caller(pub(crate) SignedIn);

impl Caller {
    pub(crate) const fn context(&self) -> &Context {
        &self.0.context
    }
}

impl FromRequestParts<ApiState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &ApiState,
    ) -> Result<Self, Self::Rejection> {
        let token = cookie::read(&parts.headers).ok_or(Problem::NotSignedIn)?;
        Ok(Self(
            state
                .app()
                .resume(&token, Some(request_id::current()))
                .await?,
        ))
    }
}
