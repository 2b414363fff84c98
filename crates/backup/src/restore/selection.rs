//! Which snapshot, and which of its files.

use crate::{
    error::{BackupError, Result},
    snapshots::SnapshotSummary,
};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// Which snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnapshotChoice {
    /// By the beginning of its name, as restic shows it.
    Id(String),
    /// The newest of a job.
    Latest {
        /// The job.
        job: String,
    },
    /// The newest of a job that is not newer than an instant.
    At {
        /// The job.
        job: String,
        /// The instant.
        instant: Timestamp,
    },
}

impl SnapshotChoice {
    /// Finds it among all, of which the newest comes first.
    pub(crate) fn find(&self, snapshots: Vec<SnapshotSummary>) -> Result<SnapshotSummary> {
        let fits = |snapshot: &SnapshotSummary| match self {
            Self::Id(id) => !id.is_empty() && snapshot.id.starts_with(id.as_str()),
            Self::Latest { job } => snapshot.job == *job,
            Self::At { job, instant } => snapshot.job == *job && snapshot.time <= *instant,
        };
        let mut fitting = snapshots.into_iter().filter(fits);
        let found = fitting.next();
        let is_ambiguous = matches!(self, Self::Id(_)) && fitting.next().is_some();
        found
            .filter(|_| !is_ambiguous)
            .ok_or_else(|| BackupError::NoSnapshot {
                wanted: self.to_string(),
            })
    }
}

impl std::fmt::Display for SnapshotChoice {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => formatter.write_str(id),
            Self::Latest { job } => write!(formatter, "latest of {job}"),
            Self::At { job, instant } => write!(formatter, "of {job} at {instant}"),
        }
    }
}

/// Which files of a snapshot; nothing named means all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// Files and whole folders, as the snapshot shows them.
    pub paths: Vec<PathBuf>,
    /// Patterns after gitignore's rules that files must match, from the snapshot's root.
    pub patterns: Vec<String>,
}

/// A pattern that is none.
#[derive(Debug, thiserror::Error)]
#[error("the pattern {pattern:?} is not valid")]
pub(super) struct InvalidSelection {
    /// The pattern.
    pub(super) pattern: String,
    /// Why.
    #[source]
    pub(super) source: ignore::Error,
}

/// A selection ready for use.
pub(super) struct Filter {
    paths: Vec<PathBuf>,
    patterns: Option<Gitignore>,
}

impl Selection {
    pub(super) fn filter(&self) -> std::result::Result<Filter, InvalidSelection> {
        let mut builder = GitignoreBuilder::new("/");
        for pattern in &self.patterns {
            builder
                .add_line(None, pattern)
                .map_err(|source| InvalidSelection {
                    pattern: pattern.clone(),
                    source,
                })?;
        }
        let patterns = builder.build().map_err(|source| InvalidSelection {
            pattern: self.patterns.join("\n"),
            source,
        })?;
        Ok(Filter {
            paths: self.paths.iter().map(|path| relative(path)).collect(),
            patterns: (!self.patterns.is_empty()).then_some(patterns),
        })
    }
}

impl Filter {
    /// Whether a folder, relative to the snapshot's root, is on the way to what is selected.
    pub(super) fn enters(&self, folder: &Path) -> bool {
        self.paths.is_empty()
            || self
                .paths
                .iter()
                .any(|path| path.starts_with(folder) || folder.starts_with(path))
    }

    /// Whether an entry is selected.
    pub(super) fn takes(&self, entry: &Path) -> bool {
        let is_below =
            self.paths.is_empty() || self.paths.iter().any(|path| entry.starts_with(path));
        is_below
            && self.patterns.as_ref().is_none_or(|patterns| {
                patterns
                    .matched_path_or_any_parents(Path::new("/").join(entry), false)
                    .is_ignore()
            })
    }
}

/// A path as the tree has it: without a root, and a drive as a folder.
pub(crate) fn relative(path: &Path) -> PathBuf {
    use std::path::{Component, Prefix};
    path.components()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(PathBuf::from(name)),
            Component::Prefix(prefix) => match prefix.kind() {
                Prefix::Disk(letter) | Prefix::VerbatimDisk(letter) => {
                    Some(PathBuf::from(char::from(letter).to_string()))
                }
                _ => None,
            },
            _ => None,
        })
        .collect()
}
