//! Packages of Debian and Ubuntu, installed only when they are missing.

use crate::{children, step};
use anyhow::{Context, Result};
use std::{env, path::Path, process::Command};

/// Installs what is missing. Needs root, or sudo without a password prompt.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    let missing = missing(packages)?;
    if missing.is_empty() {
        return Ok(());
    }
    step::run("update the package lists", "apt-update", apt(&["update"]))?;
    let mut install = apt(&["install", "--yes", "--no-install-recommends"]);
    install.args(&missing);
    step::run(
        &format!("install {}", missing.join(", ")),
        "apt-install",
        install,
    )
    .context("could not install packages; root or sudo is needed for that")
}

/// Whether a program is on the path.
pub(crate) fn has_program(name: &str) -> bool {
    find_program(&[name]).is_some()
}

/// The first of these programs that is on the path.
pub(crate) fn find_program(names: &[&str]) -> Option<std::path::PathBuf> {
    let path = env::var_os("PATH")?;
    names.iter().find_map(|name| {
        env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(|program| program.is_file())
    })
}

fn missing<'a>(packages: &[&'a str]) -> Result<Vec<&'a str>> {
    if packages.is_empty() {
        return Ok(Vec::new());
    }
    if !has_program("dpkg-query") {
        step::say(&format!(
            "This system has no apt; these must be installed already: {}",
            packages.join(", ")
        ));
        return Ok(Vec::new());
    }
    // It fails when it does not know one of them, and still lists the others.
    let mut query = Command::new("sh");
    query.args(["-c", "dpkg-query --show --showformat '${Package} ${db:Status-Status}\\n' \"$@\" 2>/dev/null || true", "sh"]);
    query.args(packages);
    let listing = children::capture(query).context("could not list installed packages")?;
    Ok(packages
        .iter()
        .copied()
        .filter(|package| !is_installed(&listing, package))
        .collect())
}

fn is_installed(listing: &str, package: &str) -> bool {
    listing
        .lines()
        .any(|line| line.split_once(' ') == Some((package, "installed")))
}

fn apt(arguments: &[&str]) -> Command {
    let is_root = rustix::process::getuid().is_root();
    let mut command = if is_root || !Path::new("/usr/bin/sudo").exists() {
        Command::new("env")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["--non-interactive", "env"]);
        sudo
    };
    command
        .arg("DEBIAN_FRONTEND=noninteractive")
        .args(["apt-get", "--quiet", "--option", "DPkg::Lock::Timeout=300"])
        .args(arguments);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_package_counts_as_missing() {
        let listing = "wine installed\npostgresql config-files\n";
        assert!(is_installed(listing, "wine"));
        assert!(!is_installed(listing, "postgresql"));
        assert!(!is_installed(listing, "win"));
    }
}
