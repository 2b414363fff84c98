//! The console's packages and its build, made again only when something has changed.

use crate::{changes::when_changed, packages, step, workspace::Workspace};
use anyhow::{Context, Result, bail};
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
