//! Where the library for the format makes a key without anybody having it.

use super::SetBackend;
use bytes::Bytes;
use rustic_core::{BytesList, FileType, Id, ReadBackend, RusticResult, WriteBackend};
use std::sync::{Arc, Mutex, PoisonError};

/// The key that was made: its id and its file.
pub(crate) type Cast = Arc<Mutex<Option<(Id, Vec<u8>)>>>;

/// Reads from a set; keys that are written are only held.
pub(crate) struct KeyMold {
    pub(crate) backend: SetBackend,
    pub(crate) cast: Cast,
}

impl ReadBackend for KeyMold {
    fn location(&self) -> String {
        self.backend.location()
    }

    fn list_with_size(&self, kind: FileType) -> RusticResult<Vec<(Id, u32)>> {
        self.backend.list_with_size(kind)
    }

    fn read_full(&self, kind: FileType, id: &Id) -> RusticResult<Bytes> {
        self.backend.read_full(kind, id)
    }

    fn read_partial(
        &self,
        kind: FileType,
        id: &Id,
        cacheable: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        self.backend
            .read_partial(kind, id, cacheable, offset, length)
    }

    fn warmup_path(&self, kind: FileType, id: &Id) -> String {
        self.backend.warmup_path(kind, id)
    }
}

impl WriteBackend for KeyMold {
    fn write_bytes(
        &self,
        kind: FileType,
        id: &Id,
        cacheable: bool,
        bytes: BytesList,
    ) -> RusticResult<()> {
        if kind != FileType::Key {
            return self.backend.write_bytes(kind, id, cacheable, bytes);
        }
        let whole = bytes.into_vec().concat();
        *self.cast.lock().unwrap_or_else(PoisonError::into_inner) = Some((*id, whole));
        Ok(())
    }

    fn remove(&self, kind: FileType, id: &Id, cacheable: bool) -> RusticResult<()> {
        self.backend.remove(kind, id, cacheable)
    }
}
