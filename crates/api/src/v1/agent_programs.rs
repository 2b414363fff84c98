//! The agent programs that the server hands out.

pub(super) mod list;
