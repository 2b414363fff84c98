//! Cancelling ends whatever is at work, also when a destination or a program says nothing any
//! more; what is left is no obstacle. The tests print how long it took:
//! `cargo nextest run --package latarnik-backup --no-capture 'cancellations::'`.

use crate::scene::{Scene, noise};
use latarnik_backup::{
    BackupError, Existing, Phase, Place, ProgressEvent, ProgressSink, Repository, RestoreRequest,
    RunKind, RunRequest, Selection, SnapshotChoice, TestRestoreRequest, VerificationDepth,
    VerificationRequest,
    destinations::{Options, S3Settings, Settings, connect},
    dumps::{DumpContext, DumpSettings},
};
use latarnik_test_servers::{S3Fault, S3Server};
use std::{
    fs::{self, File},
    path::Path,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

/// Only guards against waiting for ever.
const LIMIT: Duration = Duration::from_secs(60);

/// Cancels when an operation is where it is wanted, in the way that is wanted.
#[derive(Clone)]
struct Canceller(Arc<Inner>);

struct Inner {
    phase: Phase,
    /// What happens when the phase is reached; cancelling follows as soon as it returns.
    reached: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    cancellation: CancellationToken,
    at: Mutex<Option<Instant>>,
}

impl Canceller {
    fn new(scene: &Scene, phase: Phase, reached: impl FnOnce() + Send + 'static) -> Self {
        Self(Arc::new(Inner {
            phase,
            reached: Mutex::new(Some(Box::new(reached))),
            cancellation: scene.cancellation.clone(),
            at: Mutex::new(None),
        }))
    }

    fn sink(&self) -> Arc<dyn ProgressSink> {
        Arc::new(self.clone())
    }

    /// Checks that an operation ended as cancelled, and prints when.
    fn check<T>(&self, what: &str, result: Result<T, BackupError>) {
        let at = self.0.at.lock().unwrap().expect("it came to be cancelled");
        let took = at.elapsed();
        println!("cancelling {what}: {} ms", took.as_millis());
        assert!(matches!(result, Err(BackupError::Cancelled)), "{what}");
        assert!(took < LIMIT, "{what}: {took:?}");
    }
}

impl ProgressSink for Canceller {
    fn progress(&self, event: ProgressEvent) {
        if event.phase != self.0.phase {
            return;
        }
        let Some(reached) = self.0.reached.lock().unwrap().take() else {
            return;
        };
        let inner = Arc::clone(&self.0);
        // The operation goes on meanwhile.
        thread::spawn(move || {
            reached();
            *inner.at.lock().unwrap() = Some(Instant::now());
            inner.cancellation.cancel();
        });
    }
}

fn wait_until(is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < LIMIT);
        thread::yield_now();
    }
}

fn s3(scene: &Scene) -> (Arc<S3Server>, Place) {
    let server = scene.block_on(S3Server::start()).unwrap();
    let (id, secret) = S3Server::KEY;
    let endpoint = format!("http://127.0.0.1:{}", server.port());
    let mut settings = S3Settings::new(endpoint, S3Server::BUCKET, id, secret);
    S3Server::REGION.clone_into(&mut settings.region);
    let settings = Settings::S3(Box::new(settings));
    let destination = connect(settings, &Options::default()).unwrap().destination;
    let name = "cloud".to_owned();
    (Arc::new(server), Place { name, destination })
}

/// From now on it behaves so; waits until somebody noticed.
fn turn(server: &Arc<S3Server>, fault: S3Fault, requests: u64) -> impl FnOnce() + Send + 'static {
    let server = Arc::clone(server);
    move || {
        server.set(fault);
        let before = server.requests();
        wait_until(|| server.requests() >= before + requests);
    }
}

/// An operation that waits for a service which answers nothing is cancelled, and everything is as
/// good as before.
fn cancelled_while_hanging(
    what: &str,
    phase: Phase,
    operation: impl FnOnce(&mut Repository, &Scene, Arc<dyn ProgressSink>) -> Result<(), BackupError>,
) {
    let scene = Scene::new();
    scene.write("ledger", noise(3_000_000, 1));
    let (server, place) = s3(&scene);
    let places = || vec![place.clone()];
    for _ in 0..2 {
        scene.later(60);
        let mut repository = scene.open(places()).unwrap();
        repository.run(scene.request(RunKind::Full)).unwrap();
        scene.write("letter", "later");
    }
    scene.write("large", noise(40_000_000, 2));
    let canceller = Canceller::new(&scene, phase, turn(&server, S3Fault::Hang, 1));
    let mut repository = scene.open(places()).unwrap();
    let result = operation(&mut repository, &scene, canceller.sink());
    canceller.check(what, result);
    let before = {
        server.set(S3Fault::None);
        drop(repository);
        let scene = scene.uncancelled();
        // Nothing is locked, whatever could not be deleted: an exclusive lock is to be had.
        let mut repository = scene.open(places()).unwrap();
        let before = repository.snapshots().unwrap();
        repository
            .prune(&[], Arc::new(latarnik_backup::NoProgress))
            .unwrap();
        repository.run(scene.request(RunKind::Incremental)).unwrap();
        before
    };
    assert_eq!(before.len(), 2, "{what}");
}

#[test]
fn a_run_is_cancelled_while_an_upload_hangs() {
    cancelled_while_hanging(
        "an upload that hangs",
        Phase::Transferring,
        |repository, scene, sink| {
            let mut request = scene.request(RunKind::Incremental);
            request.progress = sink;
            repository.run(request).map(drop)
        },
    );
}

#[test]
fn a_verification_is_cancelled_while_a_destination_hangs() {
    cancelled_while_hanging(
        "a verification",
        Phase::Verifying,
        |repository, _, progress| {
            let request = VerificationRequest {
                depth: VerificationDepth::Full,
                seed: 0,
                progress,
            };
            repository.verify(&request).map(drop)
        },
    );
}

#[test]
fn a_prune_is_cancelled_while_a_destination_hangs() {
    cancelled_while_hanging("a prune", Phase::Pruning, |repository, _, progress| {
        repository.prune(&[], progress).map(drop)
    });
}

#[test]
fn a_restore_is_cancelled_while_a_destination_hangs() {
    cancelled_while_hanging(
        "a restore",
        Phase::Restoring,
        |repository, scene, progress| {
            let target = scene.at("target");
            let request = RestoreRequest {
                snapshot: SnapshotChoice::Latest {
                    job: "books".to_owned(),
                },
                selection: Selection::default(),
                target: Some(target.clone()),
                existing: Existing::Keep,
                progress,
            };
            let result = repository.restore(&request).map(drop);
            let ledger = target.join(scene.source().join("ledger").strip_prefix("/").unwrap());
            assert!(!ledger.exists());
            result
        },
    );
}

#[test]
fn a_pause_before_another_attempt_is_cancelled() {
    let scene = Scene::new();
    scene.write("large", noise(20_000_000, 2));
    let (server, place) = s3(&scene);
    let busy = S3Fault::Refuse {
        operation: Some("PutObject"),
        status: 503,
        code: "SlowDown",
    };
    // The second refusal is followed by a pause of half a second at least.
    let canceller = Canceller::new(&scene, Phase::Transferring, turn(&server, busy, 2));
    let mut repository = scene.open(vec![place]).unwrap();
    let mut request = scene.request(RunKind::Full);
    request.progress = canceller.sink();
    let result = repository.run(request);
    canceller.check("a pause before another attempt", result);
    assert_eq!(
        repository.snapshots().err().map(|error| error.code()),
        Some(latarnik_backup::ErrorCode::Cancelled)
    );
}

#[test]
fn contacting_a_destination_that_hangs_is_cancelled() {
    let scene = Scene::new();
    let (server, place) = s3(&scene);
    let cancellation = scene.cancellation.clone();
    let hang = turn(&server, S3Fault::Hang, 1);
    let canceller = thread::spawn(move || {
        hang();
        cancellation.cancel();
        Instant::now()
    });
    let opened = scene.open(vec![place]);
    let took = canceller.join().unwrap().elapsed();
    println!(
        "cancelling the contact with a destination: {} ms",
        took.as_millis()
    );
    assert!(matches!(opened.err(), Some(BackupError::Cancelled)));
}

/// One that hangs keeps nobody from asking the next.
#[test]
fn all_destinations_are_contacted_at_the_same_time() {
    let scene = Scene::new();
    let (one, first) = s3(&scene);
    let (two, mut second) = s3(&scene);
    second.name = "second".to_owned();
    for server in [&one, &two] {
        server.set(S3Fault::Hang);
    }
    let cancellation = scene.cancellation.clone();
    let canceller = thread::spawn(move || {
        wait_until(|| one.requests() > 0 && two.requests() > 0);
        cancellation.cancel();
    });
    let opened = scene.open(vec![first, second]);
    assert!(matches!(opened.err(), Some(BackupError::Cancelled)));
    canceller.join().unwrap();
}

#[test]
fn a_run_is_cancelled_in_the_middle_of_a_large_file() {
    let scene = Scene::new();
    // Takes minutes to read, and no room.
    let file = File::create(scene.source().join("large")).unwrap();
    file.set_len(1 << 40).unwrap();
    let canceller = Canceller::new(&scene, Phase::Transferring, || {});
    let mut repository = scene.open(vec![scene.place("disk")]).unwrap();
    let mut request = scene.request(RunKind::Full);
    request.progress = canceller.sink();
    let result = repository.run(request);
    canceller.check("the reading of a large file", result);
    assert_nothing_is_left(&scene);
}

#[test]
fn a_run_is_cancelled_while_a_dump_says_nothing() {
    let scene = Scene::new();
    let (shell, child) = (scene.at("shell"), scene.at("child"));
    let script = format!(
        "echo $$ > {0}.new && mv {0}.new {0}; sleep 1000 & echo $! > {1}.new && mv {1}.new {1}; wait",
        shell.display(),
        child.display(),
    );
    let (shell_file, child_file) = (shell.clone(), child.clone());
    let canceller = Canceller::new(&scene, Phase::Transferring, move || {
        wait_until(|| shell_file.exists() && child_file.exists());
    });
    let mut repository = scene.open(vec![scene.place("disk")]).unwrap();
    let mut request = silent(&scene, &script);
    request.progress = canceller.sink();
    let result = repository.run(request);
    canceller.check("a dump that says nothing", result);
    for file in [shell, child] {
        let process = fs::read_to_string(file).unwrap();
        wait_until(|| !is_running(process.trim()));
    }
    assert_nothing_is_left(&scene);
}

/// A run over what a script says, and nothing else.
fn silent(scene: &Scene, script: &str) -> RunRequest {
    let settings = format!(
        "kind = 'command'\nname = 'silent'\nprogram = '/bin/sh'\narguments = ['-c', '{script}']"
    );
    let settings: DumpSettings = toml::from_str(&settings).unwrap();
    let context = DumpContext {
        temporary_folder: scene.at("state"),
        cancellation: scene.cancellation.clone(),
        low_priority: false,
        timeout: LIMIT,
    };
    let mut request = RunRequest::new(RunKind::Full, "books", Vec::new());
    for file in settings.files(&context).unwrap() {
        let open = file.open;
        request.streams.push(latarnik_backup::StreamSource {
            path: Path::new("/databases").join(file.name),
            open: Box::new(move || open().map_err(Into::into)),
        });
    }
    request
}

fn is_running(process: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(process).join("stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

fn assert_nothing_is_left(scene: &Scene) {
    for folder in ["disk/locks", "disk/snapshots"] {
        let entries = fs::read_dir(scene.at(folder)).map_or(0, Iterator::count);
        assert_eq!(entries, 0, "{folder}");
    }
}

#[test]
fn a_test_restore_is_cancelled_while_it_compares() {
    let scene = Scene::new();
    let file = File::create(scene.source().join("large")).unwrap();
    file.set_len(1_500_000_000).unwrap();
    scene.run(RunKind::Full, &["disk"]).unwrap();
    fs::create_dir(scene.at("sandbox")).unwrap();
    let canceller = Canceller::new(&scene, Phase::Verifying, || {});
    let mut repository = scene.open(vec![scene.place("disk")]).unwrap();
    let result = repository.test_restore(&TestRestoreRequest {
        snapshot: SnapshotChoice::Latest {
            job: "books".to_owned(),
        },
        sandbox: scene.at("sandbox"),
        progress: canceller.sink(),
    });
    canceller.check("the comparison of a test restore", result);
    assert_eq!(fs::read_dir(scene.at("sandbox")).unwrap().count(), 0);
}
