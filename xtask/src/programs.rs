//! The product's programs, built.

use crate::{console, step, workspace::Workspace};
use anyhow::Result;
use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

/// What this run has built: suites that need the same programs build them once.
static BUILT: Mutex<Vec<(Build, Programs)>> = Mutex::new(Vec::new());

/// What to build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// Programs for trying out.
    Programs,
    /// Programs and tests, so that running the tests afterwards builds nothing again.
    ProgramsAndTests,
    /// Programs as they are shipped.
    Release,
}

/// Where the built programs are.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    /// `latarnik`.
    pub(crate) server: PathBuf,
    /// `latarnik-agent`.
    pub(crate) agent: PathBuf,
    /// `latarnik-simulator`.
    pub(crate) simulator: PathBuf,
}

/// Builds the console, then the programs, which contain it.
pub(crate) fn build(workspace: &Workspace, build: Build) -> Result<Programs> {
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let serves = |made: Build| {
        made == build || (made == Build::ProgramsAndTests && build == Build::Programs)
    };
    if let Some((_, programs)) = built.iter().find(|(made, _)| serves(*made)) {
        return Ok(programs.clone());
    }
    let programs = build_anew(workspace, build)?;
    built.push((build, programs.clone()));
    Ok(programs)
}

fn build_anew(workspace: &Workspace, build: Build) -> Result<Programs> {
    console::build(workspace)?;
    match build {
        Build::Programs => cargo(
            workspace,
            "build server, agent and simulator",
            &["--workspace", "--exclude", "xtask", "--bins"],
        )?,
        Build::ProgramsAndTests => {
            cargo(
                workspace,
                "build programs and tests",
                &["--workspace", "--all-targets"],
            )?;
        }
        Build::Release => {
            let packages = [
                "--package",
                "latarnik-server",
                "--package",
                "latarnik-simulator",
            ];
            let arguments = [&packages[..], &["--release"]].concat();
            cargo(workspace, "build the server for release", &arguments)?;
            build_shipped_agent(workspace)?;
        }
    }
    let (server, agent) = if build == Build::Release {
        ("release", "dist")
    } else {
        ("debug", "debug")
    };
    Ok(Programs {
        server: workspace.program(server, "latarnik"),
        agent: workspace.program(agent, "latarnik-agent"),
        simulator: workspace.program(server, "latarnik-simulator"),
    })
}

/// Builds the agent as it is shipped, and nothing else.
pub(crate) fn build_shipped_agent(workspace: &Workspace) -> Result<PathBuf> {
    let arguments = ["--package", "latarnik-agent", "--profile", "dist"];
    cargo(workspace, "build the agent for release", &arguments)?;
    Ok(workspace.program("dist", "latarnik-agent"))
}

fn cargo(workspace: &Workspace, title: &str, arguments: &[&str]) -> Result<()> {
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--locked"]).args(arguments);
    step::run(title, "cargo-build", cargo)
}
