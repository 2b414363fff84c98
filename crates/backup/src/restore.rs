//! Restoring files from a snapshot.
//!
//! Each file is written under a name of its own and renamed when it is whole, so that a restore
//! that is killed leaves no half file under a real name. What exists stays as it is unless the
//! caller says otherwise.

mod journal;
mod pieces;
mod place;
mod properties;
mod selection;
mod tree;
#[cfg(unix)]
mod unix_attributes;
#[cfg(windows)]
mod windows_attributes;
mod worker;

pub use place::Existing;
pub(crate) use selection::relative;
pub use selection::{Selection, SnapshotChoice};

use crate::{
    error::{BackupError, Result},
    locks::LockKind,
    manifest::{MetadataReader, Shelf},
    progress::{Meter, NoProgress, Phase, ProgressSink},
    repository::{Lookup, Repository},
    set::Snapshots,
    source::{Finding, FindingKind, Findings},
};
use jiff::Timestamp;
use journal::Journal;
use pieces::Pieces;
use place::{Folder, Place};
use properties::Properties;
use rustic_core::repofile::{Node, SnapshotFile};
use serde::{Deserialize, Serialize};
use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
};
use tree::{Step, Tree};
use worker::{Outcome, Worker};

/// Files that are written at the same time. Each holds a few MiB.
const WORKERS: usize = 4;

/// What is restored, and where to.
pub struct RestoreRequest {
    /// From which snapshot.
    pub snapshot: SnapshotChoice,
    /// Which of its files.
    pub selection: Selection,
    /// Where to: a folder, or `None` for where they came from.
    pub target: Option<PathBuf>,
    /// What happens to files that exist.
    pub existing: Existing,
    /// Hears how it goes.
    pub progress: Arc<dyn ProgressSink>,
}

impl RestoreRequest {
    /// The newest snapshot of a job, whole, into a folder.
    pub fn latest(job: impl Into<String>, target: impl Into<PathBuf>) -> Self {
        Self {
            snapshot: SnapshotChoice::Latest { job: job.into() },
            selection: Selection::default(),
            target: Some(target.into()),
            existing: Existing::Keep,
            progress: Arc::new(NoProgress),
        }
    }
}

/// What a restore is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The files are to be used: they come from wherever they are whole, with who may use them.
    Use,
    /// It is to be proven that the destination alone gives them; they are like any new file.
    Proof,
}

impl Purpose {
    pub(super) fn lookup(self) -> Lookup {
        match self {
            Self::Use => Lookup::ThroughCache,
            Self::Proof => Lookup::AtDestinations,
        }
    }
}

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreReport {
    /// From which snapshot.
    pub snapshot: String,
    /// Files that were written.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that existed and were kept.
    pub kept: u64,
    /// How many files could not be restored as they were.
    pub findings: u64,
    /// The first thousand of them.
    pub named_findings: Vec<Finding>,
    /// Pieces that were damaged at one destination and came from another: that one is to be
    /// verified.
    #[serde(default)]
    pub mended: u64,
    /// When it began, in UTC.
    pub started: Timestamp,
    /// When it ended, in UTC.
    pub ended: Timestamp,
}

impl Repository {
    /// Restores files.
    ///
    /// # Errors
    ///
    /// When there is no such snapshot, no destination answers, another program holds an exclusive
    /// lock, or it is cancelled. Single files that fail are named in the report.
    pub fn restore(&mut self, request: &RestoreRequest) -> Result<RestoreReport> {
        let result = self.restore_for(request, Purpose::Use);
        self.distrust_cache(result)
    }

    pub(crate) fn restore_for(
        &mut self,
        request: &RestoreRequest,
        purpose: Purpose,
    ) -> Result<RestoreReport> {
        let started = self.surroundings.clock.now();
        let meter = Meter::new(Arc::clone(&request.progress));
        meter.begin(Phase::Preparing);
        let lock = self.lock(LockKind::Shared)?;
        let result = self.restore_locked(request, purpose, started, &meter);
        let unlocked = self.unlock(lock);
        let report = result?;
        unlocked?;
        Ok(report)
    }

    fn restore_locked(
        &self,
        request: &RestoreRequest,
        purpose: Purpose,
        started: Timestamp,
        meter: &Arc<Meter>,
    ) -> Result<RestoreReport> {
        let summary = request.snapshot.find(self.snapshots()?)?;
        let library = self
            .library(
                Snapshots::Written,
                purpose.lookup(),
                rustic_core::NoProgressBars {},
            )?
            .to_indexed()
            .map_err(|error| self.set.explain(error))?;
        let snapshot = library
            .get_snapshots(&[summary.id.as_str()])
            .map_err(|error| self.set.explain(error))?
            .into_iter()
            .next()
            .ok_or_else(|| BackupError::NoSnapshot {
                wanted: summary.id.clone(),
            })?;
        let pieces = Pieces::new(&library, self, purpose);
        let tree = Tree::new(&pieces, &snapshot, &request.selection).map_err(|pattern| {
            BackupError::Source {
                path: PathBuf::from(&pattern.pattern),
                source: std::io::Error::other(pattern),
            }
        })?;
        meter.begin(Phase::Restoring);
        meter.expect_bytes(summary.bytes);
        let findings = Arc::<Findings>::default();
        let work = Work {
            repository: self,
            pieces: &pieces,
            tree,
            place: self.place(request, purpose, &snapshot, &findings)?,
            journal: Journal::begin(&self.surroundings.state_folder)?,
            meter,
            findings,
            refused: Mutex::default(),
            found: Mutex::default(),
            totals: Mutex::default(),
        };
        work.enter_root();
        work.write_files()?;
        work.finish()?;
        work.journal.finish()?;
        let totals = *lock(&work.totals);
        Ok(RestoreReport {
            snapshot: summary.id,
            files: totals.files,
            bytes: totals.bytes,
            kept: totals.kept,
            findings: work.findings.count(),
            named_findings: work.findings.named(),
            mended: pieces.mended(),
            started,
            ended: self.surroundings.clock.now(),
        })
    }
}

impl Repository {
    fn place(
        &self,
        request: &RestoreRequest,
        purpose: Purpose,
        snapshot: &SnapshotFile,
        findings: &Arc<Findings>,
    ) -> Result<Place> {
        let shelf = Shelf {
            set: Arc::clone(&self.set),
            seal: Arc::clone(&self.seal),
        };
        let metadata = match purpose {
            Purpose::Use => MetadataReader::open(shelf, snapshot)?,
            Purpose::Proof => None,
        };
        let system = Arc::clone(&self.surroundings.system);
        Ok(Place::new(
            request.target.clone(),
            request.existing,
            Properties::new(metadata, system, Arc::clone(findings)),
        ))
    }
}

/// A restore at work.
struct Work<'a> {
    repository: &'a Repository,
    pieces: &'a Pieces<'a>,
    tree: Tree<'a>,
    place: Place,
    journal: Journal,
    meter: &'a Meter,
    findings: Arc<Findings>,
    refused: Mutex<Vec<PathBuf>>,
    /// Folders that were there before; they stay as they are.
    found: Mutex<HashSet<PathBuf>>,
    totals: Mutex<Totals>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Totals {
    files: u64,
    bytes: u64,
    kept: u64,
}

/// Files with several names: where the first of them was written.
type Links = HashMap<(u64, u64), PathBuf>;

impl Work<'_> {
    /// Makes folders and writes the content of files, several at a time.
    fn write_files(&self) -> Result<()> {
        let (sender, receiver) = mpsc::sync_channel::<(PathBuf, Node)>(WORKERS * 2);
        let receiver = Mutex::new(receiver);
        let worker = Worker {
            pieces: self.pieces,
            place: &self.place,
            meter: self.meter,
            cancellation: &self.repository.surroundings.cancellation,
        };
        thread::scope(|scope| {
            for _ in 0..WORKERS {
                scope.spawn(|| {
                    while let Ok((path, node)) = next(&receiver) {
                        self.note(&path, worker.write(&path, &node));
                    }
                });
            }
            let mut links = Links::new();
            let walked = self.walk(|step| {
                let (path, node) = match step {
                    Step::Folder(path) => {
                        self.place.properties.expect(&path);
                        return self.make_folder(&path);
                    }
                    Step::Left(..) => return,
                    Step::Lost(path, damage) => {
                        let detail = damage.chain();
                        self.findings.add(&path, FindingKind::Unreadable, detail);
                        return;
                    }
                    Step::Entry(path, node) => (path, node),
                };
                if self.is_refused(&path) {
                    return;
                }
                let is_first =
                    link_key(&node).is_none_or(|key| links.insert(key, path.clone()).is_none());
                if is_first {
                    self.place.properties.expect(&path);
                    // The workers live as long as this scope.
                    sender.send((path, node)).ok();
                }
            });
            drop(sender);
            walked
        })
    }

    /// Makes further names of files that have several, and gives folders their attributes, the
    /// innermost first: what is written into a folder changes its times.
    fn finish(&self) -> Result<()> {
        let mut links = Links::new();
        self.walk(|step| match step {
            Step::Folder(_) | Step::Lost(..) => {}
            Step::Entry(path, _) | Step::Left(path, _) if self.is_refused(&path) => {}
            Step::Entry(path, node) => {
                let Some(key) = link_key(&node) else {
                    return;
                };
                match links.get(&key) {
                    None => {
                        links.insert(key, path);
                    }
                    Some(first) => {
                        if let Err(error) = self.place.link(first, &path) {
                            self.findings.add_error(&path, &error);
                        }
                    }
                }
            }
            Step::Left(path, _) if lock(&self.found).contains(&path) => {}
            Step::Left(path, node) => {
                if let Err(error) = self.place.finish_folder(&path, &node) {
                    self.findings.add_error(&path, &error);
                }
            }
        })
    }

    /// No entry of the tree stands for the folder that everything is in.
    fn enter_root(&self) {
        let root = self.place.path(Path::new(""));
        if let Err(error) = self.journal.enters(&root) {
            self.findings.add_error(&root, &error);
        }
    }

    fn make_folder(&self, path: &Path) {
        if self.is_refused(path) {
            return;
        }
        let made = self
            .place
            .make_folder(path, |folder| self.journal.makes(folder))
            .and_then(|folder| match folder {
                Folder::Made => Ok(true),
                Folder::Found => self.journal.enters(&self.place.path(path)),
            });
        match made {
            Ok(true) => {}
            Ok(false) => {
                lock(&self.found).insert(path.to_owned());
            }
            Err(error) => {
                self.findings.add_error(path, &error);
                lock(&self.refused).push(path.to_owned());
            }
        }
    }

    /// Nothing is written below a folder that could not be made, or is a link to elsewhere.
    fn is_refused(&self, path: &Path) -> bool {
        lock(&self.refused)
            .iter()
            .any(|folder| path.starts_with(folder))
    }

    fn walk(&self, visit: impl FnMut(Step)) -> Result<()> {
        let cancellation = &self.repository.surroundings.cancellation;
        match self.tree.walk(|| cancellation.is_cancelled(), visit) {
            _ if cancellation.is_cancelled() => Err(BackupError::Cancelled),
            walked => walked.map_err(|error| self.repository.set.explain(error)),
        }
    }

    fn note(&self, path: &Path, outcome: std::io::Result<Outcome>) {
        let mut totals = lock(&self.totals);
        match outcome {
            Ok(Outcome::Written(bytes)) => {
                totals.files += 1;
                totals.bytes += bytes;
            }
            Ok(Outcome::Kept) => totals.kept += 1,
            Err(error) => self.findings.add_error(path, &error),
        }
    }
}

fn next<T>(receiver: &Mutex<mpsc::Receiver<T>>) -> Result<T, mpsc::RecvError> {
    lock(receiver).recv()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the names of one file have in common.
fn link_key(node: &Node) -> Option<(u64, u64)> {
    (node.is_file() && node.meta.links > 1 && node.meta.inode != 0)
        .then_some((node.meta.device_id, node.meta.inode))
}
