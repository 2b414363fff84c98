//! A run: reading the sources once and making a snapshot of them at every destination.

use crate::{
    clock,
    error::{BackupError, Result},
    locks::LockKind,
    manifest::{Reader, Shelf, Spool, hashes_of},
    progress::{Bars, Meter, NoProgress, Phase, ProgressSink},
    repository::{Library, Lookup, Repository},
    set::{MemberReport, Snapshots},
    shadow_copies::{
        Consistency, Frozen, NoShadowCopies, ShadowCopyMaker, ShadowCopyUse, SourceReading,
    },
    source::{Finding, Findings, FolderSource, Item, Sources, Tracker},
    system::{OperatingSystem, SystemMetadata},
};
use jiff::Timestamp;
use rustic_core::{
    BackupOptions, Id, ParentOptions, RepairIndexOptions, SnapshotGroupCriterion, SnapshotOptions,
    StringList, repofile::SnapshotFile,
};
use serde::{Deserialize, Serialize};
use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use tokio_util::sync::CancellationToken;

/// How much is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// Every byte of the sources, trusting no time stamp.
    Full,
    /// What changed since the last snapshot, by size and times.
    Incremental,
}

impl RunKind {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::Full, Self::Incremental];

    /// The tag of its snapshots.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Incremental => "incremental",
        }
    }
}

/// Files that may wait for one before them that takes longer: each of them is a name and where its
/// pieces are, a few hundred bytes.
const FILES_UNDER_WAY: usize = 1024;

/// The tag of snapshots that lack something.
pub const PARTIAL_TAG: &str = "partial";

/// The tag of snapshots that retention leaves alone; `restic tag --add pinned` sets it.
pub const PINNED_TAG: &str = "pinned";

/// What a run is to do.
pub struct RunRequest {
    /// How much is read.
    pub kind: RunKind,
    /// The job's name: snapshots of one job follow each other.
    pub job: String,
    /// Files and folders.
    pub folders: Vec<FolderSource>,
    /// Programs whose output is kept.
    pub streams: Vec<StreamSource>,
    /// Hears how it goes.
    pub progress: Arc<dyn ProgressSink>,
    /// Whether folders are read from shadow copies.
    pub shadow_copies: ShadowCopyUse,
    /// Who makes them.
    pub shadow_copy_maker: Arc<dyn ShadowCopyMaker>,
}

/// A program's output as a file of the snapshot.
pub struct StreamSource {
    /// The absolute path that the snapshot shows.
    pub path: PathBuf,
    /// Starts the program. The last read fails when the program did.
    pub open: Box<dyn FnOnce() -> io::Result<Box<dyn io::Read + Send>> + Send>,
}

impl RunRequest {
    /// A run over these folders.
    pub fn new(kind: RunKind, job: impl Into<String>, folders: Vec<FolderSource>) -> Self {
        Self {
            kind,
            job: job.into(),
            folders,
            streams: Vec::new(),
            progress: Arc::new(NoProgress),
            shadow_copies: ShadowCopyUse::default(),
            shadow_copy_maker: Arc::new(NoShadowCopies),
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// Everything was read, and at least one destination has it.
    Succeeded,
    /// Something could not be read as it should.
    Partial,
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// How it ended.
    pub outcome: RunOutcome,
    /// How much was read.
    pub kind: RunKind,
    /// The snapshot, as restic names it.
    pub snapshot: String,
    /// When it began, in UTC.
    pub started: Timestamp,
    /// When it ended, in UTC.
    pub ended: Timestamp,
    /// Files in the snapshot.
    pub files: u64,
    /// Those that were not in the last snapshot.
    pub new_files: u64,
    /// Those that are not as they were in the last snapshot.
    pub changed_files: u64,
    /// Bytes of all files in the snapshot.
    pub bytes: u64,
    /// Bytes that were not in the repository before.
    pub added_bytes: u64,
    /// The same after compression.
    pub stored_bytes: u64,
    /// How many files and folders could not be read as they should.
    pub findings: u64,
    /// The first thousand of them.
    pub named_findings: Vec<Finding>,
    /// How its folders were read.
    pub sources: Vec<SourceReading>,
    /// Whether all of them may have been like this at one instant.
    pub consistency: Consistency,
    /// How the destinations are.
    pub destinations: Vec<MemberReport>,
}

impl Repository {
    /// Runs a backup.
    ///
    /// # Errors
    ///
    /// When no destination holds until the end, a dump fails, another program holds a lock, or it
    /// is cancelled. No snapshot is left in these cases; what was sent is used by the next run.
    pub fn run(&mut self, request: RunRequest) -> Result<RunReport> {
        let started = self.surroundings.clock.now();
        let meter = Meter::new(Arc::clone(&request.progress));
        meter.begin(Phase::Preparing);
        self.take_up_unfinished()?;
        let lock = self.lock(LockKind::Shared)?;
        let result = self.run_locked(request, started, &meter);
        let result = self.distrust_cache(result);
        let unlocked = self.unlock(lock);
        let report = result?;
        unlocked?;
        Ok(report)
    }

    fn run_locked(
        &mut self,
        request: RunRequest,
        started: Timestamp,
        meter: &Arc<Meter>,
    ) -> Result<RunReport> {
        meter.begin(Phase::CatchingUp);
        self.catch_up()?;
        self.set_unfinished(true)?;
        let watch = Arc::new(Watch {
            spool: Spool::create(&self.surroundings.state_folder.join("hashes"))?,
            findings: Findings::default(),
            failed_dump: Mutex::new(None),
            cancellation: self.surroundings.cancellation.clone(),
            meter: Arc::clone(meter),
            system: Arc::clone(&self.surroundings.system),
        });
        let kind = request.kind;
        let (snapshot, readings) = self.archive(request, started, &watch)?;
        meter.begin(Phase::Publishing);
        self.keep_hashes(&watch.spool, &snapshot)?;
        let (snapshot, id) = self.publish(snapshot, &watch.findings)?;
        self.set_unfinished(false)?;
        Ok(self.report(kind, started, (&snapshot, &id), readings, &watch.findings))
    }

    /// Puts packs into the index that a run left which did not come to its end. Packs of somebody
    /// who writes at the moment must not be mistaken for such, so nobody may; otherwise it is left
    /// for another time, and what was sent is sent again.
    fn take_up_unfinished(&mut self) -> Result<()> {
        if !self.has_unfinished() {
            return Ok(());
        }
        let lock = match self.lock(LockKind::Exclusive) {
            Err(BackupError::Locked { .. }) => return Ok(()),
            other => other?,
        };
        let result = self
            .library(
                Snapshots::Written,
                // A copy that went bad must not speak for what lies there.
                Lookup::AtDestinations,
                rustic_core::NoProgressBars {},
            )
            .and_then(|library| Ok(library.repair_index(&RepairIndexOptions::default(), false)?))
            .map_err(|error| self.set.explain(error));
        let unlocked = self.unlock(lock);
        result?;
        unlocked
    }

    /// Reads the sources and sends everything but the snapshot.
    fn archive(
        &self,
        request: RunRequest,
        started: Timestamp,
        watch: &Arc<Watch>,
    ) -> Result<(SnapshotFile, Vec<SourceReading>)> {
        let library = self.library(
            Snapshots::HeldBack,
            Lookup::ThroughCache,
            Bars(Arc::clone(&watch.meter)),
        )?;
        let library = library
            .to_indexed_ids()
            .map_err(|error| self.set.explain(error))?;
        let snapshot = self.describe(&request, started)?;
        let options = options(request.kind);
        watch.meter.begin(Phase::Freezing);
        let frozen = Frozen::take(
            request.folders,
            request.shadow_copies,
            request.shadow_copy_maker.as_ref(),
            &watch.cancellation,
        )?;
        watch.meter.begin(Phase::Transferring);
        let sources = sources(&frozen, request.streams, started, watch)?;
        let paths = sources.paths().to_vec();
        let archived = pariter::with_window(FILES_UNDER_WAY, || {
            library.archive(&options, &sources, snapshot, &paths)
        });
        // Cancelling ends dumps, too, which is no failure of theirs.
        if self.surroundings.cancellation.is_cancelled() {
            return Err(BackupError::Cancelled);
        }
        if let Some((name, source)) = watch.take_failed_dump() {
            return Err(BackupError::Dump { name, source });
        }
        let snapshot = archived.map_err(|error| self.set.explain(error))?;
        Ok((snapshot, frozen.finish()))
    }

    fn describe(&self, request: &RunRequest, started: Timestamp) -> Result<SnapshotFile> {
        let time = clock::for_library(started).to_zoned(rustic_core::jiff::tz::TimeZone::UTC);
        let mut options = SnapshotOptions::default()
            .label(request.job.clone())
            .host(self.surroundings.hostname.clone());
        options.time = Some(time);
        let mut snapshot = options
            .add_tags(request.kind.tag())
            .and_then(|options| options.to_snapshot())?;
        snapshot.username.clone_from(&self.surroundings.username);
        snapshot.program_version = concat!("latarnik ", env!("CARGO_PKG_VERSION")).to_owned();
        Ok(snapshot)
    }

    /// Keeps what the files were, beside the snapshot.
    fn keep_hashes(&self, spool: &Spool, snapshot: &SnapshotFile) -> Result<()> {
        let shelf = Shelf {
            set: Arc::clone(&self.set),
            seal: Arc::clone(&self.seal),
        };
        let before = match snapshot.parent {
            None => None,
            Some(parent) => {
                let library = self.library(
                    Snapshots::Written,
                    Lookup::ThroughCache,
                    rustic_core::NoProgressBars {},
                )?;
                let parent: SnapshotFile = library
                    .get_file(&parent)
                    .map_err(|error| self.set.explain(error))?;
                match Reader::open(shelf.clone(), hashes_of(&parent.tree)) {
                    // Nobody knows these hashes any more; that is no reason for no backup.
                    Err(BackupError::Damaged { detail }) => {
                        tracing::error!(detail, "hashes of unchanged files are lost");
                        None
                    }
                    other => other?,
                }
            }
        };
        spool.finish(shelf, snapshot, before)
    }

    /// Writes the snapshot, marked when something is missing.
    fn publish(
        &self,
        mut snapshot: SnapshotFile,
        findings: &Findings,
    ) -> Result<(SnapshotFile, Id)> {
        if findings.count() > 0 {
            let partial: StringList = PARTIAL_TAG.parse().unwrap_or_default();
            snapshot.add_tags(vec![partial]);
        }
        let library: Library<_> = self.library(
            Snapshots::Written,
            Lookup::ThroughCache,
            rustic_core::NoProgressBars {},
        )?;
        library
            .save_snapshots(vec![snapshot.clone()])
            .map_err(|error| self.set.explain(error))?;
        let id = self.set.published().ok_or_else(|| BackupError::Damaged {
            detail: "the snapshot was not written".to_owned(),
        })?;
        Ok((snapshot, id))
    }

    fn report(
        &self,
        kind: RunKind,
        started: Timestamp,
        (snapshot, id): (&SnapshotFile, &Id),
        sources: Vec<SourceReading>,
        findings: &Findings,
    ) -> RunReport {
        let summary = snapshot.summary.clone().unwrap_or_default();
        RunReport {
            outcome: match findings.count() {
                0 => RunOutcome::Succeeded,
                _ => RunOutcome::Partial,
            },
            kind,
            snapshot: id.to_hex().as_str().to_owned(),
            started,
            ended: self.surroundings.clock.now(),
            files: summary.total_files_processed,
            new_files: summary.files_new,
            changed_files: summary.files_changed,
            bytes: summary.total_bytes_processed,
            added_bytes: summary.data_added,
            stored_bytes: summary.data_added_packed,
            findings: findings.count(),
            named_findings: findings.named(),
            consistency: Consistency::of(&sources),
            sources,
            destinations: self.members(),
        }
    }
}

fn options(kind: RunKind) -> BackupOptions {
    let mut parent = ParentOptions::default();
    // One job's snapshots follow each other, also when its sources are changed.
    parent.group_by = "label,host".parse::<SnapshotGroupCriterion>().ok();
    parent.force = kind == RunKind::Full;
    let mut options = BackupOptions::default();
    options.parent_opts = parent;
    options
}

fn sources(
    frozen: &Frozen,
    streams: Vec<StreamSource>,
    started: Timestamp,
    watch: &Arc<Watch>,
) -> Result<Sources> {
    let mut items: Vec<Item> = frozen
        .folders
        .iter()
        .cloned()
        .map(|(source, actual)| Item::Folder { source, actual })
        .collect();
    items.extend(streams.into_iter().map(|stream| Item::Stream {
        path: stream.path,
        modified: clock::for_library(started),
        open: stream.open,
    }));
    let tracker: Arc<dyn Tracker> = Arc::<Watch>::clone(watch);
    Sources::new(items, tracker).map_err(|error| BackupError::Source {
        path: PathBuf::from(&error.pattern),
        source: io::Error::new(io::ErrorKind::InvalidInput, error),
    })
}

/// What a run notices of its sources.
struct Watch {
    spool: Spool,
    findings: Findings,
    failed_dump: Mutex<Option<(String, io::Error)>>,
    cancellation: CancellationToken,
    meter: Arc<Meter>,
    system: Arc<dyn OperatingSystem>,
}

impl Watch {
    fn take_failed_dump(&self) -> Option<(String, io::Error)> {
        self.failed_dump
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

impl Tracker for Watch {
    fn announces(&self, path: &Path, bytes: u64) {
        self.spool.announce(path, bytes);
    }

    fn keeps(&self, path: &Path, metadata: &SystemMetadata) {
        self.spool.keep(path, metadata);
    }

    fn read_whole(&self, number: u64, bytes: u64, sha256: [u8; 32]) {
        self.spool.read(number, bytes, &sha256);
    }

    fn read_failed(&self, number: u64) {
        self.spool.failed(number);
    }

    fn findings(&self) -> &Findings {
        &self.findings
    }

    fn dump_failed(&self, name: &str, error: io::Error) {
        self.failed_dump
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert((name.to_owned(), error));
    }

    fn cancellation(&self) -> &CancellationToken {
        &self.cancellation
    }

    fn system(&self) -> &dyn OperatingSystem {
        self.system.as_ref()
    }

    fn begins(&self, path: &Path) {
        self.meter.file(path);
    }
}
