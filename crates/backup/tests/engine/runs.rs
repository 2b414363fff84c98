//! Runs, full and incremental.

use crate::scene::{Scene, furnish, noise};
use latarnik_backup::{RunKind, RunOutcome};
use std::fs;

#[test]
fn restic_restores_what_a_full_run_wrote() {
    let scene = Scene::new();
    furnish(&scene);
    let report = scene.run(RunKind::Full, &["disk"]).unwrap();
    assert_eq!(report.outcome, RunOutcome::Succeeded, "{report:?}");
    assert_eq!(report.new_files, 8);
    scene.restic_agrees("disk", &report.snapshot);
}

#[test]
fn an_incremental_run_reads_what_changed_and_makes_a_whole_snapshot() {
    let scene = Scene::new();
    furnish(&scene);
    let full = scene.run(RunKind::Full, &["disk"]).unwrap();
    scene.write("books/ledger.bin", noise(1_000_000, 2));
    scene.write("letters/new.txt", "new");
    let report = scene.run(RunKind::Incremental, &["disk"]).unwrap();
    // The ledger's hard link is the same file.
    assert_eq!(
        (report.new_files, report.changed_files),
        (1, 2),
        "{report:?}"
    );
    assert!(report.added_bytes < 1_100_000, "{}", report.added_bytes);
    scene.restic_agrees("disk", &report.snapshot);
    // Deleting one never breaks another.
    scene.restic("disk", &["forget", "--prune", &full.snapshot]);
    scene.restic_agrees("disk", &report.snapshot);
}

#[test]
fn a_full_run_finds_what_changed_behind_its_times() {
    let scene = Scene::new();
    furnish(&scene);
    scene.run(RunKind::Full, &["disk"]).unwrap();
    let path = scene.source().join("books/copy.bin");
    let before = fs::metadata(&path).unwrap();
    let content = noise(3_000_000, 3);
    fs::write(&path, content).unwrap();
    fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(before.modified().unwrap())
        .unwrap();
    let report = scene.run(RunKind::Full, &["disk"]).unwrap();
    assert!(report.added_bytes > 2_900_000, "{report:?}");
    scene.restic_agrees("disk", &report.snapshot);
}

#[test]
fn what_did_not_change_adds_nothing() {
    let scene = Scene::new();
    furnish(&scene);
    let first = scene.run(RunKind::Full, &["disk"]).unwrap();
    let second = scene.run(RunKind::Full, &["disk"]).unwrap();
    assert_eq!(second.added_bytes, 0, "{second:?}");
    assert_eq!(second.files, first.files);
    assert_ne!(second.snapshot, first.snapshot);
}
