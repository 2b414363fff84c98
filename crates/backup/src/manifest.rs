//! What the source's files were, byte for byte, when they were read.
//!
//! While a run reads, it hashes each file as a whole, before anything is cut, compressed or
//! encrypted. The hashes are kept beside the snapshot, sealed with the repository's key, in
//! `manifests/<tree>-<part>`: restic does not know the folder and leaves it alone. A test restore
//! compares what comes out with them, so that a mistake anywhere on the way is found.
//!
//! An incremental run takes over the hashes of files that it did not read from the manifest of
//! the snapshot that it builds on. Both are in the order of the walk, so they are joined as they
//! stream by, and memory stays small whatever the number of files.
//!
//! The last line of the last part says that it is the last, so that a part which is gone is
//! noticed whichever it is. What Windows keeps of files and the format's library does not lies
//! there, too.

mod metadata;
mod record;
mod spool;

pub(crate) use metadata::MetadataReader;
pub(crate) use record::{Reader, Record, Writer, ends};
pub(crate) use spool::Spool;

use crate::{
    error::{BackupError, Result},
    files,
    seal::Seal,
    set::RepositorySet,
};
use bytes::Bytes;
use latarnik_destinations::{Content, FailureCode, ObjectName};
use rustic_core::{TreeId, repofile::SnapshotFile};
use std::sync::Arc;

/// The folder at a destination.
pub(crate) const FOLDER: &str = "manifests";

/// How snapshots begin to say which program made them.
pub(crate) const PROGRAM: &str = "latarnik ";
/// The hashes of a tree.
pub(crate) fn hashes_of(tree: &TreeId) -> String {
    tree.to_hex().as_str().to_owned()
}

/// The name of a part.
pub(crate) fn part_name(stem: &str, part: u32) -> ObjectName {
    files::object(format!("{FOLDER}/{stem}-{part:06}"))
}

/// Whether hashes lie beside a snapshot: a run of this engine made it, and nobody wrote it anew.
pub(crate) fn is_beside(snapshot: &SnapshotFile) -> bool {
    // The library says of a snapshot that it read that it is its own original.
    let is_original = |original| original == snapshot.id;
    snapshot.program_version.starts_with(PROGRAM) && snapshot.original.is_none_or(is_original)
}

/// The tree that a part belongs to, in hexadecimal digits.
pub(crate) fn tree_of(name: &ObjectName) -> Option<&str> {
    name.last().split_once('-').map(|(tree, _)| tree)
}

/// The name of the manifest that a part belongs to, and the number of the part.
pub(crate) fn place_of(name: &ObjectName) -> Option<(&str, u32)> {
    let (stem, number) = name.last().rsplit_once('-')?;
    Some((stem, number.parse().ok()?))
}

/// Where manifests lie.
#[derive(Clone)]
pub(crate) struct Shelf {
    pub(crate) set: Arc<RepositorySet>,
    pub(crate) seal: Arc<Seal>,
}

impl Shelf {
    fn store(&self, stem: &str, part: u32, bytes: &[u8]) -> Result<()> {
        let sealed = self
            .seal
            .seal(bytes)
            .map_err(|error| BackupError::Damaged {
                detail: error.to_string(),
            })?;
        self.set
            .write(&part_name(stem, part), Content::from(sealed))
    }

    /// A part; `None` when there is no such part.
    fn load(&self, stem: &str, part: u32) -> Result<Option<Vec<u8>>> {
        let name = part_name(stem, part);
        let is_right = |sealed: &Bytes| self.seal.open(sealed).is_ok();
        let sealed = match self.set.read_right(&name, is_right) {
            Err(BackupError::Destination(failure)) if failure.code == FailureCode::NotFound => {
                return Ok(None);
            }
            other => other?,
        };
        self.seal
            .open(&sealed)
            .map(Some)
            .map_err(|_| BackupError::Damaged {
                detail: format!("{name} cannot be decrypted"),
            })
    }
}
