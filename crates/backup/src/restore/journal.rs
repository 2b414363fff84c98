//! What a restore that is killed leaves behind, remembered until one came to its end.
//!
//! Folders are written down before anything is written into them: the next restore removes what is
//! not whole there, and gives the folders that were made what they should have.

use super::place;
use crate::error::{BackupError, Result};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// The file in the job's memory.
const NAME: &str = "restoring";

/// A folder that is written into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Line {
    folder: PathBuf,
    is_made: bool,
}

pub(super) struct Journal {
    path: PathBuf,
    lines: Mutex<File>,
    /// Folders that an earlier restore made and did not come back to.
    unfinished: Mutex<BTreeSet<PathBuf>>,
}

impl Journal {
    /// Begins a new one, after cleaning what the last one tells of.
    pub(super) fn begin(state_folder: &Path) -> Result<Self> {
        let path = state_folder.join(NAME);
        Self::take_over(&path).map_err(|source| BackupError::File { path, source })
    }

    fn take_over(path: &Path) -> io::Result<Self> {
        let mut unfinished = BTreeSet::new();
        for line in read(path)? {
            place::remove_unfinished(&line.folder)?;
            if line.is_made && line.folder.is_dir() {
                unfinished.insert(line.folder);
            }
        }
        let journal = Self {
            path: path.to_owned(),
            lines: Mutex::new(File::create(path)?),
            unfinished: Mutex::default(),
        };
        for folder in &unfinished {
            journal.write(folder, true)?;
        }
        Ok(Self {
            unfinished: Mutex::new(unfinished),
            ..journal
        })
    }

    /// A folder is made, and written into.
    pub(super) fn makes(&self, folder: &Path) -> io::Result<()> {
        self.write(folder, true)
    }

    /// A folder that exists is written into. Says whether an earlier restore made it, which then
    /// did not come to its end.
    pub(super) fn enters(&self, folder: &Path) -> io::Result<bool> {
        let mut unfinished = lock(&self.unfinished);
        if unfinished.remove(folder) {
            return Ok(true);
        }
        drop(unfinished);
        self.write(folder, false).map(|()| false)
    }

    /// A restore came to its end. What an earlier one made elsewhere is still not finished.
    pub(super) fn finish(self) -> Result<()> {
        let finish = || -> io::Result<()> {
            let unfinished = std::mem::take(&mut *lock(&self.unfinished));
            if unfinished.is_empty() {
                return fs::remove_file(&self.path);
            }
            *lock(&self.lines) = File::create(&self.path)?;
            unfinished
                .iter()
                .try_for_each(|folder| self.write(folder, true))
        };
        finish().map_err(|source| BackupError::File {
            path: self.path.clone(),
            source,
        })
    }

    fn write(&self, folder: &Path, is_made: bool) -> io::Result<()> {
        let line = Line {
            folder: folder.to_owned(),
            is_made,
        };
        // A name that is not Unicode cannot be written down; its leftovers are found by the next
        // restore of the same files alone.
        let Ok(mut text) = serde_json::to_vec(&line) else {
            return Ok(());
        };
        text.push(b'\n');
        lock(&self.lines).write_all(&text)
    }
}

/// What is written down. The last line may be half of one.
fn read(path: &Path) -> io::Result<Vec<Line>> {
    let text = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    Ok(text
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
