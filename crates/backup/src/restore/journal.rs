//! What a restore that is killed leaves behind, remembered until one came to its end.
//!
//! Folders are written down before anything is written into them: the next restore removes what is
//! not whole there, and gives the folders that were made what they should have.

use super::place;
use crate::{
    error::{BackupError, Result},
    state,
};
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
        replace(path, &unfinished)?;
        Ok(Self {
            path: path.to_owned(),
            lines: Mutex::new(File::options().append(true).open(path)?),
            unfinished: Mutex::new(unfinished),
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
        let Self {
            path,
            lines,
            unfinished,
        } = self;
        // Windows replaces no file that is open.
        drop(lines);
        let unfinished = unfinished
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let finished = if unfinished.is_empty() {
            fs::remove_file(&path)
        } else {
            replace(&path, &unfinished)
        };
        finished.map_err(|source| BackupError::File { path, source })
    }

    fn write(&self, folder: &Path, is_made: bool) -> io::Result<()> {
        lock(&self.lines).write_all(&line(folder, is_made))
    }
}

/// A journal of what is not finished takes the place of the one there, whole.
fn replace(path: &Path, unfinished: &BTreeSet<PathBuf>) -> io::Result<()> {
    let lines: Vec<u8> = unfinished
        .iter()
        .flat_map(|folder| line(folder, true))
        .collect();
    state::replace_file(path, &lines)
}

/// Nothing for a name that is not Unicode: its leftovers are found by the next restore of the same
/// files alone.
fn line(folder: &Path, is_made: bool) -> Vec<u8> {
    let line = Line {
        folder: folder.to_owned(),
        is_made,
    };
    let Ok(mut text) = serde_json::to_vec(&line) else {
        return Vec::new();
    };
    text.push(b'\n');
    text
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    /// A restore that is killed while it begins or ends must not forget what earlier ones left:
    /// a whole journal takes the place of a whole one.
    #[test]
    fn what_is_remembered_is_never_gone() {
        let state = tempfile::tempdir().unwrap();
        let path = state.path().join(NAME);
        let [made, other] = ["made", "other"].map(|name| state.path().join(name));
        fs::create_dir(&made).unwrap();
        let first = Journal::begin(state.path()).unwrap();
        first.makes(&made).unwrap();
        drop(first);
        // What a reader sees who opened the journal before something was done.
        let seen_across = |act: &mut dyn FnMut()| {
            let mut seen = String::new();
            let mut reader = File::open(&path).unwrap();
            let before = fs::read_to_string(&path).unwrap();
            act();
            reader.read_to_string(&mut seen).unwrap();
            assert_eq!(seen, before);
        };

        let mut next = None;
        seen_across(&mut || {
            let journal = Journal::begin(state.path()).unwrap();
            assert!(!journal.enters(&other).unwrap());
            next = Some(journal);
        });
        assert_eq!(read(&path).unwrap().len(), 2);
        seen_across(&mut || next.take().unwrap().finish().unwrap());
        assert_eq!(read(&path).unwrap().len(), 1);

        let last = Journal::begin(state.path()).unwrap();
        assert!(last.enters(&made).unwrap());
        last.finish().unwrap();
        assert!(!path.exists());
    }
}
