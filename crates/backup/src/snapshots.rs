//! The snapshots of a repository, and what is told of them.

use crate::{
    clock,
    error::{BackupError, Result},
    files,
    repository::{Lookup, Repository},
    retention,
    run::{PARTIAL_TAG, PINNED_TAG, RunKind},
    set::Snapshots,
};
use jiff::Timestamp;
use rustic_core::{
    FileType,
    repofile::{SnapshotFile, SnapshotId},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A snapshot, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotSummary {
    /// As restic names it.
    pub id: String,
    /// The job that made it.
    pub job: String,
    /// The device.
    pub hostname: String,
    /// When its run began, in UTC.
    pub time: Timestamp,
    /// How much was read; `None` when something else made it.
    pub kind: Option<RunKind>,
    /// Whether something is missing in it.
    pub is_partial: bool,
    /// Whether a person said that it stays.
    pub is_pinned: bool,
    /// Files in it.
    pub files: u64,
    /// Bytes of all its files.
    pub bytes: u64,
    /// Where its files came from.
    pub paths: Vec<String>,
}

impl SnapshotSummary {
    /// As retention sees it; `None` for what something else made, which is not ours to delete.
    pub fn for_retention(&self) -> Option<retention::Snapshot<String>> {
        Some(retention::Snapshot {
            id: self.id.clone(),
            at: self.time,
            kind: self.kind?,
            state: if self.is_partial {
                retention::SnapshotState::Partial
            } else {
                retention::SnapshotState::Unverified
            },
            pinned: self.is_pinned,
        })
    }
}

impl Repository {
    /// All snapshots, the newest first. One that is damaged does not hide the others; verification
    /// names it.
    ///
    /// # Errors
    ///
    /// When no destination answers.
    pub fn snapshots(&self) -> Result<Vec<SnapshotSummary>> {
        let library = self.library(
            Snapshots::Written,
            Lookup::AtDestinations,
            rustic_core::NoProgressBars {},
        )?;
        let mut summaries = Vec::new();
        for entry in self.set.list(FileType::Snapshot)? {
            let Some(id) = files::id(&entry.name) else {
                continue;
            };
            let read: Result<SnapshotFile, _> = library.get_file(&SnapshotId::from(id));
            match read.map_err(|error| self.set.explain(error)) {
                Ok(mut snapshot) => {
                    snapshot.id = id.into();
                    summaries.push(summary(&snapshot));
                }
                Err(BackupError::Repository { detail } | BackupError::Damaged { detail }) => {
                    tracing::error!(file = %entry.name, detail, "a snapshot is damaged");
                }
                Err(other) => return Err(other),
            }
        }
        summaries.sort_by(|one, other| other.time.cmp(&one.time).then(other.id.cmp(&one.id)));
        Ok(summaries)
    }

    /// The names of all snapshots, also of those that are damaged.
    pub(crate) fn snapshot_ids(&self) -> Result<BTreeSet<String>> {
        let entries = self.set.list(FileType::Snapshot)?;
        let names = entries.into_iter().map(|entry| entry.name);
        Ok(names
            .filter(|name| files::id(name).is_some())
            .map(|name| name.last().to_owned())
            .collect())
    }
}

fn summary(snapshot: &SnapshotFile) -> SnapshotSummary {
    let has_tag = |tag: &str| snapshot.tags.iter().any(|other| other == tag);
    let totals = snapshot.summary.as_ref();
    SnapshotSummary {
        id: snapshot.id.to_hex().as_str().to_owned(),
        job: snapshot.label.clone(),
        hostname: snapshot.hostname.clone(),
        time: clock::from_library(snapshot.time.timestamp()),
        kind: RunKind::ALL.into_iter().find(|kind| has_tag(kind.tag())),
        is_partial: has_tag(PARTIAL_TAG),
        is_pinned: has_tag(PINNED_TAG),
        files: totals.map_or(0, |summary| summary.total_files_processed),
        bytes: totals.map_or(0, |summary| summary.total_bytes_processed),
        paths: snapshot.paths.iter().cloned().collect(),
    }
}
