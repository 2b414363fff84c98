//! A manifest as a stream of records.

use super::{Shelf, part_name};
use crate::error::{BackupError, Result};
use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, IgnoredAny},
};
use std::{
    collections::VecDeque,
    io::{BufRead as _, Write as _},
    path::{Path, PathBuf},
};

/// A part ends when it is this long before compression.
const PART_BYTES: usize = 4 * 1024 * 1024;
const COMPRESSION: i32 = 3;
/// The last line of the last part.
const END: &str = "\"end\"";

/// What is kept of something in the source, in the order of the walk.
pub(crate) trait Kept: Serialize + DeserializeOwned {
    /// Its path.
    fn path(&self) -> &Path;
}

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

impl Kept for Record {
    fn path(&self) -> &Path {
        &self.path
    }
}

/// Writes a manifest part by part.
pub(crate) struct Writer {
    shelf: Shelf,
    stem: String,
    part: u32,
    lines: Vec<u8>,
}

impl Writer {
    pub(crate) fn new(shelf: Shelf, stem: String) -> Self {
        Self {
            shelf,
            stem,
            part: 0,
            lines: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, record: &impl Kept) -> Result<()> {
        let line = serde_json::to_string(record).map_err(|error| damaged(&error))?;
        self.add_line(&line)
    }

    /// Adds a record that is JSON already.
    pub(crate) fn add_line(&mut self, line: &str) -> Result<()> {
        self.lines.extend_from_slice(line.as_bytes());
        self.lines.push(b'\n');
        if self.lines.len() >= PART_BYTES {
            self.store()?;
        }
        Ok(())
    }

    /// Ends it. An empty manifest has one part, too: it says that there are no files.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.lines.extend_from_slice(END.as_bytes());
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
        self.shelf.store(&self.stem, self.part, &bytes)?;
        self.lines.clear();
        self.part += 1;
        Ok(())
    }
}

/// Reads a manifest part by part.
pub(crate) struct Reader<R> {
    shelf: Shelf,
    stem: String,
    next_part: u32,
    records: VecDeque<R>,
    is_ended: bool,
}

impl<R: Kept> Reader<R> {
    /// Opens the manifest of this name; `None` when there is none.
    pub(crate) fn open(shelf: Shelf, stem: String) -> Result<Option<Self>> {
        let mut reader = Self {
            shelf,
            stem,
            next_part: 0,
            records: VecDeque::new(),
            is_ended: false,
        };
        Ok(reader.fill()?.then_some(reader))
    }

    /// The next record.
    pub(crate) fn next(&mut self) -> Result<Option<R>> {
        loop {
            if let Some(record) = self.records.pop_front() {
                return Ok(Some(record));
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// Gives back a record that comes too early.
    pub(crate) fn put_back(&mut self, record: R) {
        self.records.push_front(record);
    }

    /// The record of a path, when paths are asked for in the order of the walk.
    pub(crate) fn find(&mut self, path: &Path) -> Result<Option<R>> {
        loop {
            let Some(record) = self.next()? else {
                return Ok(None);
            };
            match record.path().cmp(path) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => return Ok(Some(record)),
                std::cmp::Ordering::Greater => {
                    self.put_back(record);
                    return Ok(None);
                }
            }
        }
    }

    fn fill(&mut self) -> Result<bool> {
        if self.is_ended {
            return Ok(false);
        }
        let Some(bytes) = self.shelf.load(&self.stem, self.next_part)? else {
            if self.next_part == 0 {
                return Ok(false);
            }
            return Err(BackupError::Damaged {
                detail: format!("{} is missing", part_name(&self.stem, self.next_part)),
            });
        };
        self.next_part += 1;
        let (records, is_last) = records(&bytes)?;
        self.records.extend(records);
        self.is_ended = is_last;
        Ok(true)
    }
}

/// Whether a part that was opened is the last of its manifest; `None` when it is damaged.
pub(crate) fn ends(bytes: &[u8]) -> Option<bool> {
    let (_, is_last) = records::<IgnoredAny>(bytes).ok()?;
    Some(is_last)
}

/// The records of a part, and whether it is the last.
fn records<R: DeserializeOwned>(bytes: &[u8]) -> Result<(VecDeque<R>, bool)> {
    let decoded = zstd::decode_all(bytes).map_err(|error| damaged(&error))?;
    let mut records = VecDeque::new();
    for line in decoded.lines() {
        let line = line.map_err(|error| damaged(&error))?;
        if line == END {
            return Ok((records, true));
        }
        records.push_back(serde_json::from_str(&line).map_err(|error| damaged(&error))?);
    }
    Ok((records, false))
}

pub(super) fn damaged(error: &impl std::error::Error) -> BackupError {
    BackupError::Damaged {
        detail: format!("a manifest: {error}"),
    }
}
