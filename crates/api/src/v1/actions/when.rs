//! When an action may run, as a request says it.

use jiff::Timestamp;
use latarnik_model::When;
use serde::{Deserialize, Deserializer, de::Error as _};

/// [`When`] as a request writes it, with no field beyond those of its type. Agents read theirs with
/// more patience; but who asks for "now" and names an instant means something else, and must not get
/// "now".
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenWhen {
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default, deserialize_with = "present")]
    at: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Now,
    InWindow,
    At,
}

/// A field that is there has a value.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Timestamp::deserialize(deserializer).map(Some)
}

/// Reads it.
pub(super) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<When, D::Error> {
    let written = WrittenWhen::deserialize(deserializer)?;
    match (written.kind, written.at) {
        (Kind::Now, None) => Ok(When::Now),
        (Kind::InWindow, None) => Ok(When::InWindow),
        (Kind::At, Some(at)) => Ok(When::At { at }),
        (Kind::At, None) => Err(D::Error::missing_field("at")),
        (Kind::Now | Kind::InWindow, Some(_)) => {
            Err(D::Error::custom("`at` goes with the type `at` alone"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Read(#[serde(deserialize_with = "read")] When);

    #[test]
    fn what_is_written_is_what_serde_writes_and_nothing_more() {
        let at = When::At {
            at: Timestamp::UNIX_EPOCH,
        };
        for when in [When::Now, When::InWindow, at] {
            let text = serde_json::to_string(&when).unwrap();
            assert_eq!(serde_json::from_str::<Read>(&text).unwrap().0, when);
        }
        for text in [
            r#"{"type":"now","at":"2026-12-24T12:00:00Z"}"#,
            r#"{"type":"now","at":null}"#,
            r#"{"type":"in_window","surprise":1}"#,
            r#"{"type":"at"}"#,
            r#"{"type":"soon"}"#,
            r#""now""#,
        ] {
            assert!(serde_json::from_str::<Read>(text).is_err(), "{text}");
        }
    }
}
