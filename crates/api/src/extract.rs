//! Bodies, queries and ids, refused with a code when they are not usable.

use crate::problem::ApiError;
use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Path, Query, Request, rejection::JsonRejection},
};
use http::{StatusCode, request::Parts};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::{fmt, marker::PhantomData, str::FromStr};

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match Json::from_request(request, state).await {
            Ok(Json(Object(body))) => Ok(Self(body)),
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

/// A value that is written as an object. By itself, serde also reads an array of a struct's fields.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_map(ObjectVisitor(PhantomData))
            .map(Self)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

/// A field of a change: absent stays as it is, null takes it away, anything else sets it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Patch<T> {
    /// Stays as it is.
    #[default]
    Absent,
    /// Is taken away.
    Null,
    /// Becomes this.
    Value(T),
}

impl<T> Patch<T> {
    /// As the use cases take it.
    pub(crate) fn into_change(self) -> Option<Option<T>> {
        match self {
            Self::Absent => None,
            Self::Null => Some(None),
            Self::Value(value) => Some(Some(value)),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(|value| value.map_or(Self::Null, Self::Value))
    }
}

/// The token of a link: 64 hexadecimal digits.
pub(crate) struct HexToken;

impl HexToken {
    pub(crate) fn parse(text: &str) -> Option<[u8; 32]> {
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = std::str::from_utf8(digits).ok()?;
            *byte = u8::from_str_radix(digits, 16).ok()?;
        }
        Some(bytes)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Change {
        name: Option<String>,
        #[serde(default)]
        note: Patch<String>,
    }

    fn read(text: &str) -> Option<Change> {
        serde_json::from_str(text).ok().map(|Object(change)| change)
    }

    #[test]
    fn bodies_are_objects() {
        let expected = Change {
            name: Some("a".to_owned()),
            note: Patch::Null,
        };
        assert_eq!(read(r#"{"name":"a","note":null}"#), Some(expected));
        assert!(read("{}").is_some());
        for refused in [
            r#"["a",null]"#,
            "[null,null]",
            "[]",
            "null",
            r#""a""#,
            r#"{"other":1}"#,
            r#"{"name":"a","name":"b"}"#,
        ] {
            assert_eq!(read(refused), None, "{refused}");
        }
    }
}
