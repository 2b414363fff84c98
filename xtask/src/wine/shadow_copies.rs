//! Backups from shadow copies. Wine has no such service: a library stands in for it, and folders for the
//! copies that it makes.

use super::{Bench, MACHINE, prefix::Prefix};
use crate::{
    children::{self, Child},
    json, windows,
};
use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use serde_json::Value;
use std::{fs, os::unix::fs::symlink, time::Duration};

const SERVICE: &str = include_str!("vssapi.c");
const AGENT: &str = r"C:\download\latarnik-agent.exe";
const JOB: &str = r"C:\job\job.toml";
const LIMIT: u32 = 120;
const WAIT: Duration = Duration::from_secs(60);
/// As the agent's help numbers them.
const FAILED: i32 = 1;
const PARTIAL: i32 = 9;

pub(super) fn run(bench: &Bench<'_>) -> Result<()> {
    let scene = Scene::open(bench)?;
    without_the_service(&scene)?;
    scene.add_service(bench)?;
    // From here on a program has a file open that nobody else may read.
    let _lock = scene.lock(r"C:\data\books\open.db")?;
    read_from_the_copy(&scene)?;
    nothing_is_read_twice(&scene)?;
    several_volumes(&scene)?;
    busy_for_a_while(&scene)?;
    live_when_there_is_none(&scene)?;
    required(&scene)?;
    released_after_a_failure(&scene)?;
    released_when_cancelled(&scene)
}

struct Scene {
    prefix: Prefix,
}

/// A run's end.
struct Ended {
    code: Option<i32>,
    text: String,
}

impl Ended {
    /// The run's report, if it ended so.
    fn report(&self, code: i32) -> Result<Value> {
        let report = self
            .text
            .lines()
            .rev()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .find(|value| json::text(value, "type") == Some("run"))
            .map(|value| json::field(&value, "run").clone());
        ensure!(
            self.code == Some(code) && report.is_some(),
            "the run ended with {:?}:\n{}",
            self.code,
            self.text
        );
        report.context("the run has a report")
    }
}

impl Scene {
    fn open(bench: &Bench<'_>) -> Result<Self> {
        let prefix = bench.prefix("shadow-copies")?;
        prefix.put(&bench.programs.agent, "download/latarnik-agent.exe")?;
        let scene = Self { prefix };
        for folder in ["vss", "job", "second-drive"] {
            fs::create_dir_all(scene.prefix.path(folder))?;
        }
        let second = scene.prefix.path("second-drive");
        symlink(second, scene.prefix.path("../dosdevices/d:"))?;
        scene.write("data/books/ledger.txt", "while the program works")?;
        scene.write("data/books/letter.txt", "never changed")?;
        scene.write("data/books/open.db", "half written")?;
        scene.write("data/books/notes.tmp", "nobody needs it")?;
        scene.write("second-drive/photo.jpg", "taken later")?;
        scene.job("")?;
        Ok(scene)
    }

    fn write(&self, path: &str, content: &str) -> Result<()> {
        let path = self.prefix.path(path);
        fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
        fs::write(&path, content).with_context(|| format!("could not write {}", path.display()))
    }

    /// A job over one folder with these settings besides.
    fn job(&self, settings: &str) -> Result<()> {
        self.job_over(&["C:\\data\\books"], settings)
    }

    fn job_over(&self, folders: &[&str], settings: &str) -> Result<()> {
        let mut job = format!(
            "name = 'books'\npassword = 'secret'\nstate_folder = 'C:\\state'\n{settings}\n\
             [[destinations]]\nname = 'disk'\nkind = 'local'\npath = 'C:\\backup'\n"
        );
        for folder in folders {
            job.push_str(&format!(
                "[[folders]]\npath = '{folder}'\nexclude = ['*.tmp']\none_file_system = true\n"
            ));
        }
        self.write("job/job.toml", &job)
    }

    /// The library, and what its first two copies hold: the files as they were before.
    fn add_service(&self, bench: &Bench<'_>) -> Result<()> {
        let source = bench.workspace.target.join("wine/vssapi.c");
        fs::write(&source, SERVICE)?;
        let library = self.prefix.path("windows/system32/vssapi.dll");
        fs::remove_file(&library)?;
        windows::compile_dll(&source, &library)?;
        fs::create_dir_all(self.prefix.path("shadow1/data"))?;
        let mut copy = std::process::Command::new("cp");
        copy.arg("--archive")
            .arg(self.prefix.path("data/books"))
            .arg(self.prefix.path("shadow1/data/books"));
        children::capture(copy)?;
        self.write("shadow1/data/books/ledger.txt", "as it was")?;
        self.write("shadow1/data/books/open.db", "whole")?;
        self.write("shadow2/photo.jpg", "taken before")
    }

    /// Forgets what was called, and says how the next calls end.
    fn script(&self, script: &str) -> Result<()> {
        let _ = fs::remove_file(self.prefix.path("vss/calls.log"));
        self.write("vss/script", script)
    }

    fn calls(&self) -> String {
        fs::read_to_string(self.prefix.path("vss/calls.log"))
            .unwrap_or_default()
            .replace('\r', "")
    }

    /// The calls ended so; nothing stays behind.
    fn expect_end(&self, end: &[&str]) -> Result<()> {
        let calls = self.calls();
        let all: Vec<_> = calls.lines().collect();
        ensure!(all.ends_with(end), "the calls were\n{calls}");
        let opened = all.iter().filter(|call| **call == "InitializeForBackup");
        let released = all.iter().filter(|call| **call == "released");
        ensure!(
            opened.count() == released.count(),
            "the calls were\n{calls}"
        );
        Ok(())
    }

    fn run(&self, arguments: &[&str]) -> Result<Ended> {
        let mut line = vec![AGENT, "backup", "run", "--job", JOB];
        line.extend(arguments);
        let finished = self.prefix.run(LIMIT, &line)?;
        Ok(Ended {
            code: finished.code,
            text: finished.text,
        })
    }

    /// What the newest snapshot has of a file.
    fn restored(&self, path: &str) -> Result<String> {
        let line = [AGENT, "backup", "restore", "--job", JOB, "--replace"];
        let line = [&line[..], &["--target", r"C:\restored"]].concat();
        let _ = fs::remove_dir_all(self.prefix.path("restored"));
        self.prefix.run(LIMIT, &line)?.expect_success()?;
        let path = self.prefix.path("restored").join(path);
        fs::read_to_string(&path).with_context(|| format!("{} is not there", path.display()))
    }

    /// A program that has a file for itself, as long as what is returned lives.
    fn lock(&self, path: &str) -> Result<Child> {
        let held = self
            .prefix
            .start("lock", &[MACHINE, "lock", path, r"C:\vss\held"])?;
        let marker = self.prefix.path("vss/held");
        children::wait_until("a file that is held open", WAIT, || Ok(marker.exists()))?;
        Ok(held)
    }
}

/// How a report says that a folder was read.
fn expect_source(report: &Value, number: usize, read: &str, reason: Option<&str>) -> Result<()> {
    let source = json::items(report, "sources").get(number);
    let source = source.with_context(|| format!("the report is {report:#}"))?;
    ensure!(
        json::text(source, "read") == Some(read) && json::text(source, "reason") == reason,
        "the source is {source:#}"
    );
    Ok(())
}

fn expect_text(report: &Value, name: &str, text: &str) -> Result<()> {
    ensure!(
        json::text(report, name) == Some(text),
        "the report is {report:#}"
    );
    Ok(())
}

fn without_the_service(scene: &Scene) -> Result<()> {
    let report = scene.run(&["--json"])?.report(0)?;
    expect_source(&report, 0, "live", Some("unsupported_system"))?;
    expect_text(&report, "consistency", "not_crash_consistent")?;
    scene.job("shadow_copies = 'off'")?;
    let report = scene.run(&["--json"])?.report(0)?;
    expect_source(&report, 0, "live", Some("switched_off"))?;
    scene.job("")
}

fn read_from_the_copy(scene: &Scene) -> Result<()> {
    scene.script("")?;
    let report = scene.run(&["--json"])?.report(0)?;
    expect_source(&report, 0, "shadow_copy", None)?;
    expect_text(&report, "consistency", "crash_consistent")?;
    // What is in the copy as it was when it was read live is not read again.
    ensure!(
        json::field(&report, "changed_files") == 2 && json::field(&report, "files") == 3,
        "the report is {report:#}"
    );
    ensure!(scene.restored("C/data/books/ledger.txt")? == "as it was");
    ensure!(scene.restored("C/data/books/open.db")? == "whole");
    ensure!(
        !scene
            .prefix
            .path("restored/C/data/books/notes.tmp")
            .exists()
    );
    let calls = scene.calls();
    let names: Vec<_> = calls
        .lines()
        .map(|call| match call.split_once(' ') {
            Some((name @ ("IsVolumeSupported" | "AddToSnapshotSet"), volume)) => {
                (name, volume.ends_with('\\'))
            }
            _ => (call, true),
        })
        .collect();
    let expected = [
        "CreateVssBackupComponents",
        "InitializeForBackup",
        "SetContext 0",
        "SetBackupState 0 0 5 0",
        "GatherWriterMetadata",
        "IsVolumeSupported",
        "StartSnapshotSet",
        "AddToSnapshotSet",
        "PrepareForBackup",
        "DoSnapshotSet",
        "GetSnapshotProperties",
        "VssFreeSnapshotProperties",
        "BackupComplete",
        "released",
    ];
    ensure!(
        names.into_iter().eq(expected.map(|name| (name, true))),
        "the calls were\n{calls}"
    );
    Ok(())
}

fn nothing_is_read_twice(scene: &Scene) -> Result<()> {
    let report = scene.run(&["--json"])?.report(0)?;
    for field in ["new_files", "changed_files", "added_bytes"] {
        ensure!(json::field(&report, field) == 0, "the report is {report:#}");
    }
    let shown = scene.run(&[])?.text;
    ensure!(
        shown.contains(r"Shadow copy   C:\data\books"),
        "shown is\n{shown}"
    );
    Ok(())
}

/// Two drives in one set; then one of them has no copies, as a memory stick.
fn several_volumes(scene: &Scene) -> Result<()> {
    scene.job_over(&["C:\\data\\books", "D:\\"], "")?;
    scene.script("")?;
    let report = scene.run(&["--json"])?.report(0)?;
    expect_source(&report, 0, "shadow_copy", None)?;
    expect_source(&report, 1, "shadow_copy", None)?;
    ensure!(scene.restored("D/photo.jpg")? == "taken before");
    let sets = scene.calls().matches("StartSnapshotSet").count();
    ensure!(sets == 1, "the calls were\n{}", scene.calls());
    scene.script("IsVolumeSupported 2 1")?;
    let report = scene.run(&["--json"])?.report(0)?;
    expect_source(&report, 0, "shadow_copy", None)?;
    expect_source(&report, 1, "live", Some("unsupported_volume"))?;
    expect_text(&report, "consistency", "not_crash_consistent")?;
    ensure!(scene.restored("D/photo.jpg")? == "taken later");
    ensure!(scene.restored("C/data/books/ledger.txt")? == "as it was");
    scene.job("")
}

/// Another program makes a set at the moment (`VSS_E_SNAPSHOT_SET_IN_PROGRESS`).
fn busy_for_a_while(scene: &Scene) -> Result<()> {
    scene.script("StartSnapshotSet 1 80042316")?;
    let report = scene.run(&["--json"])?.report(0)?;
    expect_source(&report, 0, "shadow_copy", None)?;
    let sets = scene.calls().matches("StartSnapshotSet").count();
    ensure!(sets == 2, "the calls were\n{}", scene.calls());
    scene.expect_end(&["BackupComplete", "released"])
}

/// `VSS_E_INSUFFICIENT_STORAGE`: what is locked is named, and the rest is backed up.
fn live_when_there_is_none(scene: &Scene) -> Result<()> {
    scene.script("DoSnapshotSet 0 8004231f")?;
    let report = scene.run(&["--json"])?.report(PARTIAL)?;
    expect_source(&report, 0, "live", Some("insufficient_storage"))?;
    expect_text(
        json::items(&report, "sources")
            .first()
            .unwrap_or(&Value::Null),
        "detail",
        "DoSnapshotSet: 0x8004231F",
    )?;
    expect_text(&report, "consistency", "not_crash_consistent")?;
    expect_text(&report, "outcome", "partial")?;
    let findings = json::items(&report, "named_findings");
    let locked = findings.first().context("a file was locked")?;
    ensure!(
        json::text(locked, "path") == Some(r"C:\data\books\open.db")
            && json::text(locked, "kind") == Some("unreadable"),
        "the findings are {findings:#?}"
    );
    scene.expect_end(&["DoSnapshotSet", "AbortBackup", "released"])?;
    let shown = scene.run(&[])?.text;
    for words in [
        r"Read live     C:\data\books: no shadow copy, no room for it",
        "not crash-consistent",
    ] {
        ensure!(shown.contains(words), "shown is\n{shown}");
    }
    Ok(())
}

fn required(scene: &Scene) -> Result<()> {
    scene.job("shadow_copies = 'required'")?;
    let ended = scene.run(&["--json"])?;
    ensure!(
        ended.code == Some(FAILED) && ended.text.contains("make room on its volume"),
        "the run ended with {:?}:\n{}",
        ended.code,
        ended.text
    );
    scene.script("")?;
    let report = scene.run(&["--json"])?.report(0)?;
    expect_source(&report, 0, "shadow_copy", None)?;
    scene.job("")
}

/// A dump fails after the copy was made.
fn released_after_a_failure(scene: &Scene) -> Result<()> {
    scene.script("")?;
    scene.job(
        "[[dumps]]\nkind = 'command'\nname = 'broken'\n\
         program = 'C:\\windows\\system32\\cmd.exe'\narguments = ['/c', 'exit', '3']\n",
    )?;
    let ended = scene.run(&["--json"])?;
    ensure!(
        ended.code == Some(FAILED),
        "the run ended with {:?}:\n{}",
        ended.code,
        ended.text
    );
    scene.expect_end(&["VssFreeSnapshotProperties", "AbortBackup", "released"])?;
    scene.job("")
}

/// While the service is at work, which goes on until it is told to stop.
fn released_when_cancelled(scene: &Scene) -> Result<()> {
    scene.script("DoSnapshotSet 0 42309")?;
    let line = [AGENT, "backup", "run", "--job", JOB];
    let running = scene.prefix.start("cancelled", &line)?;
    let running = running.ends_with(Signal::INT);
    children::wait_until("a copy that is being made", WAIT, || {
        Ok(scene.calls().contains("DoSnapshotSet"))
    })?;
    drop(running);
    scene.expect_end(&["DoSnapshotSet", "Cancel", "AbortBackup", "released"])
}
