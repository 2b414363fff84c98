//! `latarnik-agent backup` on Windows, with stock restic on Linux as the judge.

use super::{Bench, prefix::Prefix};
use crate::{children, json};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{collections::BTreeMap, fs, path::Path, process::Command};

const AGENT: &str = r"C:\download\latarnik-agent.exe";
const JOB: &str = r"C:\job\job.toml";
const PASSWORD: &str = "hasło z ogonkami";
const LIMIT: u32 = 120;

pub(super) fn run(bench: &Bench<'_>) -> Result<()> {
    let prefix = bench.prefix("backups")?;
    prefix.put(&bench.programs.agent, "download/latarnik-agent.exe")?;
    furnish(&prefix)?;
    let probe = command(&prefix, "probe", &["probe"])?;
    let report = json::items(&probe, "probe").first().context("a probe")?;
    ensure!(
        json::field(json::field(report, "report"), "problem").is_null(),
        "{probe}"
    );
    command(&prefix, "run", &["run", "--full"])?;
    fs::write(prefix.path("data/books/new.txt"), "later")?;
    let second = command(&prefix, "run", &["run"])?;
    let second = json::field(&second, "run");
    ensure!(
        json::text(second, "outcome") == Some("succeeded"),
        "{second}"
    );
    ensure!(json::field(second, "new_files") == 1, "{second}");
    let verified = command(&prefix, "verification", &["verify"])?;
    for report in json::items(&verified, "verification") {
        ensure!(json::field(report, "damages") == 0, "{verified}");
    }
    let proven = command(&prefix, "test_restore", &["test-restore"])?;
    let proven = json::field(&proven, "test_restore");
    ensure!(json::text(proven, "outcome") == Some("passed"), "{proven}");
    ensure!(json::field(proven, "compared_with_source") == 5, "{proven}");
    command(&prefix, "restore", &["restore", "--target", r"C:\restored"])?;
    let source = content(&prefix.path("data/books"))?;
    let restored = content(&prefix.path("restored/C/data/books"))?;
    ensure!(source == restored, "{:?}", restored.keys());
    agrees_with_restic(&prefix, &source)
}

fn furnish(prefix: &Prefix) -> Result<()> {
    let books = prefix.path("data/books");
    fs::create_dir_all(books.join("listy"))?;
    fs::create_dir_all(prefix.path("backup"))?;
    fs::create_dir_all(prefix.path("job"))?;
    fs::write(books.join("empty"), "")?;
    fs::write(books.join("listy/zażółć gęślą jaźń.txt"), "a letter")?;
    fs::write(books.join("ledger.bin"), noise(3_000_000))?;
    fs::write(books.join("zeros"), vec![0; 1_000_000])?;
    let job = format!(
        "name = 'books'\npassword = '{PASSWORD}'\nstate_folder = 'C:\\state'\n\
         [[folders]]\npath = 'C:\\data\\books'\n\
         [[destinations]]\nname = 'disk'\nkind = 'local'\npath = 'C:\\backup\\books'\n"
    );
    fs::write(prefix.path("job/job.toml"), job).context("the job could not be written")
}

/// Bytes that do not compress, the same every time.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    (0..bytes)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[0]
        })
        .collect()
}

/// Runs a command; its result is the last line of its JSON.
fn command(prefix: &Prefix, kind: &str, arguments: &[&str]) -> Result<Value> {
    let mut line = vec![AGENT, "backup"];
    line.extend(arguments);
    line.extend(["--json", "--job", JOB]);
    let text = prefix.run(LIMIT, &line)?.expect_success()?;
    text.lines()
        .rev()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|value| json::text(value, "type") == Some(kind))
        .with_context(|| format!("no result of {kind} in:\n{text}"))
}

/// The files below a folder.
fn content(root: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root)?.display().to_string();
                files.insert(name, fs::read(path)?);
            }
        }
    }
    Ok(files)
}

/// Restic on Linux reads every byte that was written on Windows, and restores it.
fn agrees_with_restic(prefix: &Prefix, source: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    let restic = |arguments: &[&str]| {
        let mut restic = Command::new("restic");
        restic
            .args(["--no-cache", "--repo"])
            .arg(prefix.path("backup/books"))
            .args(arguments)
            .env("RESTIC_PASSWORD", PASSWORD);
        children::capture(restic)
    };
    restic(&["check", "--read-data"])?;
    let target = prefix.path("by-restic");
    let target = target.to_str().context("the prefix has a plain name")?;
    restic(&["restore", "latest", "--target", target])?;
    let restored = content(&prefix.path("by-restic/C/data/books"))?;
    ensure!(restored == *source, "restic restored {:?}", restored.keys());
    Ok(())
}
