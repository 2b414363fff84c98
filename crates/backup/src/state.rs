//! What a job remembers on this machine from run to run.
//!
//! Losing it loses no backup: everything that is needed to restore lies at the destinations.

use crate::{
    error::{BackupError, Result},
    set::MemberRecord,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, File, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// A job's memory.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct JobState {
    /// The destinations by name.
    pub(crate) members: BTreeMap<String, MemberRecord>,
    /// A run began and did not come to its end: packs may lie there that no index names.
    pub(crate) unfinished: bool,
    /// Locks that this job holds or left behind, by name of the file.
    pub(crate) locks: Vec<String>,
    /// The SHA-256 of the repository's config, by which it is known again.
    pub(crate) config: Option<String>,
    /// Keys that a rotation is replacing, by name of the file.
    pub(crate) replaced_keys: Vec<String>,
    /// The repository is being deleted, or was.
    pub(crate) deleting: bool,
}

/// The folder of a job's memory, held by one process at a time.
#[derive(Debug)]
pub(crate) struct StateFolder {
    path: PathBuf,
    // Released when it is closed, also by a kill.
    _held: File,
}

impl StateFolder {
    /// Takes hold of the folder, which is made when it does not exist.
    pub(crate) fn hold(path: &Path) -> Result<Self> {
        let fail = |source| BackupError::File {
            path: path.to_owned(),
            source,
        };
        fs::create_dir_all(path).map_err(fail)?;
        let held = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join("in-use"))
            .map_err(fail)?;
        match held.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _held: held,
            }),
            Err(TryLockError::WouldBlock) => Err(BackupError::Busy),
            Err(TryLockError::Error(source)) => Err(fail(source)),
        }
    }

    /// What is remembered. A file that cannot be understood is as good as none.
    pub(crate) fn load(&self) -> Result<JobState> {
        let path = self.file();
        match fs::read(&path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                tracing::warn!(%error, "the job's memory is not readable and begins anew");
                JobState::default()
            })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(JobState::default()),
            Err(source) => Err(BackupError::File { path, source }),
        }
    }

    pub(crate) fn save(&self, state: &JobState) -> Result<()> {
        let path = self.file();
        let fail = |source| BackupError::File {
            path: path.clone(),
            source,
        };
        let bytes = serde_json::to_vec_pretty(state)
            .map_err(io::Error::from)
            .map_err(fail)?;
        replace_file(&path, &bytes).map_err(fail)
    }

    fn file(&self) -> PathBuf {
        self.path.join("state.json")
    }
}

/// Writes a file so that either the old one is there, or the new one is, whole.
pub(crate) fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("new");
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(temporary, path)
}
