//! What the system keeps of files and folders beside what the format has fields for.
//!
//! Restic's nodes have a field for it since version 0.17, which the library for the format does
//! not know. So it lies beside the snapshot, as the hashes do, in
//! `manifests/<tree>-metadata-<time>-<part>`: two snapshots of one tree may differ in it. A
//! descriptor that many files share is there once.

use super::{
    Shelf,
    record::{Kept, Reader, Writer, damaged},
};
use crate::{error::Result, restore::relative, system::SystemMetadata};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use rustic_core::repofile::SnapshotFile;
use serde::{Deserialize, Serialize};
use std::{
    cmp::Ordering,
    collections::HashMap,
    fs::File,
    io::{self, BufRead as _, BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

/// A file or folder.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Record {
    /// As the tree has it, with `/` between the names.
    path: PathBuf,
    attributes: u32,
    /// The number of its descriptor, counted from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    descriptor: Option<usize>,
    /// The descriptor itself in Base64, where its number is met first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bytes: Option<String>,
}

impl Kept for Record {
    fn path(&self) -> &Path {
        &self.path
    }
}

fn stem(snapshot: &SnapshotFile) -> String {
    format!(
        "{}-metadata-{}",
        snapshot.tree.to_hex().as_str(),
        snapshot.time.timestamp().as_nanosecond()
    )
}

/// Collects it on disk, in the order of the walk.
pub(super) struct MetadataSpool {
    path: PathBuf,
    lines: Option<BufWriter<File>>,
    descriptors: HashMap<Arc<[u8]>, usize>,
}

impl MetadataSpool {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            lines: None,
            descriptors: HashMap::new(),
        }
    }

    pub(super) fn add(&mut self, path: &Path, metadata: &SystemMetadata) -> io::Result<()> {
        let count = self.descriptors.len();
        let number =
            |bytes: &Arc<[u8]>| *self.descriptors.entry(Arc::clone(bytes)).or_insert(count);
        let descriptor = metadata.descriptor.as_ref().map(number);
        let is_new = descriptor == Some(count);
        let record = Record {
            path: in_the_tree(path),
            attributes: metadata.attributes,
            descriptor,
            bytes: metadata
                .descriptor
                .as_ref()
                .filter(|_| is_new)
                .map(|bytes| BASE64_STANDARD.encode(bytes)),
        };
        let lines = match &mut self.lines {
            Some(lines) => lines,
            none => none.insert(BufWriter::new(File::create(&self.path)?)),
        };
        serde_json::to_writer(&mut *lines, &record)?;
        lines.write_all(b"\n")
    }

    /// No more comes.
    pub(super) fn close(&mut self) -> io::Result<bool> {
        match self.lines.take() {
            Some(mut lines) => lines.flush().map(|()| true),
            None => Ok(false),
        }
    }

    /// Keeps what was collected beside the snapshot.
    pub(super) fn publish(path: &Path, shelf: Shelf, snapshot: &SnapshotFile) -> Result<()> {
        let fail = |source| crate::BackupError::File {
            path: path.to_owned(),
            source,
        };
        let mut writer = Writer::new(shelf, stem(snapshot));
        for line in BufReader::new(File::open(path).map_err(fail)?).lines() {
            writer.add_line(&line.map_err(fail)?)?;
        }
        writer.finish()
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// A path as the tree has it.
fn in_the_tree(path: &Path) -> PathBuf {
    let relative = relative(path);
    let names: Vec<_> = relative.iter().map(|name| name.to_string_lossy()).collect();
    names.join("/").into()
}

/// Finds it again, for paths that are asked for in the order of the walk.
pub(crate) struct MetadataReader {
    reader: Reader<Record>,
    descriptors: Vec<Arc<[u8]>>,
}

impl MetadataReader {
    /// Opens that of a snapshot; `None` when it has none.
    pub(crate) fn open(shelf: Shelf, snapshot: &SnapshotFile) -> Result<Option<Self>> {
        let reader = Reader::open(shelf, stem(snapshot))?;
        Ok(reader.map(|reader| Self {
            reader,
            descriptors: Vec::new(),
        }))
    }

    /// That of an entry of the tree.
    pub(crate) fn find(&mut self, entry: &Path) -> Result<Option<SystemMetadata>> {
        while let Some(mut record) = self.reader.next()? {
            if let Some(bytes) = record.bytes.take() {
                let bytes = BASE64_STANDARD
                    .decode(bytes)
                    .map_err(|error| damaged(&error))?;
                self.descriptors.push(bytes.into());
            }
            match record.path.as_path().cmp(entry) {
                Ordering::Less => {}
                Ordering::Equal => {
                    let bytes = |number: usize| self.descriptors.get(number).cloned();
                    return Ok(Some(SystemMetadata {
                        attributes: record.attributes,
                        descriptor: record.descriptor.and_then(bytes),
                    }));
                }
                Ordering::Greater => {
                    self.reader.put_back(record);
                    break;
                }
            }
        }
        Ok(None)
    }
}
