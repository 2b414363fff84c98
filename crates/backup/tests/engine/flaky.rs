//! A destination that goes away in the middle, at any point.

use crate::scene::{Scene, furnish};
use crate::sets::files;
use async_trait::async_trait;
use bytes::Bytes;
use latarnik_backup::{
    BackupError, MemberState, Place, RunKind, RunReport,
    destinations::{
        Content, Destination, Entry, Failure, FailureCode, Local, LocalSettings, ObjectName,
        Operation, Space, Written,
    },
};
use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// A local folder that answers nothing after so many writes.
#[derive(Debug)]
struct Flaky {
    inner: Local,
    writes_left: AtomicU64,
}

impl Flaky {
    fn check(&self) -> Result<(), Failure> {
        match self.writes_left.load(Ordering::SeqCst) {
            0 => Err(Failure::new(
                Operation::Connect,
                FailureCode::ConnectionLost,
            )),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Destination for Flaky {
    fn location(&self) -> String {
        self.inner.location()
    }

    async fn prepare(&self) -> Result<(), Failure> {
        self.check()?;
        self.inner.prepare().await
    }

    async fn write(&self, name: &ObjectName, content: Content) -> Result<Written, Failure> {
        self.check()?;
        self.writes_left.fetch_sub(1, Ordering::SeqCst);
        self.check()?;
        self.inner.write(name, content).await
    }

    async fn read(&self, name: &ObjectName) -> Result<Bytes, Failure> {
        self.check()?;
        self.inner.read(name).await
    }

    async fn read_range(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, Failure> {
        self.check()?;
        self.inner.read_range(name, range).await
    }

    async fn list(&self, folder: Option<&ObjectName>) -> Result<Vec<Entry>, Failure> {
        self.check()?;
        self.inner.list(folder).await
    }

    async fn size(&self, name: &ObjectName) -> Result<Option<u64>, Failure> {
        self.check()?;
        self.inner.size(name).await
    }

    async fn remove(&self, name: &ObjectName) -> Result<(), Failure> {
        self.check()?;
        self.inner.remove(name).await
    }

    async fn remove_leftovers(&self) -> Result<u64, Failure> {
        self.check()?;
        self.inner.remove_leftovers().await
    }

    async fn space(&self) -> Result<Option<Space>, Failure> {
        self.check()?;
        self.inner.space().await
    }
}

fn flaky(scene: &Scene, name: &str, writes: u64) -> Place {
    Place {
        name: name.to_owned(),
        destination: Arc::new(Flaky {
            inner: Local::new(LocalSettings {
                path: scene.at(name),
            }),
            writes_left: AtomicU64::new(writes),
        }),
    }
}

fn run(scene: &Scene, places: Vec<Place>) -> Result<RunReport, BackupError> {
    scene.later(60);
    scene.open(places)?.run(scene.request(RunKind::Incremental))
}

fn is_in_step(report: &RunReport, name: &str) -> bool {
    report
        .destinations
        .iter()
        .any(|member| member.name == name && member.state == MemberState::InStep)
}

/// A run has about nine writes: key, config, lock, packs, index, hashes, snapshot.
#[test]
fn it_is_behind_wherever_it_stopped_and_catches_up() {
    let mut survived = 0;
    for writes in 1..12 {
        let scene = Scene::new();
        furnish(&scene);
        let places = vec![scene.place("one"), flaky(&scene, "two", writes)];
        let report = run(&scene, places).unwrap();
        assert!(is_in_step(&report, "one"), "{writes}: {report:?}");
        survived += u64::from(is_in_step(&report, "two"));
        scene.write("letters/later.txt", "later");
        let places = vec![scene.place("one"), scene.place("two")];
        let report = run(&scene, places).unwrap();
        assert!(is_in_step(&report, "two"), "{writes}: {report:?}");
        assert_eq!(files(&scene.at("one")), files(&scene.at("two")), "{writes}");
        scene.restic_agrees("two", &report.snapshot);
    }
    // It was cut off at every point of a run, and once not at all.
    assert!((1..6).contains(&survived), "{survived}");
}

#[test]
fn alone_it_fails_the_run_and_the_next_one_is_whole() {
    for writes in 1..8 {
        let scene = Scene::new();
        furnish(&scene);
        let result = run(&scene, vec![flaky(&scene, "disk", writes)]);
        if writes < 6 {
            let error = result.unwrap_err();
            assert!(
                matches!(error, BackupError::Destination(_)),
                "{writes}: {error:?}"
            );
        }
        let report = run(&scene, vec![scene.place("disk")]).unwrap();
        scene.restic_agrees("disk", &report.snapshot);
    }
}
