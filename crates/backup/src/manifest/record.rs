//! A manifest as a stream of records.

use super::{Shelf, part_name};
use crate::error::{BackupError, Result};
use rustic_core::TreeId;
use serde::{Deserialize, Serialize};
use std::{
    collections::VecDeque,
    io::{BufRead as _, Write as _},
    path::{Path, PathBuf},
};

/// A part ends when it is this long before compression.
const PART_BYTES: usize = 4 * 1024 * 1024;
const COMPRESSION: i32 = 3;

/// A file of the source, when it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Its path; one that is not Unicode with replacement characters.
    pub(crate) path: PathBuf,
    /// Its size in bytes.
    pub(crate) bytes: u64,
    /// The SHA-256 of all of it, in hexadecimal digits; empty when nobody knows it.
    pub(crate) sha256: String,
}

impl Record {
    /// What stands at the end of a manifest.
    fn end() -> Self {
        Self {
            path: PathBuf::new(),
            bytes: 0,
            sha256: String::new(),
        }
    }
}

/// Writes a manifest part by part.
pub(crate) struct Writer {
    shelf: Shelf,
    tree: TreeId,
    part: u32,
    lines: Vec<u8>,
}

impl Writer {
    pub(crate) fn new(shelf: Shelf, tree: TreeId) -> Self {
        Self {
            shelf,
            tree,
            part: 0,
            lines: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, record: &Record) -> Result<()> {
        serde_json::to_writer(&mut self.lines, record).map_err(|error| damaged(&error))?;
        self.lines.push(b'\n');
        if self.lines.len() >= PART_BYTES {
            self.store()?;
        }
        Ok(())
    }

    /// Ends it. An empty manifest has one part, too: it says that there are no files.
    pub(crate) fn finish(mut self) -> Result<()> {
        serde_json::to_writer(&mut self.lines, &Record::end()).map_err(|error| damaged(&error))?;
        self.lines.push(b'\n');
        self.store()
    }

    fn store(&mut self) -> Result<()> {
        let mut encoder =
            zstd::Encoder::new(Vec::new(), COMPRESSION).map_err(|error| damaged(&error))?;
        encoder
            .write_all(&self.lines)
            .map_err(|error| damaged(&error))?;
        let bytes = encoder.finish().map_err(|error| damaged(&error))?;
        self.shelf.store(&self.tree, self.part, &bytes)?;
        self.lines.clear();
        self.part += 1;
        Ok(())
    }
}

/// Reads a manifest part by part.
pub(crate) struct Reader {
    shelf: Shelf,
    tree: TreeId,
    next_part: u32,
    records: VecDeque<Record>,
    is_ended: bool,
}

impl Reader {
    /// Opens the manifest of a tree; `None` when it has none.
    pub(crate) fn open(shelf: Shelf, tree: TreeId) -> Result<Option<Self>> {
        let mut reader = Self {
            shelf,
            tree,
            next_part: 0,
            records: VecDeque::new(),
            is_ended: false,
        };
        Ok(reader.fill()?.then_some(reader))
    }

    /// The next record.
    pub(crate) fn next(&mut self) -> Result<Option<Record>> {
        loop {
            if let Some(record) = self.records.pop_front() {
                return Ok(Some(record));
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// The record of a path, when paths are asked for in the order of the walk.
    pub(crate) fn find(&mut self, path: &Path) -> Result<Option<Record>> {
        loop {
            let Some(record) = self.next()? else {
                return Ok(None);
            };
            match record.path.as_path().cmp(path) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => return Ok(Some(record)),
                std::cmp::Ordering::Greater => {
                    self.records.push_front(record);
                    return Ok(None);
                }
            }
        }
    }

    fn fill(&mut self) -> Result<bool> {
        if self.is_ended {
            return Ok(false);
        }
        let Some(bytes) = self.shelf.load(&self.tree, self.next_part)? else {
            if self.next_part == 0 {
                return Ok(false);
            }
            return Err(BackupError::Damaged {
                detail: format!("{} is missing", part_name(&self.tree, self.next_part)),
            });
        };
        self.next_part += 1;
        self.records.extend(records(&bytes)?);
        self.is_ended = self
            .records
            .pop_back_if(|last| *last == Record::end())
            .is_some();
        Ok(true)
    }
}

/// Whether a part that was opened is the last of its manifest; `None` when it is damaged.
pub(crate) fn ends(bytes: &[u8]) -> Option<bool> {
    let records = records(bytes).ok()?;
    Some(records.last() == Some(&Record::end()))
}

fn records(bytes: &[u8]) -> Result<Vec<Record>> {
    let decoded = zstd::decode_all(bytes).map_err(|error| damaged(&error))?;
    decoded
        .lines()
        .map(|line| {
            let line = line.map_err(|error| damaged(&error))?;
            serde_json::from_str(&line).map_err(|error| damaged(&error))
        })
        .collect()
}

fn damaged(error: &impl std::error::Error) -> BackupError {
    BackupError::Damaged {
        detail: format!("a manifest: {error}"),
    }
}
