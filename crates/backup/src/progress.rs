//! How a long operation is doing.

use rustic_core::{HiddenProgress, Progress, ProgressBars, ProgressType, RusticProgress};
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// At most this often a sink hears of progress.
const INTERVAL: Duration = Duration::from_millis(250);

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Connecting, locking, reading the index.
    Preparing,
    /// Copying to destinations that were behind.
    CatchingUp,
    /// Making shadow copies of the volumes that hold the sources.
    Freezing,
    /// Reading the sources and sending what is new.
    Transferring,
    /// Writing the snapshot.
    Publishing,
    /// Writing files back.
    Restoring,
    /// Reading what was stored or restored.
    Verifying,
    /// Deleting what no snapshot needs.
    Pruning,
}

/// An instant of a long operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProgressEvent {
    /// What is being done.
    pub phase: Phase,
    /// Files that are done.
    pub files: u64,
    /// Bytes that are done.
    pub bytes: u64,
    /// All bytes, once they are counted.
    pub total_bytes: Option<u64>,
    /// The file that was begun last.
    pub path: Option<PathBuf>,
    /// The rate since the phase began, in bytes a second.
    pub bytes_per_second: u64,
    /// What is left at this rate, in seconds.
    pub remaining_seconds: Option<u64>,
}

/// Hears of progress; called from any thread, a few times a second.
pub trait ProgressSink: Send + Sync {
    /// Something happened.
    fn progress(&self, event: ProgressEvent);
}

/// Nobody listens.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl ProgressSink for NoProgress {
    fn progress(&self, _event: ProgressEvent) {}
}

/// Counts what is done and tells the sink.
pub(crate) struct Meter {
    sink: Arc<dyn ProgressSink>,
    files: AtomicU64,
    bytes: AtomicU64,
    total: AtomicU64,
    told: Mutex<Told>,
}

struct Told {
    phase: Phase,
    since: Instant,
    last: Option<Instant>,
    path: Option<PathBuf>,
}

impl fmt::Debug for Meter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Meter").finish_non_exhaustive()
    }
}

impl Meter {
    pub(crate) fn new(sink: Arc<dyn ProgressSink>) -> Arc<Self> {
        Arc::new(Self {
            sink,
            files: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            total: AtomicU64::new(0),
            told: Mutex::new(Told {
                phase: Phase::Preparing,
                since: Instant::now(),
                last: None,
                path: None,
            }),
        })
    }

    pub(crate) fn begin(&self, phase: Phase) {
        {
            let mut told = self.lock();
            told.phase = phase;
            told.since = Instant::now();
            told.path = None;
            told.last = None;
        }
        self.files.store(0, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
        self.total.store(0, Ordering::Relaxed);
        self.tell();
    }

    pub(crate) fn file(&self, path: &Path) {
        self.files.fetch_add(1, Ordering::Relaxed);
        self.lock().path = Some(path.to_owned());
        self.tell();
    }

    pub(crate) fn add_bytes(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.tell();
    }

    pub(crate) fn expect_bytes(&self, bytes: u64) {
        self.total.store(bytes, Ordering::Relaxed);
    }

    fn tell(&self) {
        let event = {
            let mut told = self.lock();
            let now = Instant::now();
            let is_due = told
                .last
                .is_none_or(|last| now.duration_since(last) >= INTERVAL);
            if !is_due {
                return;
            }
            told.last = Some(now);
            self.event(&told, now)
        };
        self.sink.progress(event);
    }

    fn event(&self, told: &Told, now: Instant) -> ProgressEvent {
        let bytes = self.bytes.load(Ordering::Relaxed);
        let total = self.total.load(Ordering::Relaxed);
        let elapsed = now.duration_since(told.since).as_secs_f64();
        let rate = if elapsed > 0.0 {
            (bytes as f64 / elapsed) as u64
        } else {
            0
        };
        ProgressEvent {
            phase: told.phase,
            files: self.files.load(Ordering::Relaxed),
            bytes,
            total_bytes: (total > 0).then_some(total),
            path: told.path.clone(),
            bytes_per_second: rate,
            remaining_seconds: total
                .checked_sub(bytes)
                .filter(|_| total > 0)
                .and_then(|left| left.checked_div(rate)),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The library's progress of bytes, passed on to a meter.
#[derive(Debug, Clone)]
pub(crate) struct Bars(pub(crate) Arc<Meter>);

impl ProgressBars for Bars {
    fn progress(&self, kind: ProgressType, _prefix: &str) -> Progress {
        match kind {
            ProgressType::Bytes => Progress::new(self.clone()),
            ProgressType::Spinner | ProgressType::Counter => Progress::new(HiddenProgress),
        }
    }
}

impl RusticProgress for Bars {
    fn is_hidden(&self) -> bool {
        false
    }

    fn set_length(&self, length: u64) {
        self.0.expect_bytes(length);
    }

    fn set_title(&self, _title: &str) {}

    fn inc(&self, bytes: u64) {
        self.0.add_bytes(bytes);
    }

    fn finish(&self) {}
}
