//! Everything that the agent must still know after a power cut, in one folder.
//!
//! | file | content |
//! |---|---|
//! | `state.redb` | identity, journal, spool, inventory, configuration; every write is one durable transaction |
//! | `identity.json` | a copy of the identity, for the day on which `state.redb` is damaged |
//! | `logs/{task id}.log` | whole logs of tasks, until they are uploaded |
//! | `status.json` | what `latarnik-agent status` shows while the store is in use |
//!
//! The folder must exist and be private before it gets here: files inherit that.
//!
//! A damaged `state.redb` is renamed, never deleted. If the copy of the identity can be read, the
//! agent goes on with an empty journal, and [`State::journal_lost`] tells the engine to refuse every
//! task that the server may have delivered before: no task runs twice, even then. If the copy
//! cannot be read either, opening fails, and a person decides.

mod error;
mod identity;
mod inventory;
mod journal;
mod spool;
mod tables;
#[cfg(test)]
mod tests;

pub use error::StateError;
pub use identity::Identity;
pub(crate) use identity::replace_file;
pub use inventory::Inventories;
pub use journal::{Delivery, Earlier, JournalEntry, Stage, Start, Wait};
pub use spool::{SpooledLog, SpooledReport};

use redb::{Database, DatabaseError, ReadTransaction, ReadableDatabase, WriteTransaction};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};
use tables::Memory;

/// The page cache of the store. Its content is small and rarely read.
const CACHE_BYTES: usize = 1024 * 1024;

/// The agent's state on disk. One process at a time has it open.
pub struct State {
    folder: PathBuf,
    /// `None` after an input or output error: the library wants the file opened anew.
    database: Mutex<Option<Database>>,
}

impl State {
    /// Opens the state in this folder, or begins a new one.
    ///
    /// # Errors
    /// [`StateError::InUse`] if another process has it open; [`StateError::Damaged`] if the store
    /// cannot be read and neither can the copy of the identity.
    pub fn open(folder: &Path) -> Result<Self, StateError> {
        let state = Self {
            folder: folder.to_owned(),
            database: Mutex::new(None),
        };
        fs::create_dir_all(state.logs_folder()).map_err(|source| StateError::File {
            path: state.logs_folder(),
            source,
        })?;
        match state.open_database() {
            Ok(database) => {
                state.put_database(database);
                state.refresh_copy()?;
            }
            Err(StateError::Damaged { path, source }) => {
                let Some(identity) = identity::read_copy(folder)? else {
                    return Err(StateError::Damaged { path, source });
                };
                state.begin_anew(&path, &identity)?;
            }
            Err(error) => return Err(error),
        }
        Ok(state)
    }

    /// Whether the folder holds a state at all.
    #[must_use]
    pub fn exists(folder: &Path) -> bool {
        database_path(folder).exists()
    }

    /// Where the logs of tasks lie.
    #[must_use]
    pub fn log_path(&self, task: latarnik_model::TaskId) -> PathBuf {
        self.logs_folder().join(format!("{task}.log"))
    }

    /// The folder that holds it all.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether an earlier journal was damaged and set aside, and no task has been taken since.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be read.
    pub fn journal_lost(&self) -> Result<bool, StateError> {
        self.recall(Memory::JournalLost)
            .map(Option::unwrap_or_default)
    }

    fn begin_anew(&self, damaged: &Path, identity: &Identity) -> Result<(), StateError> {
        let aside = (1..)
            .map(|number| damaged.with_extension(format!("redb.damaged-{number}")))
            .find(|path| !path.exists())
            .unwrap_or_else(|| damaged.with_extension("redb.damaged"));
        fs::rename(damaged, &aside).map_err(|source| StateError::File {
            path: aside.clone(),
            source,
        })?;
        tracing::error!(set_aside = %aside.display(), "the state was damaged and is begun anew");
        self.put_database(self.open_database()?);
        self.write("identity", |transaction| {
            tables::put(transaction, Memory::Identity, identity)?;
            tables::put(transaction, Memory::JournalLost, &true)
        })
    }

    fn logs_folder(&self) -> PathBuf {
        self.folder.join("logs")
    }

    fn open_database(&self) -> Result<Database, StateError> {
        let path = database_path(&self.folder);
        let database = Database::builder()
            .set_cache_size(CACHE_BYTES)
            .set_check_integrity_on_open(true)
            .create(&path)
            .map_err(|source| match source {
                DatabaseError::DatabaseAlreadyOpen => StateError::InUse { path: path.clone() },
                DatabaseError::Storage(redb::StorageError::Io(source))
                    if source.kind() != std::io::ErrorKind::InvalidData =>
                {
                    StateError::File {
                        path: path.clone(),
                        source,
                    }
                }
                source => StateError::Damaged {
                    path: path.clone(),
                    source: Box::new(source),
                },
            })?;
        let prepare = || -> Result<(), redb::Error> {
            let transaction = database.begin_write()?;
            tables::create(&transaction)?;
            transaction.commit()?;
            Ok(())
        };
        prepare().map_err(|source| StateError::new("tables", source))?;
        Ok(database)
    }

    fn put_database(&self, database: Database) {
        *self.database.lock().unwrap_or_else(PoisonError::into_inner) = Some(database);
    }

    /// One durable transaction: on the disk when this returns, or not done at all.
    fn write<T>(
        &self,
        what: &'static str,
        change: impl FnOnce(&WriteTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, StateError> {
        self.with_database(what, |database| {
            let transaction = database.begin_write()?;
            let result = change(&transaction)?;
            transaction.commit()?;
            Ok(result)
        })
    }

    fn read<T>(
        &self,
        what: &'static str,
        query: impl FnOnce(&ReadTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, StateError> {
        self.with_database(what, |database| query(&database.begin_read()?))
    }

    fn with_database<T>(
        &self,
        what: &'static str,
        work: impl FnOnce(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, StateError> {
        let mut guard = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        let database = match guard.take() {
            Some(database) => database,
            None => self.open_database()?,
        };
        match work(&database) {
            Ok(result) => {
                *guard = Some(database);
                Ok(result)
            }
            Err(source) => {
                if !matches!(source, redb::Error::Io(_) | redb::Error::PreviousIo) {
                    *guard = Some(database);
                }
                Err(StateError::new(what, source))
            }
        }
    }

    fn recall<T: serde::de::DeserializeOwned>(
        &self,
        memory: Memory,
    ) -> Result<Option<T>, StateError> {
        self.read(memory.name(), |transaction| {
            tables::get(transaction, memory)
        })
    }

    fn remember<T: serde::Serialize>(&self, memory: Memory, value: &T) -> Result<(), StateError> {
        self.write(memory.name(), |transaction| {
            tables::put(transaction, memory, value)
        })
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

fn database_path(folder: &Path) -> PathBuf {
    folder.join("state.redb")
}
