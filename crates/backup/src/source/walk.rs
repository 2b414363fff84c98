//! All sources of a run as one ordered walk.

#[cfg(unix)]
use super::unix_metadata as system;
#[cfg(windows)]
use super::windows_metadata as system;
use super::{
    FindingKind, FolderSource,
    folders::InvalidPattern,
    reader::{Content, OpenStream, Opening, Tracker},
};
use ignore::Walk;
use rustic_core::{
    ReadSource, ReadSourceEntry, RusticResult,
    repofile::{Metadata, Node, NodeType},
};
use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// A part of a run's sources.
pub(crate) enum Item {
    /// Files, where they are shown and where they really lie.
    Folder {
        source: FolderSource,
        actual: PathBuf,
    },
    /// The output of a program, as a file of this path.
    Stream {
        path: PathBuf,
        modified: rustic_core::jiff::Timestamp,
        open: OpenStream,
    },
}

impl Item {
    fn path(&self) -> &Path {
        match self {
            Self::Folder { source, .. } => &source.path,
            Self::Stream { path, .. } => path,
        }
    }
}

/// All sources of a run. Streams can be read once, so the walk can be made once.
pub(crate) struct Sources {
    paths: Vec<PathBuf>,
    folders: Vec<(FolderSource, PathBuf)>,
    items: Mutex<Vec<Item>>,
    tracker: Arc<dyn Tracker>,
    number: Arc<AtomicU64>,
}

impl Sources {
    /// Orders the sources as a walk through one tree meets them. A folder inside of another one
    /// is there once.
    pub(crate) fn new(
        mut items: Vec<Item>,
        tracker: Arc<dyn Tracker>,
    ) -> Result<Self, InvalidPattern> {
        items.sort_by(|one, other| one.path().cmp(other.path()));
        let mut kept: Vec<Item> = Vec::with_capacity(items.len());
        for item in items {
            if let Item::Folder { source, .. } = &item {
                source.check()?;
            }
            let is_inside = kept
                .last()
                .is_some_and(|last| item.path().starts_with(last.path()));
            if !is_inside {
                kept.push(item);
            }
        }
        let folders = kept
            .iter()
            .filter_map(|item| match item {
                Item::Folder { source, actual } => Some((source.clone(), actual.clone())),
                Item::Stream { .. } => None,
            })
            .collect();
        Ok(Self {
            paths: kept.iter().map(|item| item.path().to_owned()).collect(),
            folders,
            items: Mutex::new(kept),
            tracker,
            number: Arc::default(),
        })
    }

    /// What the snapshot says that it is of.
    pub(crate) fn paths(&self) -> &[PathBuf] {
        &self.paths
    }
}

impl ReadSource for Sources {
    type Open = Opening;
    type Iter = Entries;

    /// Files that are there at the moment; what programs will write is not known.
    fn size(&self) -> RusticResult<Option<u64>> {
        let mut bytes = 0;
        for (source, actual) in &self.folders {
            let Ok(walk) = source.walk(actual) else {
                continue;
            };
            for entry in walk.flatten() {
                if self.tracker.cancellation().is_cancelled() {
                    return Ok(None);
                }
                if entry.file_type().is_some_and(|kind| kind.is_file()) {
                    bytes += entry.metadata().map_or(0, |metadata| metadata.len());
                }
            }
        }
        Ok(Some(bytes))
    }

    fn entries(&self) -> Entries {
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        let mut items = std::mem::take(&mut *items);
        items.reverse();
        Entries {
            rest: items,
            current: None,
            tracker: Arc::clone(&self.tracker),
            number: Arc::clone(&self.number),
            describer: system::Describer::default(),
        }
    }
}

/// The entries of all sources in their order.
pub(crate) struct Entries {
    /// The next one is the last.
    rest: Vec<Item>,
    current: Option<Current>,
    tracker: Arc<dyn Tracker>,
    number: Arc<AtomicU64>,
    describer: system::Describer,
}

struct Current {
    walk: Walk,
    shown: PathBuf,
    actual: PathBuf,
}

impl Iterator for Entries {
    type Item = RusticResult<ReadSourceEntry<Opening>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.tracker.cancellation().is_cancelled() {
                return None;
            }
            if let Some(current) = &mut self.current {
                match current.walk.next() {
                    Some(Ok(entry)) => {
                        if let Some(entry) = self.file(&entry) {
                            return Some(Ok(entry));
                        }
                        continue;
                    }
                    Some(Err(error)) => {
                        self.note(&error);
                        continue;
                    }
                    None => self.current = None,
                }
            }
            match self.rest.pop()? {
                Item::Folder { source, actual } => {
                    // The patterns were checked when the sources were put together.
                    if let Ok(walk) = source.walk(&actual) {
                        self.current = Some(Current {
                            walk,
                            shown: source.path,
                            actual,
                        });
                    }
                }
                Item::Stream {
                    path,
                    modified,
                    open,
                } => return Some(Ok(self.stream(path, modified, open))),
            }
        }
    }
}

impl Entries {
    fn file(&mut self, entry: &ignore::DirEntry) -> Option<ReadSourceEntry<Opening>> {
        let shown = self.shown(entry.path());
        let name = shown.file_name().unwrap_or(OsStr::new("/"));
        match self.describer.node(entry.path(), name) {
            // The root of a file system has no name of its own.
            Ok(_) if shown.file_name().is_none() => None,
            Ok(node) => {
                self.keep_metadata(entry.path(), &shown, &node);
                let content = || Content::File(entry.path().to_owned());
                let open = (node.node_type == NodeType::File)
                    .then(|| self.opening(shown.clone(), node.meta.size, content()));
                Some(ReadSourceEntry {
                    path: shown,
                    node,
                    open,
                })
            }
            Err(error) => {
                self.tracker.findings().add_error(&shown, &error);
                None
            }
        }
    }

    /// Notes what the format has no field for. Links have what their target has.
    fn keep_metadata(&self, actual: &Path, shown: &Path, node: &Node) {
        if !(node.is_file() || node.is_dir()) {
            return;
        }
        match self.tracker.system().metadata(actual) {
            Ok(None) => {}
            Ok(Some(metadata)) => self.tracker.keeps(shown, &metadata),
            Err(error) => {
                let findings = self.tracker.findings();
                findings.add(shown, FindingKind::Incomplete, error.to_string());
            }
        }
    }

    fn stream(
        &self,
        path: PathBuf,
        modified: rustic_core::jiff::Timestamp,
        open: OpenStream,
    ) -> ReadSourceEntry<Opening> {
        let metadata = Metadata {
            mode: Some(0o600),
            mtime: Some(modified),
            ..Metadata::default()
        };
        let name = path.file_name().unwrap_or(OsStr::new("dump")).to_owned();
        let open = Some(self.opening(path.clone(), 0, Content::Stream(open)));
        ReadSourceEntry {
            node: Node::new_node(&name, NodeType::File, metadata),
            path,
            open,
        }
    }

    fn opening(&self, path: PathBuf, bytes: u64, content: Content) -> Opening {
        self.tracker.announces(&path, bytes);
        Opening {
            number: self.number.fetch_add(1, Ordering::Relaxed),
            path,
            content,
            tracker: Arc::clone(&self.tracker),
        }
    }

    /// Where an entry is shown.
    fn shown(&self, actual: &Path) -> PathBuf {
        match &self.current {
            Some(current) => match actual.strip_prefix(&current.actual) {
                Ok(rest) if rest.as_os_str().is_empty() => current.shown.clone(),
                Ok(rest) => current.shown.join(rest),
                Err(_) => actual.to_owned(),
            },
            None => actual.to_owned(),
        }
    }

    fn note(&self, error: &ignore::Error) {
        let (path, cause) = blame(error);
        let path = path.map_or_else(
            || {
                self.current
                    .as_ref()
                    .map(|current| current.shown.clone())
                    .unwrap_or_default()
            },
            |path| self.shown(path),
        );
        let kind = cause.map_or(io::ErrorKind::Other, io::Error::kind);
        self.tracker
            .findings()
            .add_error(&path, &io::Error::new(kind, error.to_string()));
    }
}

/// Which path an error of the walk is about, and what the system said.
fn blame(error: &ignore::Error) -> (Option<&Path>, Option<&io::Error>) {
    match error {
        ignore::Error::WithPath { path, err } => (Some(path), blame(err).1),
        ignore::Error::WithDepth { err, .. } => blame(err),
        ignore::Error::Io(error) => (None, Some(error)),
        _ => (None, None),
    }
}
