//! What every destination can do.

use crate::{Content, Failure, ObjectName, ServerKey};
use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::{fmt, ops::Range};

/// A place that keeps files under relative names.
///
/// Dropping a future cancels the operation: a write that is dropped leaves the whole file under
/// its name, or none. All methods may be called at the same time from many tasks.
#[async_trait]
pub trait Destination: Send + Sync + fmt::Debug {
    /// Where it is, for people and logs, without secrets: `sftp://backup@host:22/srv/backups`.
    fn location(&self) -> String;

    /// Makes the root, where the protocol and the rights allow that, and whatever else files need
    /// before they can be written. Calling it again changes nothing.
    async fn prepare(&self) -> Result<(), Failure>;

    /// Writes a whole file. Under its name lies afterwards the new content; when it fails or is
    /// dropped, what lay there before, or nothing. Folders are made on the way.
    async fn write(&self, name: &ObjectName, content: Content) -> Result<Written, Failure>;

    /// Reads a whole file.
    async fn read(&self, name: &ObjectName) -> Result<Bytes, Failure>;

    /// Reads the bytes of a range, start to end, end not included. A range that leaves the file
    /// fails as [`Protocol`](crate::FailureCode::Protocol): what should be there is not.
    async fn read_range(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, Failure>;

    /// All files below a folder, however deep, in any order; `None` is the root. A folder that
    /// does not exist has no files. Files that are still being written are not in it.
    async fn list(&self, folder: Option<&ObjectName>) -> Result<Vec<Entry>, Failure>;

    /// A file's size in bytes; `None` when it does not exist.
    async fn size(&self, name: &ObjectName) -> Result<Option<u64>, Failure>;

    /// Deletes a file. One that does not exist is deleted already.
    async fn remove(&self, name: &ObjectName) -> Result<(), Failure>;

    /// Removes what writers left that were killed or cut off. Whoever calls it knows that nobody
    /// writes at the moment. Says how many files those were.
    async fn remove_leftovers(&self) -> Result<u64, Failure>;

    /// How much room there is, where the protocol tells.
    async fn space(&self) -> Result<Option<Space>, Failure>;

    /// The key or certificate that the server showed at the last connection, whether it was
    /// accepted or not; `None` before the first one, and where servers have none. Whoever keeps
    /// the settings writes it there, so that another server is noticed from then on.
    fn server_key(&self) -> Option<ServerKey> {
        None
    }
}

/// What a write is known to have done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// The file is there; that it has the right bytes is for the reader to find out.
    Unconfirmed,
    /// All that was stored was compared, by the service with a cryptographic checksum, or byte for
    /// byte.
    Confirmed,
}

/// A file in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, from the root.
    pub name: ObjectName,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Room at a destination, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Space {
    /// What the user may still write.
    pub free_bytes: u64,
    /// The size of it all, where it is known.
    pub total_bytes: Option<u64>,
}
