//! Test restores: a document that says what came out, and fails loudly.

use crate::scene::{Scene, furnish, noise};
use latarnik_backup::{
    MismatchKind, NoProgress, RunKind, SnapshotChoice, StreamSource, TestRestoreOutcome,
    TestRestoreReport, TestRestoreRequest,
};
use std::{fs, io::Cursor, sync::Arc};

fn test_restore(scene: &Scene) -> TestRestoreReport {
    let sandbox = scene.at("sandbox");
    fs::create_dir_all(&sandbox).unwrap();
    let report = scene
        .open(vec![scene.place("disk")])
        .unwrap()
        .test_restore(&TestRestoreRequest {
            snapshot: SnapshotChoice::Latest {
                job: "books".to_owned(),
            },
            sandbox: sandbox.clone(),
            progress: Arc::new(NoProgress),
        })
        .unwrap();
    assert_eq!(fs::read_dir(sandbox).unwrap().count(), 0);
    report
}

#[test]
fn every_file_is_compared_with_what_the_source_was() {
    let scene = Scene::new();
    furnish(&scene);
    scene.run(RunKind::Full, &["disk"]).unwrap();
    let report = test_restore(&scene);
    assert_eq!(report.outcome, TestRestoreOutcome::Passed, "{report:?}");
    // Three names of two files with the ledger, two letters, an empty and a sparse file.
    assert_eq!(report.compared_with_source, 7, "{report:?}");
    assert_eq!(report.mismatches, 0);
}

#[test]
fn an_incremental_run_keeps_the_hashes_of_what_it_did_not_read() {
    let scene = Scene::new();
    furnish(&scene);
    scene.run(RunKind::Full, &["disk"]).unwrap();
    scene.write("a-new-one", "between");
    fs::remove_file(scene.source().join("letters/link")).unwrap();
    scene.write("books/copy.bin", noise(10_000, 9));
    scene.run(RunKind::Incremental, &["disk"]).unwrap();
    let report = test_restore(&scene);
    assert_eq!(report.outcome, TestRestoreOutcome::Passed, "{report:?}");
    assert_eq!(report.compared_with_source, 8, "{report:?}");
}

#[test]
fn a_dump_is_compared_too() {
    let scene = Scene::new();
    let mut request = scene.request(RunKind::Full);
    request.streams.push(StreamSource {
        path: "/databases/shop.sql".into(),
        open: Box::new(|| Ok(Box::new(Cursor::new(noise(3_000_000, 4))))),
    });
    scene
        .open(vec![scene.place("disk")])
        .unwrap()
        .run(request)
        .unwrap();
    let report = test_restore(&scene);
    assert_eq!(report.outcome, TestRestoreOutcome::Passed, "{report:?}");
    assert_eq!((report.compared_with_source, report.bytes), (1, 3_000_000));
}

#[test]
fn a_flipped_byte_fails_the_test_and_names_the_file() {
    let scene = Scene::new();
    scene.write("ledger", noise(100_000, 1));
    scene.write("untouched", "small");
    scene.run(RunKind::Full, &["disk"]).unwrap();
    let pack = scene.largest_pack("disk");
    let mut bytes = fs::read(&pack).unwrap();
    bytes[50_000] ^= 0x40;
    fs::write(&pack, bytes).unwrap();
    let report = test_restore(&scene);
    assert_eq!(report.outcome, TestRestoreOutcome::Failed);
    assert_eq!(report.mismatches, 1, "{report:?}");
    let mismatch = &report.named_mismatches[0];
    assert!(mismatch.path.ends_with("source/ledger"), "{mismatch:?}");
    assert_eq!(mismatch.kind, MismatchKind::NotRestored);
}

#[test]
fn a_pack_that_is_gone_fails_the_test() {
    let scene = Scene::new();
    scene.write("ledger", noise(100_000, 1));
    scene.run(RunKind::Full, &["disk"]).unwrap();
    fs::remove_file(scene.largest_pack("disk")).unwrap();
    let report = test_restore(&scene);
    assert_eq!(report.outcome, TestRestoreOutcome::Failed, "{report:?}");
}
