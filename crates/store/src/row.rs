//! Reading columns as the types of the product.

use crate::StoreError;
use jiff::Timestamp;
use latarnik_model::Titles;
use sea_orm::{QueryResult, TryGetable};
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// One row of an answer.
pub(crate) struct Row(pub(crate) QueryResult);

impl Row {
    fn get<T: TryGetable>(&self, column: &'static str) -> Result<T, StoreError> {
        self.0
            .try_get("", column)
            .map_err(|error| unreadable(column, error))
    }

    pub(crate) fn uuid(&self, column: &'static str) -> Result<Uuid, StoreError> {
        self.get(column)
    }

    pub(crate) fn optional_uuid(&self, column: &'static str) -> Result<Option<Uuid>, StoreError> {
        self.get(column)
    }

    pub(crate) fn text(&self, column: &'static str) -> Result<String, StoreError> {
        self.get(column)
    }

    pub(crate) fn optional_text(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        self.get(column)
    }

    pub(crate) fn integer(&self, column: &'static str) -> Result<i64, StoreError> {
        self.get(column)
    }

    pub(crate) fn optional_integer(&self, column: &'static str) -> Result<Option<i64>, StoreError> {
        self.get(column)
    }

    /// A number that is never negative.
    pub(crate) fn count(&self, column: &'static str) -> Result<u64, StoreError> {
        self.integer(column)
            .map(|number| u64::try_from(number).unwrap_or_default())
    }

    pub(crate) fn optional_count(&self, column: &'static str) -> Result<Option<u64>, StoreError> {
        let number = self.optional_integer(column)?;
        Ok(number.map(|number| u64::try_from(number).unwrap_or_default()))
    }

    /// A number that fits into 32 bits; nothing otherwise.
    pub(crate) fn optional_small(&self, column: &'static str) -> Result<Option<i32>, StoreError> {
        let number = self.optional_integer(column)?;
        Ok(number.and_then(|number| i32::try_from(number).ok()))
    }

    pub(crate) fn flag(&self, column: &'static str) -> Result<bool, StoreError> {
        self.get(column)
    }

    pub(crate) fn optional_bytes(
        &self,
        column: &'static str,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(column)
    }

    /// A SHA-256.
    pub(crate) fn hash(&self, column: &'static str) -> Result<[u8; 32], StoreError> {
        let bytes = self.bytes(column)?;
        <[u8; 32]>::try_from(bytes.as_slice()).map_err(|error| unreadable(column, error))
    }

    pub(crate) fn bytes(&self, column: &'static str) -> Result<Vec<u8>, StoreError> {
        self.get(column)
    }

    pub(crate) fn time(&self, column: &'static str) -> Result<Timestamp, StoreError> {
        to_time(column, self.integer(column)?)
    }

    pub(crate) fn optional_time(
        &self,
        column: &'static str,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.optional_integer(column)?
            .map(|number| to_time(column, number))
            .transpose()
    }

    /// JSON in a text column.
    pub(crate) fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError> {
        serde_json::from_str(&self.text(column)?).map_err(|error| unreadable(column, error))
    }

    pub(crate) fn optional_json<T: DeserializeOwned>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>, StoreError> {
        let text = self.optional_text(column)?;
        text.map(|text| serde_json::from_str(&text).map_err(|error| unreadable(column, error)))
            .transpose()
    }

    /// The column `titles`.
    pub(crate) fn titles(&self) -> Result<Titles, StoreError> {
        Ok(self.optional_json("titles")?.unwrap_or_default())
    }

    /// A text column that holds the name of a variant.
    pub(crate) fn name<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError> {
        parse_name(&self.text(column)?).map_err(|error| unreadable(column, error))
    }

    pub(crate) fn optional_name<T: DeserializeOwned>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>, StoreError> {
        let text = self.optional_text(column)?;
        text.map(|text| parse_name(&text).map_err(|error| unreadable(column, error)))
            .transpose()
    }
}

fn parse_name<T: DeserializeOwned>(text: &str) -> Result<T, serde::de::value::Error> {
    T::deserialize(serde::de::value::StrDeserializer::new(text))
}

/// The name of a variant, as it stands in a text column.
pub(crate) fn variant_name<T: serde::Serialize>(variant: &T) -> String {
    match serde_json::to_value(variant) {
        Ok(serde_json::Value::String(name)) => name,
        _ => unreachable!("only unit variants are stored by name"),
    }
}

/// Titles as their column keeps them: none are nothing.
pub(crate) fn titles_json(titles: &Titles) -> Option<String> {
    (!titles.is_empty()).then(|| to_json(titles))
}

/// JSON for a text column.
pub(crate) fn to_json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("stored values have only string keys")
}

/// A time for a column.
pub(crate) fn milliseconds(time: Timestamp) -> i64 {
    time.as_millisecond()
}

/// A time for a column that may be empty.
pub(crate) fn optional_milliseconds(time: Option<Timestamp>) -> Option<i64> {
    time.map(milliseconds)
}

/// A number for a column; beyond what a column holds, the largest it does.
pub(crate) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn to_time(column: &'static str, milliseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(milliseconds).map_err(|error| unreadable(column, error))
}

fn unreadable(
    column: &'static str,
    source: impl std::error::Error + Send + Sync + 'static,
) -> StoreError {
    StoreError::Unreadable {
        column,
        source: Box::new(source),
    }
}
