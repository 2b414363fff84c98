//! `latarnik-agent backup` on Windows, with stock restic on Linux as the judge.

use super::{
    Bench,
    prefix::{Finished, Prefix},
};
use crate::{children, json};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::Path, process::Command};

mod attributes;
mod everywhere;
mod locks;

const AGENT: &str = r"C:\download\latarnik-agent.exe";
const PASSWORD: &str = "hasło z ogonkami";
const LIMIT: u32 = 120;

/// Something that is tried.
pub(super) type Case = fn(&Bench<'_>) -> Result<()>;

/// What is tried, in its order.
pub(super) const ALL: [(&str, Case); 4] = [
    ("files are backed up, proven and restored", proof),
    (
        "every kind of destination holds a whole repository",
        everywhere::run,
    ),
    (
        "files get back who may use them, and what they are",
        attributes::run,
    ),
    ("a lock of the dead keeps nobody out", locks::run),
];

fn proof(bench: &Bench<'_>) -> Result<()> {
    let prefix = bench.prefix("backups")?;
    prefix.put(&bench.programs.agent, "download/latarnik-agent.exe")?;
    furnish(&prefix)?;
    let job = Job::write(&prefix, "books", &local(r"C:\data\books"))?;
    let probe = job.run("probe", &["probe"])?;
    let report = json::items(&probe, "probe").first().context("a probe")?;
    ensure!(
        json::field(json::field(report, "report"), "problem").is_null(),
        "{probe}"
    );
    job.run("run", &["run", "--full"])?;
    fs::write(prefix.path("data/books/new.txt"), "later")?;
    let second = job.run("run", &["run"])?;
    let second = json::field(&second, "run");
    ensure!(
        json::text(second, "outcome") == Some("succeeded"),
        "{second}"
    );
    ensure!(json::field(second, "new_files") == 1, "{second}");
    let verified = job.run("verification", &["verify"])?;
    for report in json::items(&verified, "verification") {
        ensure!(json::field(report, "damages") == 0, "{verified}");
    }
    let proven = job.run("test_restore", &["test-restore"])?;
    let proven = json::field(&proven, "test_restore");
    ensure!(json::text(proven, "outcome") == Some("passed"), "{proven}");
    ensure!(json::field(proven, "compared_with_source") == 5, "{proven}");
    job.run("restore", &["restore", "--target", r"C:\restored"])?;
    let source = content(&prefix.path("data/books"))?;
    let restored = content(&prefix.path("restored/C/data/books"))?;
    ensure!(source == restored, "{:?}", restored.keys());
    agrees_with_restic(&prefix, &source)
}

fn furnish(prefix: &Prefix) -> Result<()> {
    let books = prefix.path("data/books");
    fs::create_dir_all(books.join("listy"))?;
    fs::write(books.join("empty"), "")?;
    fs::write(books.join("listy/zażółć gęślą jaźń.txt"), "a letter")?;
    fs::write(books.join("ledger.bin"), noise(3_000_000))?;
    fs::write(books.join("zeros"), vec![0; 1_000_000]).context("the source could not be written")
}

/// A job over a folder, to a folder of the same drive.
fn local(folder: &str) -> Value {
    json!({
        "password": PASSWORD,
        "folders": [{ "path": folder }],
        "destinations": [{ "name": "disk", "kind": "local", "path": r"C:\backup\books" }],
    })
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

/// A job's file in a prefix.
struct Job<'prefix> {
    prefix: &'prefix Prefix,
    file: String,
}

impl<'prefix> Job<'prefix> {
    /// Each file is a job that remembers nothing of the others, though all are called the same.
    fn write(prefix: &'prefix Prefix, file: &str, description: &Value) -> Result<Self> {
        let mut description = description.clone();
        if let Some(fields) = description.as_object_mut() {
            fields.insert("name".to_owned(), json!("books"));
            let state = format!(r"C:\state\{file}");
            fields.insert("state_folder".to_owned(), json!(state));
        }
        fs::create_dir_all(prefix.path("job"))?;
        fs::create_dir_all(prefix.path("backup"))?;
        let path = prefix.path(&format!("job/{file}.toml"));
        fs::write(&path, toml::to_string(&description)?)
            .with_context(|| format!("could not write {}", path.display()))?;
        Ok(Self {
            prefix,
            file: format!(r"C:\job\{file}.toml"),
        })
    }

    /// Runs a command; its result is the last line of its JSON.
    fn run(&self, kind: &str, arguments: &[&str]) -> Result<Value> {
        let text = self.attempt(arguments)?.expect_success()?;
        text.lines()
            .rev()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .find(|value| json::text(value, "type") == Some(kind))
            .with_context(|| format!("no result of {kind} in:\n{text}"))
    }

    /// Runs a command, which may fail.
    fn attempt(&self, arguments: &[&str]) -> Result<Finished> {
        let line = self.line(arguments);
        let line: Vec<&str> = line.iter().map(String::as_str).collect();
        self.prefix.run(LIMIT, &line)
    }

    /// A command as it is started.
    fn line(&self, arguments: &[&str]) -> Vec<String> {
        [AGENT, "backup"]
            .iter()
            .chain(arguments)
            .chain(&["--json", "--job", self.file.as_str()])
            .map(|word| (*word).to_owned())
            .collect()
    }
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

/// Restic on Linux.
fn restic(repository: &str, environment: &[(&str, String)], arguments: &[&str]) -> Result<String> {
    let mut restic = Command::new("restic");
    restic
        .args(["--no-cache", "--repo", repository])
        .args(arguments)
        .env("RESTIC_PASSWORD", PASSWORD)
        .envs(environment.iter().map(|(name, value)| (name, value)));
    children::capture(restic)
}

/// Restic on Linux reads every byte that was written on Windows, and restores it.
fn agrees_with_restic(prefix: &Prefix, source: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    let repository = prefix.path("backup/books");
    let repository = repository.to_str().context("the prefix has a plain name")?;
    restic(repository, &[], &["check", "--read-data"])?;
    let target = prefix.path("by-restic");
    let target = target.to_str().context("the prefix has a plain name")?;
    restic(repository, &[], &["restore", "latest", "--target", target])?;
    let restored = content(&prefix.path("by-restic/C/data/books"))?;
    ensure!(restored == *source, "restic restored {:?}", restored.keys());
    Ok(())
}
