//! Runs Debian's restic.

use std::{collections::BTreeMap, ffi::OsStr, path::Path, process::Command};

/// Restic with an environment of its own and nothing of the caller's but the path.
pub(crate) fn restic(folder: &Path, environment: &BTreeMap<String, String>) -> Command {
    let mut command = Command::new("restic");
    command.env_clear();
    for name in ["PATH", "TMPDIR"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    command
        .env("HOME", folder)
        .env("RESTIC_CACHE_DIR", folder.join("cache"))
        .envs(environment)
        .current_dir(folder);
    command
}

/// What it prints; panics if it fails.
pub(crate) fn output<Argument: AsRef<OsStr>>(
    mut command: Command,
    arguments: impl IntoIterator<Item = Argument>,
) -> String {
    command.args(arguments);
    let output = command.output().expect("restic is installed");
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("restic prints UTF-8")
}
