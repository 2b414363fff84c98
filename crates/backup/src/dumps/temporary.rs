//! Temporary folders that do not outlive a crash.
//!
//! Each has a file that its owner keeps locked. Whoever comes next removes the folders whose lock
//! nobody holds: their owner is gone.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};
use tempfile::{Builder, TempDir};

const PREFIX: &str = "latarnik-dump-";
const LOCK: &str = "lock";
/// Held while a folder is made or removed, so that no new one is taken for an old one.
const GATE: &str = "latarnik-dumps.lock";

/// A folder for files that only their owner may read, removed when it is dropped.
#[derive(Debug)]
pub(super) struct TemporaryFolder {
    // Closed first: Windows removes no folder with an open file.
    _lock: File,
    folder: TempDir,
}

impl TemporaryFolder {
    pub(super) fn create(parent: &Path) -> io::Result<Self> {
        fs::create_dir_all(parent)?;
        let _gate = close_gate(parent)?;
        let folder = Builder::new().prefix(PREFIX).tempdir_in(parent)?;
        let lock = File::create_new(folder.path().join(LOCK))?;
        lock.lock()?;
        Ok(Self {
            _lock: lock,
            folder,
        })
    }

    /// Makes an empty file that only its owner may read.
    pub(super) fn create_file(&self, name: &str) -> io::Result<(PathBuf, File)> {
        let file = tempfile::NamedTempFile::new_in(self.folder.path())?;
        let path = self.folder.path().join(name);
        let file = file.persist_noclobber(&path).map_err(|error| error.error)?;
        Ok((path, file))
    }
}

/// Removes what earlier runs left behind when they were killed.
///
/// # Errors
///
/// When the folder cannot be read.
pub fn clean_leftovers(parent: &Path) -> io::Result<()> {
    if !parent.is_dir() {
        return Ok(());
    }
    let _gate = close_gate(parent)?;
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if is_ours && entry.file_type()?.is_dir() && is_abandoned(&entry.path()) {
            let (folder, removed) = (entry.path(), fs::remove_dir_all(entry.path()));
            // Old rubbish is no reason to make no backup.
            match removed {
                Ok(()) => tracing::info!(folder = %folder.display(), "removed what a dump left"),
                Err(error) => {
                    tracing::warn!(folder = %folder.display(), %error, "a leftover stays");
                }
            }
        }
    }
    Ok(())
}

fn is_abandoned(folder: &Path) -> bool {
    match File::open(folder.join(LOCK)) {
        Ok(lock) => lock.try_lock().is_ok(),
        // Its owner died between two steps.
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

fn close_gate(parent: &Path) -> io::Result<File> {
    let gate = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(parent.join(GATE))?;
    gate.lock()?;
    Ok(gate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_folder_in_use_stays_and_an_abandoned_one_goes() {
        let parent = tempfile::tempdir().unwrap();
        let used = TemporaryFolder::create(parent.path()).unwrap();
        let (path, mut file) = used.create_file("copy").unwrap();
        file.write_all(b"x").unwrap();
        let abandoned = parent.path().join("latarnik-dump-abandoned");
        fs::create_dir(&abandoned).unwrap();
        fs::write(abandoned.join(LOCK), "").unwrap();
        fs::write(abandoned.join("copy"), "left").unwrap();
        let other = parent.path().join("somebody-else");
        fs::create_dir(&other).unwrap();
        clean_leftovers(parent.path()).unwrap();
        assert!(path.exists() && other.exists() && !abandoned.exists());
        drop(used);
        assert!(!path.exists());
    }

    #[test]
    fn a_missing_folder_holds_nothing_to_clean() {
        let parent = tempfile::tempdir().unwrap();
        clean_leftovers(&parent.path().join("none")).unwrap();
    }
}
