//! Clients of databases: statements in, rows out.

use anyhow::{Context, Result, bail};
use std::{
    io::Write,
    process::{Command, Stdio},
    thread,
};

/// Runs a client to its end with a script on its standard input.
///
/// # Errors
///
/// When it fails; the message has what it said.
pub(crate) fn feed(mut client: Command, script: &[u8]) -> Result<String> {
    let mut child = client
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("could not start {}", client.get_program().display()))?;
    let mut input = child.stdin.take().context("no standard input")?;
    let script = script.to_vec();
    // A thread of its own: a client may answer before it has read everything.
    let writer = thread::spawn(move || input.write_all(&script));
    let output = child.wait_with_output()?;
    let written = writer.join().ok();
    if !output.status.success() {
        bail!(
            "{} ended with {}:\n{}",
            client.get_program().display(),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    written.context("the script was not written")??;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a program to its end.
pub(crate) fn run(command: Command) -> Result<String> {
    feed(command, b"")
}
