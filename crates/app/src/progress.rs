//! How far running tasks are: told live, not kept.

use jiff::Timestamp;
use latarnik_model::TaskId;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// How far a running task is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// 0 to 100, when it can be told.
    pub percent: Option<u8>,
    /// Steps done.
    pub done: Option<u32>,
    /// Steps in all.
    pub total: Option<u32>,
    /// What it works on.
    pub current: Option<String>,
    /// When the machine restarts, for a restart that counts down.
    pub restart_at: Option<Timestamp>,
    /// How often the people at the machine have put that off.
    pub postponed: Option<u8>,
}

/// Beyond this many running tasks, the newest have no progress bar.
const MOST_TASKS: usize = 50_000;

/// The latest progress of every running task.
#[derive(Debug, Default)]
pub(crate) struct ProgressBoard(Mutex<HashMap<TaskId, Progress>>);

impl ProgressBoard {
    pub(crate) fn set(&self, task: TaskId, progress: Progress) {
        let mut board = self.lock();
        if board.len() < MOST_TASKS || board.contains_key(&task) {
            board.insert(task, progress);
        }
    }

    pub(crate) fn get(&self, task: TaskId) -> Option<Progress> {
        self.lock().get(&task).cloned()
    }

    pub(crate) fn clear(&self, task: TaskId) {
        self.lock().remove(&task);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<TaskId, Progress>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
