//! What happens, live.

pub(super) mod read;
