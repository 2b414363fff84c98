//! Where things live on the machine.

use std::path::PathBuf;

#[cfg(not(windows))]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(not(windows))]
use linux as system;
#[cfg(windows)]
use windows as system;

/// The folder of the agent's state, private to the system account.
///
/// Linux: `/var/lib/latarnik-agent`. Windows: `%ProgramData%\Latarnik\Agent`.
#[must_use]
pub fn state_folder() -> PathBuf {
    system::state_folder()
}

/// Where the installed agent program is.
///
/// Linux: `/usr/local/bin/latarnik-agent`. Windows: `%ProgramFiles%\Latarnik\latarnik-agent.exe`.
#[must_use]
pub fn installed_program() -> PathBuf {
    system::installed_program()
}
