//! What the sign-in page can offer.

pub(super) mod read;
