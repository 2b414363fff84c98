//! Proof that a snapshot restores.

use crate::{
    error::{BackupError, Result},
    manifest::{self, Reader, Record, Shelf, hashes_of},
    progress::{Meter, Phase, ProgressSink},
    repository::{Lookup, Repository},
    restore::{Existing, Purpose, RestoreRequest, Selection, SnapshotChoice},
    set::Snapshots,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio_util::sync::CancellationToken;

/// More are counted, and not named.
const NAMED: usize = 1_000;

/// What is to be proven.
pub struct TestRestoreRequest {
    /// Which snapshot.
    pub snapshot: SnapshotChoice,
    /// An existing folder with room for all of it; a folder in it is made and removed.
    pub sandbox: PathBuf,
    /// Hears how it goes.
    pub progress: Arc<dyn ProgressSink>,
}

/// How it came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestRestoreOutcome {
    /// Every file came out as it was when it was read.
    Passed,
    /// Some did not.
    Failed,
}

/// The document of a test restore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestRestoreReport {
    /// How it came out.
    pub outcome: TestRestoreOutcome,
    /// Which snapshot.
    pub snapshot: String,
    /// The job that made it.
    pub job: String,
    /// When that was, in UTC.
    pub snapshot_time: Timestamp,
    /// When the test began, in UTC.
    pub started: Timestamp,
    /// When it ended, in UTC.
    pub ended: Timestamp,
    /// How long the restore alone took, in milliseconds.
    pub restore_ms: u64,
    /// Bytes a second of the restore alone.
    pub bytes_per_second: u64,
    /// Files that were restored.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that were compared with the hash that the run took of the source.
    pub compared_with_source: u64,
    /// Files of which no such hash is known: each piece was compared with the hash of its own.
    pub compared_by_pieces: u64,
    /// How many files were not as they were.
    pub mismatches: u64,
    /// The first thousand of them.
    pub named_mismatches: Vec<Mismatch>,
}

/// A file that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mismatch {
    /// Which one.
    pub path: PathBuf,
    /// What is wrong.
    pub kind: MismatchKind,
    /// The system's words, where there are any.
    pub detail: String,
}

/// What is wrong with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MismatchKind {
    /// It did not come out.
    NotRestored,
    /// It has other bytes.
    OtherContent,
}

impl Repository {
    /// Restores a snapshot into a sandbox, compares every byte, and removes the sandbox.
    ///
    /// # Errors
    ///
    /// When there is no such snapshot, no destination answers, the sandbox has no room or cannot
    /// be removed, or it is cancelled. A file that did not come out right is no error, but fails
    /// the test.
    pub fn test_restore(&mut self, request: &TestRestoreRequest) -> Result<TestRestoreReport> {
        let started = self.surroundings.clock.now();
        let summary = request.snapshot.find(self.snapshots()?)?;
        let sandbox = Sandbox::make(&request.sandbox, summary.bytes)?;
        let clock = std::time::Instant::now();
        // Whoever may not use the files elsewhere may not use them here: they are compared first.
        let restoring = RestoreRequest {
            snapshot: SnapshotChoice::Id(summary.id.clone()),
            selection: Selection::default(),
            target: Some(sandbox.path.clone()),
            existing: Existing::Keep,
            progress: Arc::clone(&request.progress),
        };
        let restored = self.restore_for(&restoring, Purpose::Proof)?;
        let elapsed = clock.elapsed();
        let cancellation = self.surroundings.cancellation.clone();
        let mut comparison = Comparison::new(&sandbox.path, cancellation);
        for finding in restored.named_findings {
            comparison.note(&finding.path, MismatchKind::NotRestored, finding.detail);
        }
        let unnamed = restored.findings.saturating_sub(comparison.mismatches);
        comparison.mismatches += unnamed;
        self.compare(&summary.id, &mut comparison, request)?;
        let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let report = TestRestoreReport {
            outcome: match comparison.mismatches {
                0 => TestRestoreOutcome::Passed,
                _ => TestRestoreOutcome::Failed,
            },
            snapshot: summary.id,
            job: summary.job,
            snapshot_time: summary.time,
            started,
            ended: self.surroundings.clock.now(),
            restore_ms: milliseconds,
            bytes_per_second: restored.bytes.saturating_mul(1000) / milliseconds.max(1),
            files: restored.files,
            bytes: restored.bytes,
            compared_with_source: comparison.compared,
            compared_by_pieces: restored.files.saturating_sub(comparison.compared),
            mismatches: comparison.mismatches,
            named_mismatches: comparison.named,
        };
        sandbox.remove()?;
        Ok(report)
    }

    fn compare(
        &self,
        id: &str,
        comparison: &mut Comparison<'_>,
        request: &TestRestoreRequest,
    ) -> Result<()> {
        let meter = Meter::new(Arc::clone(&request.progress));
        meter.begin(Phase::Verifying);
        let snapshot = self
            .library(
                Snapshots::Written,
                Lookup::AtDestinations,
                rustic_core::NoProgressBars {},
            )?
            .get_snapshots(&[id])
            .map_err(|error| self.set.explain(error))?
            .into_iter()
            .next();
        let Some(snapshot) = snapshot else {
            return Ok(());
        };
        let shelf = Shelf {
            set: Arc::clone(&self.set),
            seal: Arc::clone(&self.seal),
        };
        let hashes = hashes_of(&snapshot.tree);
        let Some(mut manifest) = Reader::<Record>::open(shelf, hashes.clone())? else {
            if manifest::is_beside(&snapshot) {
                return Err(BackupError::Damaged {
                    detail: format!("{} is missing", manifest::part_name(&hashes, 0)),
                });
            }
            return Ok(());
        };
        while let Some(record) = manifest.next()? {
            meter.file(&record.path);
            meter.add_bytes(record.bytes);
            comparison.compare(&record.path, record.bytes, &record.sha256);
            if self.surroundings.cancellation.is_cancelled() {
                return Err(BackupError::Cancelled);
            }
        }
        Ok(())
    }
}

struct Comparison<'a> {
    sandbox: &'a Path,
    cancellation: CancellationToken,
    compared: u64,
    mismatches: u64,
    named: Vec<Mismatch>,
}

impl<'a> Comparison<'a> {
    fn new(sandbox: &'a Path, cancellation: CancellationToken) -> Self {
        Self {
            sandbox,
            cancellation,
            compared: 0,
            mismatches: 0,
            named: Vec::new(),
        }
    }

    fn compare(&mut self, path: &Path, bytes: u64, sha256: &str) {
        // Not known, or not to be found by this name: its pieces were compared.
        if sha256.is_empty() || path.to_string_lossy().contains('\u{FFFD}') {
            return;
        }
        let restored = self.sandbox.join(crate::restore::relative(path));
        match hash(&restored, &self.cancellation) {
            Ok(found) if found == (bytes, sha256.to_owned()) => self.compared += 1,
            Ok((found, _)) => {
                let detail = format!("{found} bytes instead of {bytes}, or others");
                self.note(path, MismatchKind::OtherContent, detail);
            }
            // What the restore named already is not counted twice.
            Err(error) => {
                let is_named = self
                    .named
                    .iter()
                    .any(|mismatch| path.ends_with(&mismatch.path));
                if !is_named {
                    self.note(path, MismatchKind::NotRestored, error.to_string());
                }
            }
        }
    }

    fn note(&mut self, path: &Path, kind: MismatchKind, detail: String) {
        self.mismatches += 1;
        if self.named.len() < NAMED {
            self.named.push(Mismatch {
                path: path.to_owned(),
                kind,
                detail,
            });
        }
    }
}

fn hash(path: &Path, cancellation: &CancellationToken) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1024 * 1024];
    let mut bytes = 0;
    loop {
        if cancellation.is_cancelled() {
            return Err(io::Error::other("cancelled"));
        }
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hasher.update(buffer.get(..read).unwrap_or_default());
        bytes += read as u64;
    }
    let digest = hasher.finalize();
    Ok((
        bytes,
        digest.iter().map(|byte| format!("{byte:02x}")).collect(),
    ))
}

/// A folder that does not stay.
struct Sandbox {
    path: PathBuf,
}

impl Sandbox {
    fn make(parent: &Path, bytes: u64) -> Result<Self> {
        let path = parent.join("latarnik-test-restore");
        let fail = |source| BackupError::File {
            path: path.clone(),
            source,
        };
        // What a test left that was killed.
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail(error)),
            _ => {}
        }
        if fs4::available_space(parent).map_err(fail)? < bytes {
            return Err(fail(io::Error::from(io::ErrorKind::StorageFull)));
        }
        fs::create_dir(&path).map_err(fail)?;
        Ok(Self { path })
    }

    fn remove(self) -> Result<()> {
        fs::remove_dir_all(&self.path).map_err(|source| BackupError::File {
            path: self.path.clone(),
            source,
        })
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.path).ok();
    }
}
