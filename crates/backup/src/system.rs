//! What the engine asks of the operating system and cannot ask by itself: such calls need
//! `unsafe`, which the program around it has a place for.

use std::{fmt::Debug, io, path::Path, sync::Arc};

/// The operating system, as far as the standard library does not reach.
pub trait OperatingSystem: Send + Sync + Debug {
    /// Whether a process of this machine is known to be gone.
    fn is_gone(&self, process: u32) -> bool;

    /// What a file or folder has beside what every system knows; `None` where there is nothing
    /// of the kind. Links are not followed.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    fn metadata(&self, path: &Path) -> io::Result<Option<SystemMetadata>>;

    /// Gives it to a file or folder.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    fn set_metadata(&self, path: &Path, metadata: &SystemMetadata) -> io::Result<()>;
}

/// What Windows keeps of a file or folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemMetadata {
    /// Read-only, hidden, and so on:
    /// <https://learn.microsoft.com/windows/win32/fileio/file-attribute-constants>.
    pub attributes: u32,
    /// Owner, group, and who may do what: a self-relative security descriptor. `None` where the
    /// file system has none.
    pub descriptor: Option<Arc<[u8]>>,
}

/// A system of which nothing is known but what the standard library tells.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlainSystem;

impl OperatingSystem for PlainSystem {
    fn is_gone(&self, process: u32) -> bool {
        cfg!(target_os = "linux") && !Path::new(&format!("/proc/{process}")).exists()
    }

    fn metadata(&self, _path: &Path) -> io::Result<Option<SystemMetadata>> {
        Ok(None)
    }

    fn set_metadata(&self, _path: &Path, _metadata: &SystemMetadata) -> io::Result<()> {
        Ok(())
    }
}
