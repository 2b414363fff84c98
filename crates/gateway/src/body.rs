//! Reading JSON bodies, bounded in size and time.

use crate::{authentication::Peer, refusal::Refusal};
use axum::{
    Json,
    extract::{FromRequest, Request},
    http::header::CONTENT_LENGTH,
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use latarnik_protocol::{ProblemCode, limits};
use serde::de::DeserializeOwned;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// Time for a whole JSON body.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Most characters of what the parser says.
const DETAIL_CHARACTERS: usize = 300;

/// A JSON body of at most [`limits::JSON_BODY_BYTES`], whatever its content type says. It counts
/// against the budget of the device that sends it.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let announced = request
            .headers()
            .get(CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|length| length > limits::JSON_BODY_BYTES as u64) {
            return Err(ProblemCode::BodyTooLarge.into());
        }
        let budget = request
            .extensions()
            .get::<Arc<Peer>>()
            .and_then(|peer| peer.budget());
        if let (Some(budget), Some(length)) = (&budget, announced) {
            budget.check_bytes(length, Instant::now())?;
        }
        let body = Limited::new(request.into_body(), limits::JSON_BODY_BYTES);
        let bytes = tokio::time::timeout(TIMEOUT, body.collect())
            .await
            .map_err(|_| {
                Refusal::new(ProblemCode::MalformedRequest).with_detail("the body took too long")
            })?
            .map_err(|error| {
                if error.is::<LengthLimitError>() {
                    Refusal::new(ProblemCode::BodyTooLarge)
                } else {
                    Refusal::new(ProblemCode::MalformedRequest).with_detail("the body broke off")
                }
            })?
            .to_bytes();
        if let Some(budget) = budget {
            budget.take_bytes(bytes.len(), Instant::now())?;
        }
        Json::<T>::from_bytes(&bytes)
            .map(|Json(value)| Self(value))
            .map_err(|error| malformed_body(legible(&error.body_text())))
    }
}

/// What the parser says may quote the body, whatever that is: no more of it than a line of a log
/// holds, and nothing that a terminal would obey.
fn legible(text: &str) -> String {
    let line = text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ');
    line.take(DETAIL_CHARACTERS).collect()
}

/// The body is JSON of a wrong shape, or none.
pub(crate) fn malformed_body(detail: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new(ProblemCode::MalformedBody).with_detail(detail)
}
