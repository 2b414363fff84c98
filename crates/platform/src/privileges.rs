//! What the program may do.

#[cfg(not(windows))]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(not(windows))]
use linux as system;
#[cfg(windows)]
use windows as system;

/// Whether the program runs as root (Linux) or as an elevated administrator (Windows).
#[must_use]
pub fn is_elevated() -> bool {
    system::is_elevated()
}
