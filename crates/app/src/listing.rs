//! What all lists have in common.

use crate::{AppError, FieldCode, error::invalid};
use latarnik_store::PageRequest;

/// Most items on a page.
pub(crate) const MOST_ITEMS: u32 = 500;

/// Refuses pages of a length that no screen shows.
pub(crate) fn check_page(page: &PageRequest) -> Result<(), AppError> {
    if (1..=MOST_ITEMS).contains(&page.limit) {
        Ok(())
    } else {
        Err(invalid("limit", FieldCode::OutOfRange))
    }
}
