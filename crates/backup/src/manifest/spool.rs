//! Hashes as they come, on disk.

use super::{Reader, Record, Shelf, Writer, hashes_of, metadata::MetadataSpool};
use crate::{
    error::{BackupError, Result},
    system::SystemMetadata,
};
use rustic_core::repofile::SnapshotFile;
use std::{
    fs::{self, File},
    io::{self, BufRead as _, BufReader, BufWriter, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// What the spool knows of a file: a byte, its size and its hash.
const SLOT_BYTES: usize = 1 + 8 + 32;

/// The byte in front of a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    /// It was not read: nothing says that it changed.
    NotRead = 0,
    /// It was read to its end.
    Read = 1,
    /// It could not be read.
    Failed = 2,
}

/// Collects the hashes of a run in two files: names in the order of the walk, and hashes in
/// places of equal size, as readers finish in any order.
pub(crate) struct Spool {
    folder: PathBuf,
    /// `None` once the manifest is made.
    files: Mutex<Option<Files>>,
}

struct Files {
    names: BufWriter<File>,
    hashes: File,
    metadata: MetadataSpool,
    problem: Option<io::Error>,
}

impl Spool {
    pub(crate) fn create(folder: &Path) -> Result<Self> {
        let create = || -> io::Result<Files> {
            fs::create_dir_all(folder)?;
            let hashes = File::options()
                .read(true)
                .write(true)
                .create(true)
                .truncate(true)
                .open(folder.join("hashes"))?;
            Ok(Files {
                names: BufWriter::new(File::create(folder.join("names"))?),
                hashes,
                metadata: MetadataSpool::new(folder.join("metadata")),
                problem: None,
            })
        };
        let files = create().map_err(|source| BackupError::File {
            path: folder.to_owned(),
            source,
        })?;
        Ok(Self {
            folder: folder.to_owned(),
            files: Mutex::new(Some(files)),
        })
    }

    /// The next file of the walk, in its order.
    pub(crate) fn announce(&self, path: &Path, bytes: u64) {
        self.with(|files| {
            let record = Record {
                path: PathBuf::from(path.to_string_lossy().into_owned()),
                bytes,
                sha256: String::new(),
            };
            serde_json::to_writer(&mut files.names, &record)?;
            files.names.write_all(b"\n")
        });
    }

    /// What the system keeps of a file or folder of the walk, in its order.
    pub(crate) fn keep(&self, path: &Path, metadata: &SystemMetadata) {
        self.with(|files| files.metadata.add(path, metadata));
    }

    /// A file was read.
    pub(crate) fn read(&self, number: u64, bytes: u64, sha256: &[u8; 32]) {
        self.put(number, Slot::Read, bytes, sha256);
    }

    /// A file could not be read.
    pub(crate) fn failed(&self, number: u64) {
        self.put(number, Slot::Failed, 0, &[0; 32]);
    }

    fn put(&self, number: u64, slot: Slot, bytes: u64, sha256: &[u8; 32]) {
        let slot = [&[slot as u8][..], &bytes.to_le_bytes(), sha256].concat();
        self.with(|files| {
            let place = number * SLOT_BYTES as u64;
            files.hashes.seek(SeekFrom::Start(place))?;
            files.hashes.write_all(&slot)
        });
    }

    fn with(&self, work: impl FnOnce(&mut Files) -> io::Result<()>) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(files) = files.as_mut()
            && let Err(error) = work(files)
        {
            files.problem.get_or_insert(error);
        }
    }

    /// Closes the files, which Windows would not let be deleted otherwise. Says where metadata
    /// lies, if there is any.
    fn close(&self) -> io::Result<Option<PathBuf>> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mut files) = files.take() else {
            return Ok(None);
        };
        if let Some(problem) = files.problem.take() {
            return Err(problem);
        }
        files.names.flush()?;
        let has_metadata = files.metadata.close()?;
        Ok(has_metadata.then(|| files.metadata.path().to_owned()))
    }

    /// Makes the manifest of a snapshot from what was collected and what was known before.
    pub(crate) fn finish(
        &self,
        shelf: Shelf,
        snapshot: &SnapshotFile,
        before: Option<Reader<Record>>,
    ) -> Result<()> {
        let fail = |source| BackupError::File {
            path: self.folder.clone(),
            source,
        };
        if let Some(metadata) = self.close().map_err(fail)? {
            MetadataSpool::publish(&metadata, shelf.clone(), snapshot)?;
        }
        self.join_hashes(shelf, snapshot, before)?;
        fs::remove_dir_all(&self.folder).map_err(fail)
    }

    fn join_hashes(
        &self,
        shelf: Shelf,
        snapshot: &SnapshotFile,
        mut before: Option<Reader<Record>>,
    ) -> Result<()> {
        let folder = &self.folder;
        let fail = |source| BackupError::File {
            path: folder.clone(),
            source,
        };
        let hashes = File::open(folder.join("hashes")).map_err(fail)?;
        let mut hashes = BufReader::new(hashes);
        let names = File::open(folder.join("names")).map_err(fail)?;
        let mut names = BufReader::new(names).lines();
        let mut writer = Writer::new(shelf, hashes_of(&snapshot.tree));
        for line in &mut names {
            let line = line.map_err(fail)?;
            let mut record: Record = serde_json::from_str(&line)
                .map_err(io::Error::from)
                .map_err(fail)?;
            match next_slot(&mut hashes).map_err(fail)? {
                (Slot::Failed, ..) => continue,
                (Slot::Read, bytes, sha256) => {
                    record.bytes = bytes;
                    record.sha256 = hexadecimal(&sha256);
                }
                (Slot::NotRead, ..) => {
                    let known = match before.as_mut().map(|before| before.find(&record.path)) {
                        // Nobody knows these hashes any more; that is no reason for no backup.
                        Some(Err(BackupError::Damaged { detail })) => {
                            tracing::error!(detail, "hashes of unchanged files are lost");
                            before = None;
                            None
                        }
                        other => other.transpose()?.flatten(),
                    };
                    if let Some(known) = known
                        && known.bytes == record.bytes
                    {
                        record.sha256 = known.sha256;
                    }
                }
            }
            writer.add(&record)?;
        }
        writer.finish()
    }
}

/// The file of hashes ends with the last file that was read.
fn next_slot(hashes: &mut impl io::Read) -> io::Result<(Slot, u64, [u8; 32])> {
    let (mut kind, mut bytes, mut sha256) = ([0; 1], [0; 8], [0; 32]);
    let mut fill = || {
        hashes.read_exact(&mut kind)?;
        hashes.read_exact(&mut bytes)?;
        hashes.read_exact(&mut sha256)
    };
    match fill() {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return Ok((Slot::NotRead, 0, [0; 32]));
        }
        other => other?,
    }
    let [kind] = kind;
    let kind = match kind {
        1 => Slot::Read,
        2 => Slot::Failed,
        _ => Slot::NotRead,
    };
    Ok((kind, u64::from_le_bytes(bytes), sha256))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
