//! What all lists have in common.

use crate::problem::ApiError;
use latarnik_app::{Cursor, Direction, PageRequest};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct List<T> {
    /// The items.
    pub(crate) items: Vec<T>,
    /// Where the next page begins; null after the last.
    pub(crate) next_cursor: Option<String>,
    /// How many items match in all; only with `count=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) total: Option<u64>,
}

impl<T> List<T> {
    /// A page as the application found it.
    pub(crate) fn of(page: latarnik_app::Page<T>) -> Self {
        Self {
            next_cursor: page.next.map(|cursor| cursor.to_string()),
            items: page.items,
            total: None,
        }
    }

    /// A list that fits on one page.
    pub(crate) const fn whole(items: Vec<T>) -> Self {
        Self {
            items,
            next_cursor: None,
            total: None,
        }
    }
}

const DEFAULT_LIMIT: u32 = 50;

/// Which page.
pub(crate) fn page(limit: Option<u32>, cursor: Option<&str>) -> Result<PageRequest, ApiError> {
    let after = cursor
        .map(str::parse::<Cursor>)
        .transpose()
        .map_err(|_| ApiError::MALFORMED_REQUEST)?;
    Ok(PageRequest {
        limit: limit.unwrap_or(DEFAULT_LIMIT),
        after,
    })
}

/// `name` sorts upwards, `-name` downwards.
pub(crate) fn sort(text: &str) -> (&str, Direction) {
    match text.strip_prefix('-') {
        Some(name) => (name, Direction::Descending),
        None => (text, Direction::Ascending),
    }
}

/// Query parameters of a list that is only paged.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageParameters {
    /// Most items, 1 to 500.
    pub(crate) limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
}
