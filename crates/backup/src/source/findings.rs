//! What could not be read as it should.

use serde::{Deserialize, Serialize};
use std::{
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// More are counted, and not named.
const NAMED: usize = 1_000;

/// What was wrong with a file or a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// It exists and could not be read; the snapshot lacks it.
    Unreadable,
    /// It was there when its folder was listed and gone when it was opened; the snapshot lacks it.
    Vanished,
    /// It changed while it was read; what the snapshot has may never have existed at one instant.
    Changed,
    /// Its content is whole; who may use it, or what else the system keeps of it, is not.
    Incomplete,
}

/// A file or folder that a run could not read as it should.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Which one.
    pub path: PathBuf,
    /// What was wrong.
    pub kind: FindingKind,
    /// The system's own words.
    pub detail: String,
}

/// All findings of a run.
#[derive(Debug, Default)]
pub struct Findings {
    found: Mutex<Found>,
}

#[derive(Debug, Default)]
struct Found {
    count: u64,
    named: Vec<Finding>,
}

impl Findings {
    pub(crate) fn add(&self, path: &Path, kind: FindingKind, detail: impl Into<String>) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.count += 1;
        if found.named.len() < NAMED {
            found.named.push(Finding {
                path: path.to_owned(),
                kind,
                detail: detail.into(),
            });
        }
    }

    pub(crate) fn add_error(&self, path: &Path, error: &io::Error) {
        let kind = match error.kind() {
            io::ErrorKind::NotFound => FindingKind::Vanished,
            _ => FindingKind::Unreadable,
        };
        self.add(path, kind, error.to_string());
    }

    /// How many there are, named or not.
    pub fn count(&self) -> u64 {
        self.found
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .count
    }

    /// The first thousand.
    pub fn named(&self) -> Vec<Finding> {
        self.found
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .named
            .clone()
    }
}
