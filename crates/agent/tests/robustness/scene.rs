//! A job on a disk, and the program.

use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Only guards against waiting for ever.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

pub(crate) struct Scene {
    folder: TempDir,
}

impl Scene {
    /// A job with a folder and a local destination, both of which are there.
    pub(crate) fn new() -> Self {
        let scene = Self::without_destination();
        scene.add(&format!(
            "[[destinations]]\nname = 'disk'\nkind = 'local'\npath = {:?}\n",
            scene.at("disk")
        ));
        scene
    }

    pub(crate) fn without_destination() -> Self {
        let scene = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(scene.source()).unwrap();
        let job = format!(
            "name = 'books'\npassword = 'a password'\nstate_folder = {:?}\n\
             [[folders]]\npath = {:?}\n",
            scene.at("state"),
            scene.source(),
        );
        fs::write(scene.at("job.toml"), job).unwrap();
        scene
    }

    /// Adds to the job.
    pub(crate) fn add(&self, more: &str) {
        let job = fs::read_to_string(self.at("job.toml")).unwrap();
        fs::write(self.at("job.toml"), format!("{job}{more}\n")).unwrap();
    }

    /// Changes the job.
    pub(crate) fn change(&self, from: &str, to: &str) {
        let job = fs::read_to_string(self.at("job.toml")).unwrap();
        assert!(job.contains(from));
        fs::write(self.at("job.toml"), job.replace(from, to)).unwrap();
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn source(&self) -> PathBuf {
        self.at("source")
    }

    /// Where a target has what came from this path.
    pub(crate) fn restored(&self, target: &str, path: &Path) -> PathBuf {
        self.at(target).join(path.strip_prefix("/").unwrap())
    }

    pub(crate) fn write(&self, name: &str, content: &[u8]) {
        let path = self.source().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_latarnik-agent"));
        command
            .arg("backup")
            .args(arguments)
            .arg("--job")
            .arg(self.at("job.toml"));
        command
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The result of a command that does what it should, which is the last line of its JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        serde_json::from_str(text.lines().last().unwrap()).unwrap()
    }

    pub(crate) fn snapshots(&self) -> usize {
        let listed = self.json(&["list"]);
        listed["snapshots"].as_array().unwrap().len()
    }
}

pub(crate) fn wait_until(mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < LIMIT);
        thread::yield_now();
    }
}

/// Sends a signal to a process of ours.
pub(crate) fn signal(process: &Child, name: &str) {
    let status = Command::new("kill")
        .args(["-s", name, &process.id().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

/// Numbers that are the same in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    /// Bytes that do not compress.
    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.below(256) as u8).collect()
    }
}
