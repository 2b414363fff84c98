//! Python programs that tests need, in an environment of their own under the build folder.
//!
//! `xtask/python/requirements.in` names them; `pip-compile --generate-hashes --strip-extras
//! --no-emit-index-url --no-header` makes `requirements.txt` of it, which pins all they need.

use crate::{changes::when_changed, step, workspace::Workspace};
use anyhow::Result;
use std::{path::PathBuf, process::Command};

/// What making an environment needs.
pub(crate) const PACKAGES: &[&str] = &["python3", "python3-venv"];

/// A program of the environment, which is made or brought up to date first.
pub(crate) fn program(workspace: &Workspace, name: &str) -> Result<PathBuf> {
    let requirements = workspace.root.join("xtask/python/requirements.txt");
    let folder = workspace.logs().join("python");
    let programs = folder.join("bin");
    let mark = folder.join("requirements");
    when_changed(
        std::slice::from_ref(&requirements),
        &mark,
        &programs.join(name),
        || {
            let mut make = Command::new("python3");
            make.args(["-m", "venv", "--clear"]).arg(&folder);
            step::run("make a Python environment", "python-venv", make)?;
            let mut install = Command::new(programs.join("python"));
            install
                .args(["-m", "pip", "install", "--disable-pip-version-check"])
                .args([
                    "--require-hashes",
                    "--only-binary",
                    ":all:",
                    "--requirement",
                ])
                .arg(&requirements);
            step::run("install the Python packages", "python-install", install)
        },
    )?;
    Ok(programs.join(name))
}
