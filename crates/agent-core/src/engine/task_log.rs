//! Where a running task writes.

use super::shared::{LatestProgress, chain};
use crate::{LogSink, state::State};
use latarnik_model::{Clock, TaskId};
use latarnik_protocol::{TaskProgress, UpdateResult, limits};
use std::{
    fs::File,
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex, PoisonError, Weak},
};
use tokio::sync::watch;

const CUT: &str = "\n[the log is cut here: it reached its limit]\n";

/// Whole log to a file, progress to whoever sends it, what is known of updates to the state.
///
/// A log that cannot be written does not fail its task: the result matters more.
pub(super) struct TaskLog {
    task: TaskId,
    clock: Arc<dyn Clock>,
    progress: watch::Sender<Option<LatestProgress>>,
    /// A call that was left behind keeps the state of an ended engine from nobody.
    state: Weak<State>,
    file: Mutex<Option<LimitedFile>>,
}

struct LimitedFile {
    file: File,
    room_bytes: u64,
}

/// Whether a log begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pages {
    /// It begins.
    New,
    /// It goes on behind what an earlier part of the task wrote.
    Continued,
}

fn open(path: &Path, pages: Pages) -> io::Result<LimitedFile> {
    let file = match pages {
        Pages::New => File::create(path)?,
        Pages::Continued => File::options().create(true).append(true).open(path)?,
    };
    let limit = limits::TASK_LOG_BYTES - CUT.len() as u64;
    let room_bytes = limit.saturating_sub(file.metadata()?.len());
    Ok(LimitedFile { file, room_bytes })
}

impl TaskLog {
    pub(super) fn create(
        task: TaskId,
        (path, pages): (&Path, Pages),
        state: Weak<State>,
        clock: Arc<dyn Clock>,
        progress: watch::Sender<Option<LatestProgress>>,
    ) -> Self {
        let file = open(path, pages)
            .inspect_err(|error| tracing::warn!(task_id = %task, %error, "no log can be kept"))
            .ok();
        let file = Mutex::new(file);
        Self {
            task,
            clock,
            progress,
            state,
            file,
        }
    }
}

impl LogSink for TaskLog {
    fn progress(&self, progress: TaskProgress) {
        let latest = LatestProgress {
            task: self.task,
            at: self.clock.now(),
            progress,
        };
        self.progress.send_replace(Some(latest));
    }

    fn note(&self, updates: &[UpdateResult]) {
        let Some(state) = self.state.upgrade() else {
            return;
        };
        if let Err(error) = state.note_installation(self.task, updates) {
            tracing::warn!(task_id = %self.task, error = chain(&error), "an installation is not noted");
        }
    }

    fn log(&self, text: &str) {
        let mut guard = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(limited) = guard.as_mut() else {
            return;
        };
        let fits = limited.room_bytes.checked_sub(text.len() as u64);
        let written = match fits {
            Some(room_bytes) => {
                limited.room_bytes = room_bytes;
                limited.file.write_all(text.as_bytes())
            }
            None => limited.file.write_all(CUT.as_bytes()),
        };
        if fits.is_none() || written.is_err() {
            *guard = None;
        }
    }
}

/// For scans that nobody asked for.
pub(super) struct NoLog;

impl LogSink for NoLog {
    fn progress(&self, _: TaskProgress) {}
    fn log(&self, _: &str) {}
    fn note(&self, _: &[UpdateResult]) {}
}
