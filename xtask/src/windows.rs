//! Windows programs, built on Linux.
//!
//! With rustup's target for Windows if it is there or can be had, otherwise with Debian's `rustc`
//! and its library's source.

use crate::{children, json, packages, step, workspace::Workspace};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{path::PathBuf, process::Command, sync::OnceLock};

const TARGET: &str = "x86_64-pc-windows-gnu";
const LINKER: &str = "x86_64-w64-mingw32-gcc";
/// One set for every build, so that dependencies are built once, with the same features.
const CRATES: [&str; 6] = [
    "--package",
    "latarnik-agent",
    "--package",
    "latarnik-platform",
    "--package",
    "windows-update-double",
];

/// How to build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// For tests.
    Dev,
    /// As it is shipped.
    Dist,
}

/// What the tests under Wine run.
#[derive(Debug, Clone)]
pub(crate) struct TestPrograms {
    /// The agent, unmodified.
    pub(crate) agent: PathBuf,
    /// The Windows Update double.
    pub(crate) double: PathBuf,
    /// The example `windows_machine` of the platform crate.
    pub(crate) machine: PathBuf,
    /// The platform crate's own tests.
    pub(crate) platform_tests: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Toolchain {
    Rustup,
    Debian,
}

/// The packages that a build needs.
pub(crate) fn packages() -> &'static [&'static str] {
    match toolchain() {
        Toolchain::Rustup => &["gcc-mingw-w64-x86-64"],
        Toolchain::Debian => &["gcc-mingw-w64-x86-64", "rustc-web", "rust-web-src"],
    }
}

/// Builds the agent for Windows.
pub(crate) fn build(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    packages::install(packages())?;
    let mut cargo = cargo(workspace);
    cargo.args(["build", "--locked", "--package", "latarnik-agent", "--bins"]);
    let folder = match profile {
        Profile::Dev => "debug",
        Profile::Dist => {
            cargo.args(["--profile", "dist"]);
            "dist"
        }
    };
    step::run("build the Windows agent", "windows-agent", cargo)?;
    Ok(output(workspace, folder).join("latarnik-agent.exe"))
}

/// Builds everything that the tests under Wine run.
pub(crate) fn build_tests(workspace: &Workspace) -> Result<TestPrograms> {
    packages::install(packages())?;
    let mut programs = cargo(workspace);
    programs
        .args(["build", "--locked"])
        .args(CRATES)
        .args(["--bins", "--lib", "--examples"]);
    step::run("build the Windows programs", "windows-programs", programs)?;
    let tests = || {
        let mut cargo = cargo(workspace);
        cargo
            .args(["test", "--locked", "--no-run", "--lib"])
            .args(CRATES);
        cargo
    };
    step::run("build the Windows tests", "windows-tests", tests())?;
    let mut listing = tests();
    listing.arg("--message-format=json");
    let folder = output(workspace, "debug");
    Ok(TestPrograms {
        agent: folder.join("latarnik-agent.exe"),
        double: folder.join("windows_update_double.dll"),
        machine: folder.join("examples/windows_machine.exe"),
        platform_tests: test_program(&children::capture(listing)?, "latarnik_platform")?,
    })
}

fn output(workspace: &Workspace, profile: &str) -> PathBuf {
    target(workspace).join(TARGET).join(profile)
}

/// Apart from the other builds: another compiler may do it.
fn target(workspace: &Workspace) -> PathBuf {
    workspace.target.join("windows")
}

fn cargo(workspace: &Workspace) -> Command {
    let mut cargo = workspace.cargo();
    cargo
        .env("CARGO_TARGET_DIR", target(workspace))
        .env("CARGO_BUILD_TARGET", TARGET)
        .env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER", LINKER)
        // A windows-gnu program carries its debug information inside: the tests need none.
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_PROFILE_DEV_SPLIT_DEBUGINFO", "off");
    if toolchain() == Toolchain::Debian {
        cargo
            .env("RUSTC", "/usr/bin/rustc")
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_unwind,test");
    }
    cargo
}

/// Asked once a run. Fetching the target needs the network, and is not waited for long.
fn toolchain() -> Toolchain {
    static TOOLCHAIN: OnceLock<Toolchain> = OnceLock::new();
    *TOOLCHAIN.get_or_init(|| {
        let has_target = || {
            let mut list = Command::new("rustup");
            list.args(["target", "list", "--installed"]);
            children::capture(list).is_ok_and(|targets| targets.lines().any(|t| t == TARGET))
        };
        let add_target = || {
            let mut add = Command::new("timeout");
            add.args(["120", "rustup", "target", "add", TARGET]);
            children::capture(add).is_ok()
        };
        if has_target() || (packages::has_program("rustup") && add_target() && has_target()) {
            Toolchain::Rustup
        } else {
            Toolchain::Debian
        }
    })
}

/// The test program of a library, from cargo's messages.
fn test_program(messages: &str, library: &str) -> Result<PathBuf> {
    let program = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| json::text(json::field(message, "target"), "name") == Some(library))
        .find_map(|message| json::text(&message, "executable").map(PathBuf::from));
    match program {
        Some(program) if program.exists() => Ok(program),
        _ => bail!("cargo built no tests of {library}"),
    }
}

/// Makes a DLL from C, for what a test has to add to Wine.
pub(crate) fn compile_dll(source: &std::path::Path, dll: &std::path::Path) -> Result<()> {
    let mut compiler = Command::new(LINKER);
    compiler
        .args(["-shared", "-O1", "-s", "-o"])
        .arg(dll)
        .arg(source)
        .arg("-ladvapi32");
    children::capture(compiler)
        .map(drop)
        .with_context(|| format!("could not make {}", dll.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_without_the_library_are_an_error() {
        let messages = "{\"target\":{\"name\":\"other\"},\"executable\":\"/bin/sh\"}\nnoise";
        assert!(test_program(messages, "latarnik_platform").is_err());
        assert_eq!(
            test_program(messages, "other").unwrap(),
            PathBuf::from("/bin/sh")
        );
    }
}
