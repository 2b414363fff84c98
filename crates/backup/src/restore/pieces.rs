//! The pieces of files and folders, from whichever destination has them whole.

use super::Purpose;
use crate::{
    error::{BackupError, Result},
    repository::{Library, Repository},
};
use bytes::Bytes;
use rustic_core::{
    BlobId, IndexedFullStatus, TreeId,
    repofile::{BlobType, Node},
};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeSet,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// The pieces of a repository.
pub(super) struct Pieces<'a> {
    library: &'a Library<IndexedFullStatus>,
    repository: &'a Repository,
    purpose: Purpose,
    /// Each destination by itself, opened when the first piece is damaged.
    singly: OnceLock<Vec<Library<IndexedFullStatus>>>,
    mended: AtomicU64,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(
        library: &'a Library<IndexedFullStatus>,
        repository: &'a Repository,
        purpose: Purpose,
    ) -> Self {
        Self {
            library,
            repository,
            purpose,
            singly: OnceLock::new(),
            mended: AtomicU64::new(0),
        }
    }

    /// A piece of a file, which is what its name says.
    pub(super) fn piece(&self, id: &BlobId) -> Result<Bytes> {
        self.whole(|library| {
            let piece = library.get_blob_cached(id, BlobType::Data)?;
            let digest: [u8; 32] = Sha256::digest(&piece).into();
            if **id != rustic_core::Id::new(digest) {
                return Err(BackupError::Damaged {
                    detail: format!("the piece {id} is not what its name says"),
                });
            }
            Ok(piece)
        })
    }

    /// What is in a folder.
    pub(super) fn folder(&self, id: &TreeId) -> Result<Vec<Node>> {
        self.whole(|library| Ok(library.get_tree(id)?.nodes))
    }

    /// How many pieces were damaged at one destination and read from another.
    pub(super) fn mended(&self) -> u64 {
        self.mended.load(Ordering::Relaxed)
    }

    fn whole<T>(&self, read: impl Fn(&Library<IndexedFullStatus>) -> Result<T>) -> Result<T> {
        let damage = match read(self.library) {
            Err(error) if is_damage(&error) => error,
            other => return other,
        };
        // A test of what lies at a destination is not helped by another one.
        if self.purpose == Purpose::Proof {
            return Err(damage);
        }
        for library in self.singly.get_or_init(|| self.open_singly()) {
            if let Ok(whole) = read(library) {
                self.mended.fetch_add(1, Ordering::Relaxed);
                tracing::error!(
                    damage = damage.chain(),
                    "a damaged piece was read from another destination"
                );
                return Ok(whole);
            }
        }
        Err(damage)
    }

    fn open_singly(&self) -> Vec<Library<IndexedFullStatus>> {
        let set = &self.repository.set;
        let members = set.in_step();
        if members.len() < 2 {
            return Vec::new();
        }
        let open = |member| {
            let alone = set.alone(member, BTreeSet::new());
            let library = self.repository.library_over(&alone)?;
            Ok::<_, BackupError>(library.to_indexed()?)
        };
        members
            .iter()
            .filter_map(|member| open(member).ok())
            .collect()
    }
}

/// Whether another destination may have what this one lacks.
fn is_damage(error: &BackupError) -> bool {
    match error {
        BackupError::Cancelled => false,
        BackupError::Destination(failure) => failure.is_of_the_file_alone(),
        _ => true,
    }
}
