//! Who the agent is, and how it knows its gateway.

use super::{State, StateError, tables, tables::Memory};
use crate::{LearnedTime, connection::DeviceKey};
use jiff::Timestamp;
use latarnik_model::DeviceId;
use redb::ReadableTable;
use serde::{Deserialize, Serialize};
use std::{
    fmt, fs, io,
    io::Write,
    path::{Path, PathBuf},
};

/// What a registration gave the agent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The device's id.
    pub device_id: DeviceId,
    /// The gateway's address, `host:port`.
    pub gateway: String,
    /// The private key, PKCS#8 in PEM.
    pub key: String,
    /// The client certificate in PEM.
    pub certificate: String,
    /// The authorities to trust, in PEM.
    pub authorities: String,
    /// When the certificate was issued, by the server's clock.
    pub issued_at: Timestamp,
    /// When the certificate ends.
    pub expires_at: Timestamp,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("device_id", &self.device_id)
            .field("gateway", &self.gateway)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl State {
    /// Who the agent is; `None` before the registration.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be read.
    pub fn identity(&self) -> Result<Option<Identity>, StateError> {
        self.recall(Memory::Identity)
    }

    /// The key to register with: the same until a registration is answered, so that repeating a
    /// registration whose answer was lost makes no second device.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be written.
    pub fn pending_key(&self, new: &DeviceKey) -> Result<String, StateError> {
        self.write("pending key", |transaction| {
            if let Some(key) = tables::get_in(transaction, Memory::PendingKey)? {
                return Ok(key);
            }
            let key = new.to_pem();
            tables::put(transaction, Memory::PendingKey, &key)?;
            Ok(key)
        })
    }

    /// Becomes this device. What belonged to an earlier identity (its undelivered reports, its
    /// place in the task list) is dropped; ids of tasks that ran stay known.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be written.
    pub fn become_device(&self, identity: &Identity) -> Result<(), StateError> {
        self.write("identity", |transaction| {
            {
                let mut journal = transaction.open_table(tables::JOURNAL)?;
                let mut done = transaction.open_table(tables::DONE)?;
                for entry in journal.iter()? {
                    done.insert(entry?.0.value(), 0)?;
                }
                journal.retain(|_, _| false)?;
                transaction
                    .open_table(tables::SPOOL)?
                    .retain(|_, _| false)?;
                transaction.open_table(tables::LOGS)?.retain(|_, _| false)?;
            }
            for memory in [
                Memory::PendingKey,
                Memory::Cursor,
                Memory::JournalLost,
                Memory::AcknowledgedInventory,
                Memory::Config,
            ] {
                tables::forget(transaction, memory)?;
            }
            tables::put(transaction, Memory::Identity, identity)
        })?;
        write_copy(self.folder(), identity)
    }

    /// Keeps a renewed certificate of the same device.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be written.
    pub fn renew_identity(&self, identity: &Identity) -> Result<(), StateError> {
        self.remember(Memory::Identity, identity)?;
        write_copy(self.folder(), identity)
    }

    /// Brings the copy up to date, should the process have died between the two writes.
    pub(super) fn refresh_copy(&self) -> Result<(), StateError> {
        match self.identity()? {
            Some(identity) if read_copy(self.folder())?.as_ref() != Some(&identity) => {
                write_copy(self.folder(), &identity)
            }
            _ => Ok(()),
        }
    }

    /// What was learned of the server's clock.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be read.
    pub fn learned_time(&self) -> Result<LearnedTime, StateError> {
        self.recall(Memory::LearnedTime)
            .map(Option::unwrap_or_default)
    }

    /// Keeps what was learned of the server's clock.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be written.
    pub fn set_learned_time(&self, learned: LearnedTime) -> Result<(), StateError> {
        self.remember(Memory::LearnedTime, &learned)
    }
}

fn copy_path(folder: &Path) -> PathBuf {
    folder.join("identity.json")
}

pub(super) fn read_copy(folder: &Path) -> Result<Option<Identity>, StateError> {
    let path = copy_path(folder);
    match fs::read(&path) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(StateError::File { path, source }),
    }
}

fn write_copy(folder: &Path, identity: &Identity) -> Result<(), StateError> {
    let path = copy_path(folder);
    let json = serde_json::to_vec(identity).expect("an identity has only string keys");
    replace_file(&path, &json).map_err(|source| StateError::File { path, source })
}

/// Readers see the old content or the new one, never half of either.
pub(crate) fn replace_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("new");
    let mut file = fs::File::create(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}
