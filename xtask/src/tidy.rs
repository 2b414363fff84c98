//! `cargo xtask tidy`: the repository's rules as code.

mod doors;
mod generated;
mod lock_files;
mod manifests;
mod rust_text;
mod sources;
mod translations;

use crate::{children, step, workspace::Workspace};
use anyhow::{Context, Result, bail};
use std::{fmt, fs, path::Path, process::Command};

/// A rule that something breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Violation {
    place: String,
    message: String,
}

impl Violation {
    fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.message)
    }
}

/// A text file of the repository.
#[derive(Debug, Clone)]
struct TextFile {
    /// Relative to the repository, with forward slashes.
    path: String,
    text: String,
}

impl TextFile {
    fn has_extension(&self, extensions: &[&str]) -> bool {
        self.path
            .rsplit_once('.')
            .is_some_and(|(_, extension)| extensions.contains(&extension))
    }

    fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// Checks everything. `server` is a built `latarnik`, which the generated files are compared with.
///
/// # Errors
/// If a rule is broken; each breach is printed.
pub(crate) fn run(workspace: &Workspace, server: &Path) -> Result<()> {
    let files = step::work("read the repository", || read_files(workspace))?;
    let mut violations = Vec::new();
    let mut check = |title: &str, rule: &dyn Fn() -> Result<Vec<Violation>>| -> Result<()> {
        violations.extend(step::work(title, rule)?);
        Ok(())
    };
    check("doors between crates", &|| doors::check(workspace))?;
    check("manifests", &|| Ok(manifests::check(&files)))?;
    check("source texts and file names", &|| {
        Ok(sources::check(&files))
    })?;
    check("translations", &|| translations::check_files(&files))?;
    check("lock files", &|| lock_files::check(&files))?;
    check("generated files are fresh", &|| {
        generated::check(workspace, server)
    })?;
    for violation in &violations {
        step::say(&format!("  {violation}"));
    }
    if violations.is_empty() {
        step::say("tidy: the repository keeps its rules");
        return Ok(());
    }
    bail!(
        "tidy: {} breaches of the repository's rules",
        violations.len()
    )
}

/// Every text file that git knows or would take.
fn read_files(workspace: &Workspace) -> Result<Vec<TextFile>> {
    let mut git = Command::new("git");
    git.current_dir(&workspace.root)
        .args(["ls-files", "-z", "--cached", "--others"]);
    git.args(["--exclude-standard", "--deduplicate"]);
    let listing = children::capture(git).context("could not list the files of the repository")?;
    let mut files = Vec::new();
    for path in listing.split('\0').filter(|path| !path.is_empty()) {
        let full = workspace.root.join(path);
        if !full.is_file() {
            continue;
        }
        let bytes = fs::read(&full).with_context(|| format!("could not read {path}"))?;
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(TextFile {
                path: path.to_owned(),
                text,
            });
        }
    }
    Ok(files)
}

#[cfg(test)]
fn file(path: &str, text: &str) -> TextFile {
    TextFile {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}
