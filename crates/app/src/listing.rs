//! What all lists have in common.

use crate::{AppError, FieldCode, error::invalid};
use latarnik_store::{KeyKind, PageRequest};

/// Most items on a page.
pub(crate) const MOST_ITEMS: u32 = 500;

/// Refuses pages of a length that no screen shows, and those that begin in another list.
pub(crate) fn check_page(page: &PageRequest, sorted_by: KeyKind) -> Result<(), AppError> {
    if !(1..=MOST_ITEMS).contains(&page.limit) {
        return Err(invalid("limit", FieldCode::OutOfRange));
    }
    match &page.after {
        Some(cursor) if !cursor.is_of(sorted_by) => Err(invalid("cursor", FieldCode::Malformed)),
        _ => Ok(()),
    }
}
