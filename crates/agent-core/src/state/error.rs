//! What can be wrong with the state.

use std::{io, path::PathBuf};

/// The state could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Another process has the store open.
    #[error("{} is in use by another process", path.display())]
    InUse {
        /// The store.
        path: PathBuf,
    },
    /// The store cannot be read.
    #[error("{} is damaged, and the copy of the identity cannot be used: enrol this machine again, with the folder moved out of the way", path.display())]
    Damaged {
        /// The store.
        path: PathBuf,
        /// What the library found.
        #[source]
        source: Box<redb::DatabaseError>,
    },
    /// A file beside the store cannot be read or written.
    #[error("{} cannot be used", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The file system's answer.
        #[source]
        source: io::Error,
    },
    /// There is no space left.
    #[error("the {what} cannot be written: no space is left on the device")]
    DiskFull {
        /// Which part of the state.
        what: &'static str,
    },
    /// A transaction failed.
    #[error("the {what} cannot be read or written")]
    Transaction {
        /// Which part of the state.
        what: &'static str,
        /// What the library says.
        #[source]
        source: Box<redb::Error>,
    },
}

impl StateError {
    pub(super) fn new(what: &'static str, source: redb::Error) -> Self {
        match source {
            redb::Error::Io(error) if error.kind() == io::ErrorKind::StorageFull => {
                Self::DiskFull { what }
            }
            source => Self::Transaction {
                what,
                source: Box::new(source),
            },
        }
    }
}
