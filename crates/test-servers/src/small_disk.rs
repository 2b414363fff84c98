//! A disk that is soon full.

use anyhow::{Context, Result, ensure};
use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

/// A small file system that only programs started through [`SmallDisk::command`] see: it is
/// mounted in a namespace of its own, which ordinary users may make as well.
#[derive(Debug)]
pub struct SmallDisk {
    holder: Child,
}

impl SmallDisk {
    /// Mounts it over a folder.
    ///
    /// # Errors
    ///
    /// When the system allows no namespaces.
    pub fn mount(folder: &Path, bytes: u64) -> Result<Self> {
        let script =
            r#"mount -t tmpfs -o "size=$1,mode=1777" tmpfs "$0" && echo ready && exec cat"#;
        let mut holder = Command::new("unshare")
            .args(namespaces())
            .args(["sh", "-c", script])
            .arg(folder)
            .arg(bytes.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("could not start unshare")?;
        let mut line = String::new();
        let output = holder.stdout.take().context("it is a pipe")?;
        BufReader::new(output).read_line(&mut line)?;
        let disk = Self { holder };
        ensure!(line.trim() == "ready", "no file system could be mounted");
        Ok(disk)
    }

    /// A program that sees the disk.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--target={}", self.holder.id()))
            .arg("--mount");
        if !is_root() {
            command.args(["--user", "--preserve-credentials"]);
        }
        command.arg("--").arg(program);
        command
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        self.holder.kill().ok();
        self.holder.wait().ok();
    }
}

fn namespaces() -> &'static [&'static str] {
    if is_root() {
        &["--mount"]
    } else {
        &["--user", "--map-root-user", "--mount"]
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
