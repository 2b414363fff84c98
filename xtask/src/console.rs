//! The console's packages and its build, made again only when something has changed.

use crate::{packages, step, workspace::Workspace};
use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What the packages follow from.
const PACKAGE_FILES: &[&str] = &["package.json", "package-lock.json", ".npmrc"];
/// Folders of `console/` that its build does not read.
const NOT_BUILT: &[&str] = &[
    "node_modules",
    "dist",
    "e2e",
    "mock",
    "test-results",
    "playwright-report",
];

/// Installs the packages that the lock file names.
pub(crate) fn install(workspace: &Workspace) -> Result<()> {
    if !packages::has_program("npm") {
        bail!("npm is missing: install Node.js 20 or newer");
    }
    let files: Vec<PathBuf> = PACKAGE_FILES
        .iter()
        .map(|file| workspace.console().join(file))
        .collect();
    let mark = workspace.console().join("node_modules/.latarnik-packages");
    when_changed(&files, &mark, &mark, || {
        let mut npm = workspace.npm();
        npm.args(["ci", "--no-audit", "--no-fund"]);
        step::run("install the console's packages", "npm-ci", npm)
    })
}

/// Builds the console into `console/dist`.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    install(workspace)?;
    let console = workspace.console();
    let mut files = Vec::new();
    collect(&console, &mut files)?;
    files.sort();
    let mark = workspace.logs().join("console-build");
    when_changed(&files, &mark, &console.join("dist/index.html"), || {
        let mut npm = workspace.npm();
        npm.args(["run", "build"]);
        step::run("build the console", "console-build", npm)
    })
}

/// Works unless `mark` says that it worked on the same files before and `result` is still there.
fn when_changed(
    files: &[PathBuf],
    mark: &Path,
    result: &Path,
    work: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let digest = digest(files)?;
    if result.exists() && fs::read_to_string(mark).is_ok_and(|known| known == digest) {
        return Ok(());
    }
    work()?;
    if let Some(folder) = mark.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(mark, digest).with_context(|| format!("could not write {}", mark.display()))
}

fn digest(files: &[PathBuf]) -> Result<String> {
    let mut hash = Sha256::new();
    for file in files.iter().filter(|file| file.exists()) {
        let content =
            fs::read(file).with_context(|| format!("could not read {}", file.display()))?;
        hash.update(file.to_string_lossy().as_bytes());
        hash.update(content.len().to_le_bytes());
        hash.update(content);
    }
    Ok(hex(&hash.finalize()))
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("could not read {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let is_read = !NOT_BUILT.iter().any(|folder| name == *folder)
            && !name.to_string_lossy().ends_with(".tsbuildinfo");
        if entry.file_type()?.is_dir() && is_read {
            collect(&entry.path(), files)?;
        } else if is_read {
            files.push(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_done_once_for_the_same_files() {
        let folder = tempfile::tempdir().unwrap();
        let (file, mark) = (folder.path().join("a"), folder.path().join("marks/a"));
        let result = folder.path().join("result");
        let mut count = 0;
        let mut work = || {
            when_changed(std::slice::from_ref(&file), &mark, &result, || {
                count += 1;
                Ok(fs::write(&result, "made")?)
            })
            .unwrap();
        };
        fs::write(&file, "one").unwrap();
        work();
        work();
        fs::write(&file, "two").unwrap();
        work();
        fs::remove_file(&result).unwrap();
        work();
        assert_eq!(count, 3);
    }
}
