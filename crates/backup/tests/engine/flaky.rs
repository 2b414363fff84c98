//! A destination that goes away in the middle, at any point.

use crate::{
    scene::{Scene, furnish},
    sets::files,
    troubled,
};
use latarnik_backup::{
    BackupError, MemberState, Place, RunKind, RunReport,
    destinations::{Failure, FailureCode, Operation},
};
use std::sync::atomic::{AtomicU64, Ordering};

/// A local folder that answers nothing after so many writes.
fn flaky(scene: &Scene, name: &str, writes: u64) -> Place {
    let left = AtomicU64::new(writes);
    troubled::place(scene, name, move |operation, _| {
        let cost = u64::from(operation == Operation::Write);
        let one_less = |left: u64| left.checked_sub(cost).filter(|left| *left > 0);
        match left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less) {
            Ok(_) => Ok(()),
            Err(_) => {
                left.store(0, Ordering::SeqCst);
                let code = FailureCode::ConnectionLost;
                Err(Failure::new(Operation::Connect, code))
            }
        }
    })
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
