//! A device with something to back up, its destinations, and restic.

use crate::ready_made::ReadyMade;
use jiff::Timestamp;
use latarnik_backup::{
    Clock, FolderSource, Place, PlainSystem, Repository, Result, RunKind, RunReport, RunRequest,
    Surroundings, WhenAbsent,
    destinations::{Local, LocalSettings, Secret},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A clock that tests set.
#[derive(Debug, Default)]
pub(crate) struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + self.0.load(Ordering::SeqCst)).unwrap()
    }
}

pub(crate) struct Scene {
    pub(crate) folder: TempDir,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) cancellation: CancellationToken,
    runtime: Runtime,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("source")).unwrap();
        Self {
            folder,
            clock: Arc::default(),
            cancellation: CancellationToken::new(),
            runtime: Runtime::new().unwrap(),
        }
    }

    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// The same scene, after somebody cancelled.
    pub(crate) fn uncancelled(mut self) -> Self {
        self.cancellation = CancellationToken::new();
        self
    }

    /// Another scene with all that this one has: to make a repository takes longer than to copy it.
    pub(crate) fn twin(&self) -> Self {
        let twin = Self::new();
        twin.later(self.clock.0.load(Ordering::SeqCst));
        let copied = Command::new("cp")
            .arg("--archive")
            .arg(self.folder.path().join("."))
            .arg(twin.folder.path())
            .status();
        assert!(copied.unwrap().success());
        twin
    }

    pub(crate) fn source(&self) -> PathBuf {
        self.folder.path().join("source")
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.source().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn later(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn place(&self, name: &str) -> Place {
        Place {
            name: name.to_owned(),
            destination: Arc::new(Local::new(LocalSettings {
                path: self.at(name),
            })),
        }
    }

    /// Where a local destination of this name lies.
    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn surroundings(&self) -> Surroundings {
        Surroundings {
            runtime: self.runtime.handle().clone(),
            clock: Arc::<TestClock>::clone(&self.clock),
            hostname: "office".to_owned(),
            username: "backup".to_owned(),
            state_folder: self.folder.path().join("state"),
            cache_folder: None,
            system: Arc::new(PlainSystem),
            cancellation: self.cancellation.clone(),
        }
    }

    pub(crate) fn open(&self, places: Vec<Place>) -> Result<Repository> {
        self.open_with(places, PASSWORD)
    }

    pub(crate) fn open_with(&self, places: Vec<Place>, password: &str) -> Result<Repository> {
        Repository::open(
            places,
            &Secret::new(password),
            WhenAbsent::Create,
            self.surroundings(),
        )
    }

    pub(crate) fn open_in(
        &self,
        places: Vec<Place>,
        surroundings: Surroundings,
    ) -> Result<Repository> {
        let password = Secret::new(PASSWORD);
        Repository::open(places, &password, WhenAbsent::Create, surroundings)
    }

    /// Makes a repository at these local destinations, as the first run does, with a key that takes
    /// its time.
    pub(crate) fn create(&self, places: &[&str]) {
        let places = places.iter().map(|name| self.place(name)).collect();
        self.open(places).unwrap();
    }

    /// A run over the whole source to these local destinations. Where there is nothing at all yet,
    /// it finds a [ready-made](ReadyMade) repository.
    pub(crate) fn run(&self, kind: RunKind, places: &[&str]) -> Result<RunReport> {
        self.later(60);
        let is_new = |name: &str| !self.at(name).exists();
        if places.iter().all(|place| is_new(place)) && is_new("state") {
            let ready_made = ReadyMade::new(PASSWORD);
            places
                .iter()
                .for_each(|place| ready_made.put(&self.at(place)));
        }
        let places = places.iter().map(|name| self.place(name)).collect();
        self.open(places)?.run(self.request(kind))
    }

    pub(crate) fn request(&self, kind: RunKind) -> RunRequest {
        RunRequest::new(kind, "books", vec![FolderSource::new(self.source())])
    }

    /// Where most of the data lies.
    pub(crate) fn largest_pack(&self, place: &str) -> PathBuf {
        let folders = fs::read_dir(self.at(place).join("data")).unwrap();
        folders
            .flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap())
            .map(|pack| pack.unwrap().path())
            .max_by_key(|path| fs::metadata(path).unwrap().len())
            .unwrap()
    }

    /// Stock restic on a local destination.
    pub(crate) fn restic(&self, place: &str, arguments: &[&str]) -> Output {
        let output = Command::new("restic")
            .args(["--no-cache", "--repo"])
            .arg(self.at(place))
            .args(arguments)
            .env("RESTIC_PASSWORD", PASSWORD)
            .output()
            .expect("restic is installed; `cargo xtask test` does that");
        assert!(
            output.status.success(),
            "restic {arguments:?}:\n{}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        output
    }

    /// Stock restic with another password, which may be wrong.
    pub(crate) fn restic_with(&self, place: &str, password: &str, arguments: &[&str]) -> Output {
        Command::new("restic")
            .args(["--no-cache", "--repo"])
            .arg(self.at(place))
            .args(arguments)
            .env("RESTIC_PASSWORD", password)
            .output()
            .expect("restic is installed; `cargo xtask test` does that")
    }

    /// Whether a password opens a destination, for stock restic, whoever holds a lock.
    pub(crate) fn opens(&self, place: &str, password: &str) -> bool {
        let output = self.restic_with(place, password, &["--no-lock", "cat", "config"]);
        output.status.success()
    }

    /// Restic reads every byte of a destination and restores a snapshot, and what comes out is
    /// what is in the source.
    pub(crate) fn restic_agrees(&self, place: &str, snapshot: &str) {
        self.restic(place, &["check", "--read-data"]);
        let target = tempfile::tempdir().unwrap();
        let path = target.path().to_str().unwrap();
        self.restic(place, &["restore", snapshot, "--target", path]);
        let source = self.source();
        let restored = target.path().join(source.strip_prefix("/").unwrap());
        assert_same(&source, &restored);
    }
}

/// Two folders have the same names with the same bytes, permissions, links and times.
pub(crate) fn assert_same(one: &Path, other: &Path) {
    let output = Command::new("rsync")
        .args([
            "--dry-run",
            "--archive",
            "--checksum",
            "--delete",
            "--itemize-changes",
        ])
        .arg("--hard-links")
        .arg("--xattrs")
        .arg(format!("{}/", one.display()))
        .arg(format!("{}/", other.display()))
        .output()
        .expect("rsync is installed; `cargo xtask test` does that");
    assert!(output.status.success(), "{output:?}");
    let differences = String::from_utf8(output.stdout).unwrap();
    assert_eq!(differences, "", "{} and {}", one.display(), other.display());
}

/// Files of many kinds.
pub(crate) fn furnish(scene: &Scene) {
    scene.write("empty", "");
    scene.write("letters/zażółć gęślą jaźń.txt", "a letter");
    scene.write(&format!("letters/{}", "n".repeat(250)), "a long name");
    scene.write("books/ledger.bin", noise(3_000_000, 1));
    scene.write("books/copy.bin", noise(3_000_000, 1));
    std::os::unix::fs::symlink("../empty", scene.source().join("letters/link")).unwrap();
    fs::hard_link(
        scene.source().join("books/ledger.bin"),
        scene.source().join("books/hard-link.bin"),
    )
    .unwrap();
    fs::create_dir(scene.source().join("no-files")).unwrap();
    let sparse = fs::File::create(scene.source().join("sparse")).unwrap();
    sparse.set_len(50_000_000).unwrap();
}

/// Bytes that do not compress.
pub(crate) fn noise(bytes: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..bytes)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        })
        .collect()
}
