//! Files and folders as a source.

use ignore::{
    Walk, WalkBuilder,
    gitignore::{Gitignore, GitignoreBuilder},
};
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// A folder or a file, with what is taken from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderSource {
    /// Its absolute path, under which the snapshot has it.
    pub path: PathBuf,
    /// Patterns after gitignore's rules, relative to the folder; what matches is left out. A
    /// pattern with `!` takes back in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// Patterns after gitignore's rules; when there are any, only files that match one are taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// Leaves out what is mounted below the folder.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub one_file_system: bool,
}

/// A pattern that is none.
#[derive(Debug, thiserror::Error)]
#[error("the pattern {pattern:?} is not valid")]
pub struct InvalidPattern {
    /// The pattern.
    pub pattern: String,
    /// Why.
    #[source]
    pub source: ignore::Error,
}

impl FolderSource {
    /// A folder of which everything is taken.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            exclude: Vec::new(),
            include: Vec::new(),
            one_file_system: false,
        }
    }

    /// Checks its patterns.
    ///
    /// # Errors
    ///
    /// The first pattern that is not valid.
    pub fn check(&self) -> Result<(), InvalidPattern> {
        patterns(&self.path, &self.exclude)?;
        patterns(&self.path, &self.include).map(drop)
    }

    /// Walks through it where it really lies: at its path, or in a snapshot of its volume.
    pub(super) fn walk(&self, actual: &Path) -> Result<Walk, InvalidPattern> {
        let excluded = patterns(actual, &self.exclude)?;
        let included = patterns(actual, &self.include)?;
        let mut builder = WalkBuilder::new(actual);
        builder
            .standard_filters(false)
            .follow_links(false)
            .same_file_system(self.one_file_system)
            .sort_by_file_name(std::ffi::OsStr::cmp)
            .filter_entry(move |entry| {
                let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                let is_root = entry.depth() == 0;
                let is_excluded = excluded
                    .as_ref()
                    .is_some_and(|excluded| excluded.matched(entry.path(), is_folder).is_ignore());
                let is_included = is_folder
                    || included.as_ref().is_none_or(|included| {
                        included
                            .matched_path_or_any_parents(entry.path(), false)
                            .is_ignore()
                    });
                is_root || (!is_excluded && is_included)
            });
        Ok(builder.build())
    }
}

fn patterns(root: &Path, patterns: &[String]) -> Result<Option<Arc<Gitignore>>, InvalidPattern> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let mut builder = GitignoreBuilder::new(root);
    for pattern in patterns {
        builder
            .add_line(None, pattern)
            .map_err(|source| InvalidPattern {
                pattern: pattern.clone(),
                source,
            })?;
    }
    let built = builder.build().map_err(|source| InvalidPattern {
        pattern: patterns.join("\n"),
        source,
    })?;
    Ok(Some(Arc::new(built)))
}
