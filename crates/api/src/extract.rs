//! Bodies, queries and ids, refused with a code when they are not usable.

use crate::problem::ApiError;
use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Path, Query, Request, rejection::JsonRejection},
};
use http::{StatusCode, request::Parts};
use serde::de::DeserializeOwned;
use std::str::FromStr;

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match Json::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => {
                tracing::debug!(error = &rejection as &dyn std::error::Error, "body refused");
                Err(match rejection {
                    JsonRejection::MissingJsonContentType(_) => {
                        ApiError::Refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json")
                    }
                    other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                        ApiError::Refused(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large")
                    }
                    _ => ApiError::MALFORMED_BODY,
                })
            }
        }
    }
}

/// Query parameters.
pub(crate) struct Parameters<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Query::try_from_uri(&parts.uri)
            .map(|Query(parameters)| Self(parameters))
            .map_err(|_| ApiError::MALFORMED_REQUEST)
    }
}

/// The id in a path. One that cannot be an id is one that is not there.
pub(crate) struct Id<T>(pub(crate) T);

impl<S: Send + Sync, T: FromStr + Send> FromRequestParts<S> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::NOT_FOUND)?;
        text.parse().map(Self).map_err(|_| ApiError::NOT_FOUND)
    }
}
