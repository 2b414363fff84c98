//! Shadow copies: volumes as they were at one instant, to read files that programs have open.

#[cfg(not(windows))]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(not(windows))]
use linux as system;
#[cfg(windows)]
use windows as system;

use std::path::{Path, PathBuf};

/// Why a folder has no shadow copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The code.
    pub reason: Reason,
    /// The call that failed and its number.
    pub detail: Option<String>,
}

/// The codes of [`Failure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// This system makes none.
    UnsupportedSystem,
    /// The folder lies on another machine.
    Network,
    /// None can be made of this volume.
    UnsupportedVolume,
    /// Which volume holds the folder could not be found out.
    UnknownVolume,
    /// The account may not make any.
    NotPermitted,
    /// Another program made one all the time.
    Busy,
    /// There is no room for one.
    InsufficientStorage,
    /// There are as many as there may be.
    LimitReached,
    /// It took too long.
    TimedOut,
    /// The programs that take part failed.
    WritersFailed,
    /// The service that makes them failed.
    ProviderFailed,
    /// The service does not answer.
    ServiceUnavailable,
    /// The machine has to restart first.
    RestartRequired,
    /// Anything else.
    Failed,
}

/// Keeps shadow copies until it is dropped. They go with the process, too, however it ends.
#[derive(Debug)]
pub struct Hold(system::Hold);

impl Hold {
    /// Releases them after a backup that read everything; dropping them says that it did not.
    pub fn finish(self) {
        self.0.finish();
    }
}

/// Makes shadow copies of the volumes that hold these folders, all of them at one instant, and
/// tells for each folder where its copy lies. Takes minutes when the machine is busy; what is told
/// after `is_cancelled` says so has no meaning.
pub fn make(
    folders: &[&Path],
    is_cancelled: impl Fn() -> bool + Send + 'static,
) -> (Vec<Result<PathBuf, Failure>>, Hold) {
    let (places, hold) = system::make(folders, Box::new(is_cancelled));
    (places, Hold(hold))
}
