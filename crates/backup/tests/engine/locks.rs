//! Locks: ours keep restic out, and restic's keep us out.

use crate::scene::{PASSWORD, Scene};
use latarnik_backup::{ErrorCode, RunKind, RunRequest, StreamSource};
use std::{
    fs,
    io::{self, Read},
    process::Command,
    sync::mpsc,
};

/// A source that waits until it is told to end.
struct Waiting {
    begun: mpsc::Sender<()>,
    end: mpsc::Receiver<()>,
}

impl Read for Waiting {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        self.begun.send(()).ok();
        self.end.recv().ok();
        Ok(0)
    }
}

fn waiting_request() -> (RunRequest, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (begun_sender, begun) = mpsc::channel();
    let (end, end_receiver) = mpsc::channel();
    let mut request = RunRequest::new(RunKind::Full, "books", Vec::new());
    request.streams.push(StreamSource {
        path: "/dumps/waiting".into(),
        open: Box::new(move || {
            Ok(Box::new(Waiting {
                begun: begun_sender,
                end: end_receiver,
            }))
        }),
    });
    (request, begun, end)
}

#[test]
fn a_run_keeps_a_prune_of_restic_out_and_lets_a_listing_in() {
    let scene = Scene::new();
    scene.write("file", "content");
    scene.run(RunKind::Full, &["disk"]).unwrap();
    let mut repository = scene.open(vec![scene.place("disk")]).unwrap();
    let (request, begun, end) = waiting_request();
    std::thread::scope(|scope| {
        let run = scope.spawn(|| repository.run(request));
        begun.recv().unwrap();
        let output = Command::new("restic")
            .args(["--no-cache", "--repo"])
            .arg(scene.at("disk"))
            .arg("prune")
            .env("RESTIC_PASSWORD", PASSWORD)
            .output()
            .unwrap();
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && words.contains("locked"),
            "{words}"
        );
        scene.restic("disk", &["snapshots"]);
        end.send(()).unwrap();
        run.join().unwrap().unwrap();
    });
    assert_eq!(fs::read_dir(scene.at("disk/locks")).unwrap().count(), 0);
    scene.restic("disk", &["prune"]);
}

#[test]
fn one_job_runs_once_at_a_time() {
    let scene = Scene::new();
    scene.write("file", "content");
    scene.run(RunKind::Full, &["disk"]).unwrap();
    let _held = scene.open(vec![scene.place("disk")]).unwrap();
    let error = scene.open(vec![scene.place("disk")]).err().unwrap();
    assert_eq!(error.code(), ErrorCode::Busy);
}

#[test]
fn a_lock_of_the_dead_is_no_lock() {
    let scene = Scene::new();
    scene.write("file", "content");
    scene.run(RunKind::Full, &["disk"]).unwrap();
    let kept = scene.at("kept-lock");
    {
        let mut repository = scene.open(vec![scene.place("disk")]).unwrap();
        let (request, begun, end) = waiting_request();
        std::thread::scope(|scope| {
            let run = scope.spawn(|| repository.run(request));
            begun.recv().unwrap();
            let lock = fs::read_dir(scene.at("disk/locks"))
                .unwrap()
                .next()
                .unwrap();
            fs::copy(lock.unwrap().path(), &kept).unwrap();
            end.send(()).unwrap();
            run.join().unwrap().unwrap();
        });
    }
    // Somebody else's, left behind by a machine that lost its power.
    fs::rename(&kept, scene.at("disk/locks").join("0".repeat(64))).unwrap();
    scene.later(31 * 60);
    scene.run(RunKind::Incremental, &["disk"]).unwrap();
    assert_eq!(fs::read_dir(scene.at("disk/locks")).unwrap().count(), 0);
}
