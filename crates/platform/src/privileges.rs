//! What the program may do.

#[cfg(not(windows))]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(not(windows))]
use linux as system;
#[cfg(windows)]
use windows as system;

#[cfg(windows)]
pub(crate) use windows::{Privilege, enable, is_enabled};

/// Whether the program runs as root (Linux) or as an elevated administrator (Windows).
#[must_use]
pub fn is_elevated() -> bool {
    system::is_elevated()
}

/// Lets the program, for as long as it runs, read and write files past their access lists, where
/// its account has that privilege (Windows: administrators, backup operators, the system). On Linux
/// root may anyway.
pub fn enable_for_backups() {
    system::enable_for_backups();
}
