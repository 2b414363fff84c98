//! Restores: what comes out is what went in, and nothing else is touched.

use crate::scene::{Scene, assert_same, furnish};
use latarnik_backup::{
    BackupError, Existing, FindingKind, NoProgress, RestoreRequest, RunKind, Selection,
    SnapshotChoice, TestRestoreOutcome, TestRestoreRequest,
};
use std::{
    fs,
    os::unix::fs::{self as unix, PermissionsExt as _},
    path::PathBuf,
    sync::Arc,
};

/// Where a target has what came from the source.
fn restored(scene: &Scene, target: &str) -> PathBuf {
    scene
        .at(target)
        .join(scene.source().strip_prefix("/").unwrap())
}

#[test]
fn a_restore_is_the_source_byte_for_byte_with_its_attributes() {
    let scene = Scene::new();
    furnish(&scene);
    let private = scene.source().join("books/copy.bin");
    fs::set_permissions(&private, fs::Permissions::from_mode(0o4750)).unwrap();
    let written = xattr::set(&private, "user.ledger", b"2026");
    scene.run(RunKind::Full, &["disk"]).unwrap();
    let report = scene
        .open(vec![scene.place("disk")])
        .unwrap()
        .restore(&RestoreRequest::latest("books", scene.at("target")))
        .unwrap();
    assert_eq!(report.findings, 0, "{report:?}");
    assert_same(&scene.source(), &restored(&scene, "target"));
    // Not every file system for temporary files has attributes of users.
    if written.is_ok() {
        let copy = restored(&scene, "target").join("books/copy.bin");
        let value = xattr::get(copy, "user.ledger").unwrap();
        assert_eq!(value.as_deref(), Some(&b"2026"[..]));
    }
    // Holes are holes again.
    use std::os::unix::fs::MetadataExt as _;
    let sparse = fs::metadata(restored(&scene, "target").join("sparse")).unwrap();
    assert_eq!(sparse.len(), 50_000_000);
    assert!(sparse.blocks() * 512 < 1_000_000, "{}", sparse.blocks());
}

#[test]
fn what_exists_is_kept_unless_it_is_to_be_replaced() {
    let scene = Scene::new();
    scene.write("one", "as it was");
    scene.write("two", "as it was");
    scene.run(RunKind::Full, &["disk"]).unwrap();
    scene.write("one", "newer, and precious");
    fs::remove_file(scene.source().join("two")).unwrap();
    let mut repository = scene.open(vec![scene.place("disk")]).unwrap();
    let mut request = RestoreRequest::latest("books", "");
    request.target = None;
    let report = repository.restore(&request).unwrap();
    assert_eq!((report.files, report.kept), (1, 1), "{report:?}");
    let read = |name: &str| fs::read_to_string(scene.source().join(name)).unwrap();
    assert_eq!(read("one"), "newer, and precious");
    assert_eq!(read("two"), "as it was");
    request.existing = Existing::Replace;
    repository.restore(&request).unwrap();
    assert_eq!(read("one"), "as it was");
    assert_eq!(fs::read_dir(scene.source()).unwrap().count(), 2);
}

#[test]
fn folders_that_exist_stay_as_they_are() {
    let scene = Scene::new();
    scene.write("folder/file", "content");
    scene.run(RunKind::Full, &["disk"]).unwrap();
    fs::remove_file(scene.source().join("folder/file")).unwrap();
    // Around the source, and in it: what is shared stays shared, whatever the snapshot says.
    let folders = [
        scene.folder.path().to_owned(),
        scene.source().join("folder"),
    ];
    let mode = |folder: &PathBuf| fs::metadata(folder).unwrap().permissions().mode() & 0o7777;
    for folder in &folders {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o1777)).unwrap();
    }
    let mut request = RestoreRequest::latest("books", "");
    request.target = None;
    scene
        .open(vec![scene.place("disk")])
        .unwrap()
        .restore(&request)
        .unwrap();
    assert!(scene.source().join("folder/file").exists());
    for folder in &folders {
        assert_eq!(mode(folder), 0o1777, "{}", folder.display());
    }
}

#[test]
fn what_is_selected_is_restored_and_nothing_else() {
    let scene = Scene::new();
    for name in ["a/1.txt", "a/2.doc", "b/c/3.txt", "b/4.txt"] {
        scene.write(name, name);
    }
    scene.run(RunKind::Full, &["disk"]).unwrap();
    let mut repository = scene.open(vec![scene.place("disk")]).unwrap();
    let source = scene.source();
    let mut names = |target: &str, paths: Vec<PathBuf>, patterns: &[&str]| {
        let mut request = RestoreRequest::latest("books", scene.at(target));
        request.selection = Selection {
            paths,
            patterns: patterns.iter().map(|&pattern| pattern.to_owned()).collect(),
        };
        repository.restore(&request).unwrap();
        let mut names: Vec<String> = walk(&restored(&scene, target));
        names.sort();
        names.join(" ")
    };
    assert_eq!(
        names("one", vec![source.join("b")], &[]),
        "b b/4.txt b/c b/c/3.txt"
    );
    assert_eq!(names("two", vec![source.join("a/2.doc")], &[]), "a a/2.doc");
    assert_eq!(names("three", vec![], &["*.doc"]), "a a/2.doc");
    assert_eq!(
        names("four", vec![source.join("b")], &["3*"]),
        "b b/c b/c/3.txt"
    );
}

fn walk(folder: &std::path::Path) -> Vec<String> {
    let mut names = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(open) = folders.pop() {
        for entry in fs::read_dir(open).unwrap() {
            let path = entry.unwrap().path();
            names.push(path.strip_prefix(folder).unwrap().display().to_string());
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    names
}

#[test]
fn a_point_in_time_is_the_newest_snapshot_before_it() {
    let scene = Scene::new();
    scene.write("file", "first");
    let first = scene.run(RunKind::Full, &["disk"]).unwrap();
    scene.write("file", "second one");
    let second = scene.run(RunKind::Incremental, &["disk"]).unwrap();
    let mut repository = scene.open(vec![scene.place("disk")]).unwrap();
    let mut restore = |target: &str, instant| {
        let mut request = RestoreRequest::latest("books", scene.at(target));
        request.snapshot = SnapshotChoice::At {
            job: "books".to_owned(),
            instant,
        };
        repository.restore(&request)
    };
    let before = second.started - jiff::SignedDuration::from_secs(1);
    assert_eq!(restore("one", before).unwrap().snapshot, first.snapshot);
    assert_eq!(
        restore("two", second.started).unwrap().snapshot,
        second.snapshot
    );
    let error = restore("three", first.started - jiff::SignedDuration::from_secs(1));
    assert!(matches!(error, Err(BackupError::NoSnapshot { .. })));
}

#[test]
fn a_link_in_the_target_leads_nothing_elsewhere() {
    let scene = Scene::new();
    scene.write("folder/file", "content");
    scene.run(RunKind::Full, &["disk"]).unwrap();
    let elsewhere = scene.at("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let target = restored(&scene, "target");
    fs::create_dir_all(&target).unwrap();
    unix::symlink(&elsewhere, target.join("folder")).unwrap();
    let report = scene
        .open(vec![scene.place("disk")])
        .unwrap()
        .restore(&RestoreRequest::latest("books", scene.at("target")))
        .unwrap();
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
    assert!(report.findings > 0);
}

#[test]
fn a_damaged_pack_is_told_and_no_file_is_made_of_it() {
    let scene = Scene::new();
    scene.write("file", "content that matters");
    scene.run(RunKind::Full, &["disk"]).unwrap();
    for pack in walk(&scene.at("disk/data")) {
        let path = scene.at("disk/data").join(pack);
        // Data lies in front; the tree's pack stays whole.
        if path.is_file() && fs::metadata(&path).unwrap().len() < 200 {
            let mut bytes = fs::read(&path).unwrap();
            bytes[20] ^= 1;
            fs::write(&path, bytes).unwrap();
        }
    }
    let report = scene
        .open(vec![scene.place("disk")])
        .unwrap()
        .restore(&RestoreRequest::latest("books", scene.at("target")))
        .unwrap();
    assert_eq!((report.files, report.findings), (0, 1), "{report:?}");
    assert_eq!(report.named_findings[0].kind, FindingKind::Unreadable);
    assert_eq!(walk(&restored(&scene, "target")), Vec::<String>::new());
}

#[test]
fn what_is_damaged_at_one_destination_comes_from_another() {
    let scene = Scene::new();
    furnish(&scene);
    scene.run(RunKind::Full, &["one", "two"]).unwrap();
    let data = scene.at("one/data");
    for name in walk(&data) {
        let path = data.join(name);
        if path.is_file() {
            let mut bytes = fs::read(&path).unwrap();
            bytes[20] ^= 1;
            fs::write(&path, bytes).unwrap();
        }
    }
    let places = || vec![scene.place("one"), scene.place("two")];
    let report = scene
        .open(places())
        .unwrap()
        .restore(&RestoreRequest::latest("books", scene.at("target")))
        .unwrap();
    assert!(report.mended > 0, "{report:?}");
    assert_eq!(report.findings, 0, "{report:?}");
    assert_same(&scene.source(), &restored(&scene, "target"));
    // A test of what lies there is not helped by the other one.
    fs::create_dir(scene.at("sandbox")).unwrap();
    let tested = scene
        .open(places())
        .unwrap()
        .test_restore(&TestRestoreRequest {
            snapshot: SnapshotChoice::Latest {
                job: "books".to_owned(),
            },
            sandbox: scene.at("sandbox"),
            progress: Arc::new(NoProgress),
        })
        .unwrap();
    assert_eq!(tested.outcome, TestRestoreOutcome::Failed);
}

#[test]
fn what_restic_wrote_is_restored() {
    let scene = Scene::new();
    furnish(&scene);
    fs::create_dir(scene.at("disk")).unwrap();
    scene.restic("disk", &["init", "--repository-version", "2"]);
    let source = scene.source();
    scene.restic("disk", &["backup", source.to_str().unwrap()]);
    let mut repository = scene.open(vec![scene.place("disk")]).unwrap();
    let snapshots = repository.snapshots().unwrap();
    let mut request = RestoreRequest::latest("", scene.at("target"));
    request.snapshot = SnapshotChoice::Id(snapshots[0].id.clone());
    let report = repository.restore(&request).unwrap();
    assert_eq!(report.findings, 0, "{report:?}");
    assert_same(&source, &restored(&scene, "target"));
}
