//! Who may call an operation, as its description says it.
//!
//! Every operation carries `x-access`: the name of the permission that it needs, or one of the words
//! below. Nothing is decided by it: the use cases decide, and a test calls every operation as
//! everybody and holds the answers against this word and the table of roles.

/// Whoever reaches the console.
pub(crate) const PUBLIC: &str = "public";
/// Whoever has proved who they are.
pub(crate) const SIGNED_IN: &str = "signed_in";
/// A signed-in person; no token.
pub(crate) const PERSON: &str = "person";
/// A permission that depends on what is asked for: `scan_devices`, `install_updates` or
/// `restart_devices`.
pub(crate) const BY_ACTION: &str = "by_action";
