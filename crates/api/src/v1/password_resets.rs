//! Passwords that were forgotten.

pub(super) mod complete;
pub(super) mod create;
pub(super) mod read;
