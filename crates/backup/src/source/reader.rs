//! Reading what is backed up, with an eye on how it goes.

#[cfg(unix)]
use super::unix_metadata::open;
#[cfg(windows)]
use super::windows_metadata::open;
use super::{
    FindingKind, Findings,
    ahead::{Ahead, LARGE_BYTES},
};
use crate::system::{OperatingSystem, SystemMetadata};
use rustic_core::{ErrorKind, ReadSourceOpen, RusticError, RusticResult};
use sha2::{Digest, Sha256};
use std::{
    fs::{File, Metadata},
    io::{self, BufReader, Read},
    path::PathBuf,
    sync::Arc,
};
use tokio_util::sync::CancellationToken;

/// What readers report to.
pub(crate) trait Tracker: Send + Sync + 'static {
    /// The next file of the walk, in its order, with the size that it is said to have.
    fn announces(&self, path: &std::path::Path, bytes: u64);
    /// What the system keeps of a file or folder, in the order of the walk.
    fn keeps(&self, path: &std::path::Path, metadata: &SystemMetadata);
    /// A file was read to its end.
    fn read_whole(&self, number: u64, bytes: u64, sha256: [u8; 32]);
    /// A file could not be read.
    fn read_failed(&self, number: u64);
    /// Where what goes wrong is noted.
    fn findings(&self) -> &Findings;
    /// A dump failed, which no snapshot may hide.
    fn dump_failed(&self, name: &str, error: io::Error);
    /// What is asked of the system.
    fn system(&self) -> &dyn OperatingSystem;
    /// Ends everything.
    fn cancellation(&self) -> &CancellationToken;
    /// A file is being read.
    fn begins(&self, path: &std::path::Path);
}

/// How the content of an entry is opened.
pub(crate) struct Opening {
    pub(crate) number: u64,
    pub(crate) path: PathBuf,
    pub(crate) content: Content,
    pub(crate) tracker: Arc<dyn Tracker>,
}

pub(crate) type OpenStream = Box<dyn FnOnce() -> io::Result<Box<dyn Read + Send>> + Send>;

/// Where the content comes from.
pub(crate) enum Content {
    /// A file, at the place where it really lies.
    File(PathBuf),
    /// A program's output.
    Stream(OpenStream),
}

impl ReadSourceOpen for Opening {
    type Reader = TrackedReader;

    fn open(self) -> RusticResult<TrackedReader> {
        self.tracker.begins(&self.path);
        let is_stream = matches!(self.content, Content::Stream(_));
        let opened = match self.content {
            Content::File(actual) => {
                open(&actual).and_then(|file| Input::file(file, self.tracker.cancellation()))
            }
            Content::Stream(open) => open().map(|stream| Input::Stream(Hashed::new(stream))),
        };
        match opened {
            Ok(input) => Ok(TrackedReader {
                number: self.number,
                path: self.path,
                input,
                tracker: self.tracker,
                bytes: 0,
                look_up_at: 0,
                is_finished: false,
            }),
            Err(error) => {
                let copy = io::Error::new(error.kind(), error.to_string());
                self.tracker.read_failed(self.number);
                if is_stream {
                    let name = self.path.display().to_string();
                    self.tracker.dump_failed(&name, error);
                } else {
                    self.tracker.findings().add_error(&self.path, &error);
                }
                Err(RusticError::with_source(
                    ErrorKind::InputOutput,
                    "a source could not be opened",
                    copy,
                ))
            }
        }
    }
}

/// The library reads 4 KiB at a time.
const BUFFER_BYTES: u64 = 64 * 1024;

enum Input {
    Small(Hashed<BufReader<File>>, Box<Metadata>),
    Large(Ahead, Box<Metadata>),
    Stream(Hashed<Box<dyn Read + Send>>),
}

impl Input {
    fn file(file: File, cancellation: &CancellationToken) -> io::Result<Self> {
        let before = Box::new(file.metadata()?);
        if before.len() >= LARGE_BYTES {
            let ahead = Ahead::begin(file, cancellation.clone())?;
            return Ok(Self::Large(ahead, before));
        }
        let buffer = usize::try_from(before.len().clamp(1, BUFFER_BYTES)).unwrap_or_default();
        let file = BufReader::with_capacity(buffer, file);
        Ok(Self::Small(Hashed::new(file), before))
    }
}

/// Something that is read, with the hash of what was read of it.
pub(super) struct Hashed<R> {
    pub(super) reader: R,
    hasher: Sha256,
    bytes: u64,
}

impl<R> Hashed<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            hasher: Sha256::new(),
            bytes: 0,
        }
    }

    /// How many bytes were read, and their hash. What is read later has another one.
    pub(super) fn finish(&mut self) -> (u64, [u8; 32]) {
        (
            self.bytes,
            std::mem::take(&mut self.hasher).finalize().into(),
        )
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.hasher.update(buffer.get(..read).unwrap_or_default());
        self.bytes += read as u64;
        Ok(read)
    }
}

/// Reads, hashes and notices.
pub(crate) struct TrackedReader {
    number: u64,
    path: PathBuf,
    input: Input,
    tracker: Arc<dyn Tracker>,
    bytes: u64,
    /// After how many bytes it is looked again whether it was cancelled: all readers look at the
    /// same place, one after the other.
    look_up_at: u64,
    is_finished: bool,
}

impl Read for TrackedReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.bytes >= self.look_up_at {
            self.look_up_at = self.bytes + BUFFER_BYTES;
            if self.tracker.cancellation().is_cancelled() {
                return Err(io::Error::other("cancelled"));
            }
        }
        let read = match &mut self.input {
            Input::Small(file, _) => file.read(buffer),
            Input::Large(file, _) => file.read(buffer),
            Input::Stream(stream) => stream.read(buffer),
        };
        match read {
            Ok(0) if !buffer.is_empty() => {
                self.finish();
                Ok(0)
            }
            Ok(read) => {
                self.bytes += read as u64;
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => Err(self.fail(error)),
        }
    }
}

impl TrackedReader {
    fn finish(&mut self) {
        if self.is_finished {
            return;
        }
        self.is_finished = true;
        let (bytes, sha256, change) = match &mut self.input {
            Input::Stream(stream) => {
                let (bytes, sha256) = stream.finish();
                (bytes, sha256, None)
            }
            Input::Small(file, before) => {
                let (bytes, sha256) = file.finish();
                let after = file.reader.get_ref().metadata();
                (bytes, sha256, change(before, after, bytes))
            }
            Input::Large(file, before) => {
                let Some(end) = file.take_end() else {
                    return;
                };
                let change = change(before, end.after, end.bytes);
                (end.bytes, end.sha256, change)
            }
        };
        if let Some(change) = change {
            let findings = self.tracker.findings();
            findings.add(&self.path, FindingKind::Changed, change);
        }
        self.tracker.read_whole(self.number, bytes, sha256);
    }

    fn fail(&mut self, error: io::Error) -> io::Error {
        let copy = io::Error::new(error.kind(), error.to_string());
        self.tracker.read_failed(self.number);
        match self.input {
            Input::Small(..) | Input::Large(..) => {
                self.tracker.findings().add_error(&self.path, &error);
            }
            Input::Stream(_) => self
                .tracker
                .dump_failed(&self.path.display().to_string(), error),
        }
        copy
    }
}

/// What changed between opening and the end, if anything.
fn change(before: &Metadata, after: io::Result<Metadata>, read: u64) -> Option<String> {
    let after = match after {
        Ok(after) => after,
        Err(error) => return Some(error.to_string()),
    };
    let is_same_time = match (before.modified(), after.modified()) {
        (Ok(before), Ok(after)) => before == after,
        _ => true,
    };
    if read != before.len() || after.len() != before.len() {
        Some(format!(
            "size: {}, {read} read, then {}",
            before.len(),
            after.len()
        ))
    } else if is_same_time {
        None
    } else {
        Some("modified while it was read".to_owned())
    }
}
