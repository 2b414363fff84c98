//! A run that is killed leaves a lock; whoever comes next sees that nobody holds it.

use super::{Job, LIMIT, PASSWORD, noise};
use crate::{
    children,
    wine::{Bench, prefix::Prefix},
};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::{fs, time::Duration};

/// So slow that it is at work for minutes.
const BYTES_PER_SECOND: u32 = 50_000;

pub(in crate::wine) fn run(bench: &Bench<'_>) -> Result<()> {
    let prefix = bench.prefix("locks")?;
    prefix.put(&bench.programs.agent, "download/latarnik-agent.exe")?;
    fs::create_dir_all(prefix.path("data"))?;
    fs::write(prefix.path("data/small"), "content")?;
    let other = Job::write(&prefix, "other", &description())?;
    other.run("run", &["run", "--full"])?;
    fs::write(prefix.path("data/large"), noise(20_000_000))?;
    let mut slow = description();
    if let Some(fields) = slow.as_object_mut() {
        fields.insert("bytes_per_second".to_owned(), json!(BYTES_PER_SECOND));
    }
    let slow = Job::write(&prefix, "slow", &slow)?.line(&["run"]);
    let slow: Vec<&str> = slow.iter().map(String::as_str).collect();
    let run = prefix.start("slow-run", &slow)?;
    let limit = Duration::from_secs(u64::from(LIMIT));
    children::wait_until("the lock of a run", limit, || Ok(locks(&prefix)? > 0))?;
    let refused = other.attempt(&["prune"])?;
    ensure!(
        refused.code == Some(11),
        "the lock of a living process: {:?}\n{}",
        refused.code,
        refused.text
    );
    prefix
        .run(30, &["taskkill", "/f", "/im", "latarnik-agent.exe"])?
        .expect_success()?;
    drop(run);
    ensure!(locks(&prefix)? > 0, "a run that was killed left no lock");
    other.run("prune", &["prune"])?;
    ensure!(locks(&prefix)? == 0, "the lock of the dead is still there");
    Ok(())
}

fn description() -> Value {
    json!({
        "password": PASSWORD,
        "folders": [{ "path": r"C:\data" }],
        "destinations": [{ "name": "disk", "kind": "local", "path": r"C:\backup\books" }],
    })
}

/// Locks in the repository. The folder comes with the first.
fn locks(prefix: &Prefix) -> Result<usize> {
    match fs::read_dir(prefix.path("backup/books/locks")) {
        Ok(entries) => Ok(entries.count()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error).context("the locks cannot be listed"),
    }
}
