//! A set as the library for the format sees it.

use super::{
    RepositorySet,
    read_ahead::{Pack, ReadAhead},
};
use crate::{
    error::{BackupError, Result},
    files,
};
use bytes::Bytes;
use latarnik_destinations::{Content, ObjectName};
use rustic_core::{
    BytesList, ErrorKind, FileType, Id, ReadBackend, RusticError, RusticResult, WriteBackend,
};
use std::{ops::Range, sync::Arc};

/// A set as a place of storage.
pub(crate) struct SetBackend {
    set: Arc<RepositorySet>,
    snapshots: Snapshots,
    ahead: ReadAhead,
}

/// What happens to snapshots that the library writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Snapshots {
    /// They are written.
    Written,
    /// They are not: a run looks at how it went before it publishes its own.
    HeldBack,
}

impl SetBackend {
    pub(crate) fn new(set: Arc<RepositorySet>, snapshots: Snapshots) -> Self {
        Self {
            set,
            snapshots,
            ahead: ReadAhead::default(),
        }
    }
}

/// A file of the set that is read in parts.
struct Parts<'a> {
    set: &'a RepositorySet,
    name: ObjectName,
}

impl Pack for Parts<'_> {
    fn size(&self) -> Result<Option<u64>> {
        self.set.size(&self.name)
    }

    fn read(&self, range: Range<u64>) -> Result<Bytes> {
        self.set.read_range(&self.name, range)
    }
}

impl ReadBackend for SetBackend {
    fn location(&self) -> String {
        let members = self.set.members().iter();
        let names: Vec<&str> = members.map(|member| member.name.as_str()).collect();
        names.join(", ")
    }

    fn list_with_size(&self, kind: FileType) -> RusticResult<Vec<(Id, u32)>> {
        if kind == FileType::Config {
            let size = self.set.size(&files::name(kind, &Id::default()));
            let size = size.map_err(|error| rustic(kind, error))?;
            return Ok(size
                .map(|size| (Id::default(), narrow(size)))
                .into_iter()
                .collect());
        }
        let listing = self.set.list(kind).map_err(|error| rustic(kind, error))?;
        Ok(listing
            .into_iter()
            .filter_map(|entry| Some((files::id(&entry.name)?, narrow(entry.bytes))))
            .collect())
    }

    fn read_full(&self, kind: FileType, id: &Id) -> RusticResult<Bytes> {
        self.set
            .read(&files::name(kind, id))
            .map_err(|error| rustic(kind, error))
    }

    fn read_partial(
        &self,
        kind: FileType,
        id: &Id,
        _cacheable: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        let start = u64::from(offset);
        let range = start..start + u64::from(length);
        let parts = Parts {
            set: &self.set,
            name: files::name(kind, id),
        };
        let bytes = if kind == FileType::Pack {
            self.ahead.read(id, range, &parts)
        } else {
            parts.read(range)
        };
        bytes.map_err(|error| rustic(kind, error))
    }

    fn warmup_path(&self, kind: FileType, id: &Id) -> String {
        files::name(kind, id).to_string()
    }
}

impl WriteBackend for SetBackend {
    fn write_bytes(
        &self,
        kind: FileType,
        id: &Id,
        _cacheable: bool,
        bytes: BytesList,
    ) -> RusticResult<()> {
        let name: ObjectName = files::name(kind, id);
        let content = Content::from(bytes.into_vec());
        let written = match (kind, self.snapshots) {
            (FileType::Pack, _) => self.set.send_pack(name, content),
            (FileType::Snapshot, Snapshots::HeldBack) => self.set.settle(),
            (FileType::Snapshot, Snapshots::Written) => {
                self.set.note_snapshot(*id);
                self.set.write(&name, content)
            }
            _ => self.set.write(&name, content),
        };
        written.map_err(|error| rustic(kind, error))
    }

    fn remove(&self, kind: FileType, id: &Id, _cacheable: bool) -> RusticResult<()> {
        self.set
            .remove(kind, &files::name(kind, id))
            .map_err(|error| rustic(kind, error))
    }
}

/// Files of the format are smaller than 4 GiB; a larger one is not of it.
fn narrow(bytes: u64) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

fn rustic(kind: FileType, error: BackupError) -> Box<RusticError> {
    RusticError::with_source(ErrorKind::Backend, "a file of kind `{kind}` failed", error)
        .attach_context("kind", kind.to_string())
}
