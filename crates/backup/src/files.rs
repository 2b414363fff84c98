//! The files of a repository and their names at a destination.
//!
//! The layout is restic's: <https://restic.readthedocs.io/en/stable/100_references.html>.

use latarnik_destinations::ObjectName;
use rustic_core::{FileType, Id};
use sha2::{Digest, Sha256};

/// Lock files, which the library for the format does not know.
pub(crate) const LOCKS: &str = "locks";

/// The kinds that are copied from destination to destination, in an order in which each file
/// comes after those that it refers to.
pub(crate) const COPIED: [FileType; 5] = [
    FileType::Config,
    FileType::Key,
    FileType::Pack,
    FileType::Index,
    FileType::Snapshot,
];

/// The name of a file.
pub(crate) fn name(kind: FileType, id: &Id) -> ObjectName {
    let hex = id.to_hex();
    let id = hex.as_str();
    let name = match kind {
        FileType::Config => "config".to_owned(),
        FileType::Pack => format!("data/{}/{id}", id.get(..2).unwrap_or_default()),
        other => format!("{}/{id}", other.dirname()),
    };
    object(name)
}

/// The name of the one file that every repository has.
pub(crate) fn config() -> ObjectName {
    name(FileType::Config, &Id::default())
}

/// The folder of a kind; `None` for the one file that lies in the root.
pub(crate) fn folder(kind: FileType) -> Option<ObjectName> {
    (kind != FileType::Config).then(|| object(kind.dirname()))
}

/// The id of a file in a listing; `None` for what is no file of a repository.
pub(crate) fn id(name: &ObjectName) -> Option<Id> {
    let last = name.last();
    (last.len() == 64).then(|| last.parse().ok()).flatten()
}

/// The name of a key's file, by its whole id.
pub(crate) fn object_of_key(id: &str) -> Option<ObjectName> {
    Some(name(FileType::Key, &id.parse().ok()?))
}

/// Whether a file has the content that its name promises. Files of a repository are named after the
/// SHA-256 of what is in them; of others (`config`, hash records) a name promises nothing.
pub(crate) fn is_what_its_name_says(name: &ObjectName, bytes: &[u8]) -> bool {
    id(name).is_none_or(|id| {
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        id == Id::new(digest)
    })
}

pub(crate) fn object(name: impl Into<String>) -> ObjectName {
    ObjectName::new(name).expect("names of repository files have hexadecimal and ASCII parts")
}
