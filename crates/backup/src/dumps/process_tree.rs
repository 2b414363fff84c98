//! A program with everything that it starts, so that all of it can be ended.

use std::{ffi::OsString, path::Path};

#[cfg(not(windows))]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(not(windows))]
use unix as system;
#[cfg(windows)]
use windows as system;

pub(super) use system::ProcessTree;

/// How a program competes for the processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Priority {
    Normal,
    Low,
}

/// What every program gets, and nothing else: programs speak English and find the system.
pub(super) fn environment() -> Vec<(OsString, OsString)> {
    let mut variables: Vec<(OsString, OsString)> = vec![("LC_ALL".into(), "C".into())];
    variables.extend(system::PASSED_ON.iter().filter_map(|name| {
        let value = std::env::var_os(name)?;
        Some(((*name).into(), value))
    }));
    if let Some(path) = system::PATH {
        variables.push(("PATH".into(), path.into()));
    }
    variables
}

/// A name for messages.
pub(super) fn name_of(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or(path.as_os_str());
    stem.to_string_lossy().into_owned()
}
