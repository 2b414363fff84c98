//! What is backed up.

mod ahead;
mod findings;
mod folders;
mod reader;
#[cfg(unix)]
mod unix_metadata;
mod walk;
#[cfg(windows)]
mod windows_metadata;

pub use findings::{Finding, FindingKind, Findings};
pub use folders::{FolderSource, InvalidPattern};
pub(crate) use reader::Tracker;
pub(crate) use walk::{Item, Sources};
