//! Sign-ins through a provider.

pub(super) mod complete;
pub(super) mod create;
