//! What cannot be read, dumps that fail, cancellation, and runs that were cut off.

use crate::scene::{Scene, furnish, noise};
use latarnik_backup::{
    BackupError, ErrorCode, FindingKind, FolderSource, ProgressEvent, ProgressSink, RunKind,
    RunOutcome, StreamSource,
};
use std::{
    fs,
    io::{self, Cursor, Read},
    sync::Arc,
    time::{Duration, Instant},
};

#[test]
fn what_changes_while_it_is_read_is_named_and_the_run_is_partial() {
    let scene = Scene::new();
    scene.write("steady", "content");
    scene.write("log", noise(100_000, 1));
    // Grows whenever a file is begun.
    struct Growing(std::path::PathBuf);
    impl ProgressSink for Growing {
        fn progress(&self, event: ProgressEvent) {
            if event.path.is_some() {
                let mut content = fs::read(&self.0).unwrap();
                content.push(1);
                fs::write(&self.0, content).unwrap();
            }
        }
    }
    let mut repository = scene.open(vec![scene.place("disk")]).unwrap();
    let mut request = scene.request(RunKind::Full);
    request.progress = Arc::new(Growing(scene.source().join("log")));
    // The stream is read between the two, and changes the file that comes after it.
    let path = scene.source().join("log");
    request.streams.push(StreamSource {
        path: "/a-stream".into(),
        open: Box::new(move || {
            fs::write(path, noise(50_000, 2))?;
            Ok(Box::new(Cursor::new(b"a dump".to_vec())))
        }),
    });
    let report = repository.run(request).unwrap();
    if report.findings > 0 {
        assert_eq!(report.outcome, RunOutcome::Partial);
        assert_eq!(report.named_findings[0].kind, FindingKind::Changed);
    }
    drop(repository);
    scene.restic("disk", &["check", "--read-data"]);
}

#[test]
fn what_cannot_be_read_is_counted_and_named() {
    let scene = Scene::new();
    scene.write("readable", "content");
    let mut repository = scene.open(vec![scene.place("disk")]).unwrap();
    let mut request = scene.request(RunKind::Full);
    // A file of the kernel that exists and whose content may not be read, whoever asks.
    request.folders.push(FolderSource::new("/proc/self/mem"));
    let report = repository.run(request).unwrap();
    assert_eq!(report.outcome, RunOutcome::Partial, "{report:?}");
    assert_eq!(report.findings, 1);
    assert_eq!(
        report.named_findings[0].path,
        std::path::Path::new("/proc/self/mem")
    );
    let snapshot = &repository.snapshots().unwrap()[0];
    assert!(snapshot.is_partial);
    drop(repository);
    scene.restic("disk", &["check", "--read-data"]);
}

#[test]
fn a_source_that_is_not_there_is_no_empty_source() {
    let scene = Scene::new();
    scene.write("file", "content");
    let mut repository = scene.open(vec![scene.place("disk")]).unwrap();
    let mut request = scene.request(RunKind::Full);
    request
        .folders
        .push(FolderSource::new(scene.at("not-mounted")));
    let error = repository.run(request).unwrap_err();
    assert_eq!(error.code(), ErrorCode::SourceUnreadable);
    assert_eq!(repository.snapshots().unwrap(), []);
}

/// A dump whose program fails after it has written something.
struct Failing(Cursor<Vec<u8>>);

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::Error::other("the program ended with 1")),
            read => Ok(read),
        }
    }
}

#[test]
fn a_dump_that_fails_leaves_no_snapshot() {
    let scene = Scene::new();
    scene.write("file", "content");
    let mut repository = scene.open(vec![scene.place("disk")]).unwrap();
    let mut request = scene.request(RunKind::Full);
    request.streams.push(StreamSource {
        path: "/databases/shop.sql".into(),
        open: Box::new(|| Ok(Box::new(Failing(Cursor::new(noise(2_000_000, 5)))))),
    });
    let error = repository.run(request).unwrap_err();
    assert!(matches!(error, BackupError::Dump { .. }), "{error:?}");
    assert_eq!(repository.snapshots().unwrap(), []);
    // And the next run is as good as ever.
    repository.run(scene.request(RunKind::Full)).unwrap();
    assert_eq!(repository.snapshots().unwrap().len(), 1);
}

#[test]
fn a_dump_that_cannot_begin_leaves_no_snapshot() {
    let scene = Scene::new();
    scene.write("file", "content");
    let mut repository = scene.open(vec![scene.place("disk")]).unwrap();
    let mut request = scene.request(RunKind::Full);
    request.streams.push(StreamSource {
        path: "/databases/shop.sql".into(),
        open: Box::new(|| Err(io::Error::other("the program is not installed"))),
    });
    let error = repository.run(request).unwrap_err();
    assert!(matches!(error, BackupError::Dump { .. }), "{error:?}");
    assert_eq!(repository.snapshots().unwrap(), []);
}

#[test]
fn a_dump_is_a_file_of_the_snapshot() {
    let scene = Scene::new();
    scene.write("file", "content");
    let mut repository = scene.open(vec![scene.place("disk")]).unwrap();
    let mut request = scene.request(RunKind::Full);
    request.streams.push(StreamSource {
        path: "/databases/shop.sql".into(),
        open: Box::new(|| Ok(Box::new(Cursor::new(b"CREATE TABLE".to_vec())))),
    });
    let report = repository.run(request).unwrap();
    drop(repository);
    let output = scene.restic("disk", &["dump", &report.snapshot, "/databases/shop.sql"]);
    assert_eq!(output.stdout, b"CREATE TABLE");
}

/// Never ends.
struct Endless;

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        getrandom::fill(buffer).map_err(io::Error::other)?;
        Ok(buffer.len())
    }
}

#[test]
fn cancelling_ends_a_run_and_the_next_one_uses_what_was_sent() {
    let scene = Scene::new();
    furnish(&scene);
    let mut repository = scene.open(vec![scene.place("disk")]).unwrap();
    let mut request = scene.request(RunKind::Full);
    let cancellation = scene.cancellation.clone();
    request.streams.push(StreamSource {
        path: "/zz/endless".into(),
        open: Box::new(move || {
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(700));
                cancellation.cancel();
            });
            Ok(Box::new(Endless))
        }),
    });
    let started = Instant::now();
    let error = repository.run(request).unwrap_err();
    assert!(matches!(error, BackupError::Cancelled), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(60));
    drop(repository);
    assert_eq!(
        fs::read_dir(scene.at("disk/snapshots")).map_or(0, Iterator::count),
        0
    );
    let scene = scene.uncancelled();
    let report = scene.run(RunKind::Full, &["disk"]).unwrap();
    scene.restic_agrees("disk", &report.snapshot);
    assert_eq!(fs::read_dir(scene.at("disk/locks")).unwrap().count(), 0);
}

/// What the files in the folders of a folder take.
fn bytes_below(folder: &std::path::Path) -> u64 {
    fs::read_dir(folder)
        .unwrap()
        .flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap())
        .map(|file| file.unwrap().metadata().unwrap().len())
        .sum()
}

/// Waits until some packs have arrived, and cancels.
struct CancelAfterPacks {
    data: std::path::PathBuf,
    packs: usize,
    cancellation: tokio_util::sync::CancellationToken,
}

impl Read for CancelAfterPacks {
    /// Says nothing, so that the packs are full of what other readers read at the same time.
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        while self.arrived() < self.packs {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.cancellation.cancel();
        Err(io::Error::other("cancelled"))
    }
}

impl CancelAfterPacks {
    fn arrived(&self) -> usize {
        let folders = fs::read_dir(&self.data).into_iter().flatten().flatten();
        let files = folders.flat_map(|folder| fs::read_dir(folder.path()).unwrap());
        // What is on its way has a longer name.
        files
            .filter(|file| file.as_ref().unwrap().file_name().len() == 64)
            .count()
    }
}

#[test]
fn what_was_sent_before_a_run_was_cut_off_is_not_sent_again() {
    let scene = Scene::new();
    // More than two packs: some pieces stay on their way while the other reader says nothing.
    scene.write("large", noise(64_000_000, 3));
    let mut repository = scene.open(vec![scene.place("disk")]).unwrap();
    let mut request = scene.request(RunKind::Full);
    let stream = CancelAfterPacks {
        data: scene.at("disk/data"),
        packs: 2,
        cancellation: scene.cancellation.clone(),
    };
    request.streams.push(StreamSource {
        path: "/zz/endless".into(),
        open: Box::new(|| Ok(Box::new(stream))),
    });
    let error = repository.run(request).unwrap_err();
    assert!(matches!(error, BackupError::Cancelled), "{error:?}");
    drop(repository);
    let arrived = bytes_below(&scene.at("disk/data"));
    // Two packs of 16 MiB.
    assert!(arrived > 33_000_000, "{arrived}");
    let scene = scene.uncancelled();
    let report = scene.run(RunKind::Full, &["disk"]).unwrap();
    assert!(
        report.added_bytes + arrived < 64_500_000,
        "{arrived} {report:?}"
    );
    scene.restic_agrees("disk", &report.snapshot);
}
