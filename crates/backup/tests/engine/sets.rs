//! One repository at several destinations: who fails falls behind, and catches up.

use crate::scene::{Scene, furnish};
use latarnik_backup::{BackupError, ErrorCode, MemberState, RunKind};
use std::{
    collections::BTreeMap,
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::Path,
};

/// All files of a repository, with a number that stands for their content.
pub(crate) fn files(root: &Path) -> BTreeMap<String, u64> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(open) = folders.pop() {
        for entry in fs::read_dir(open).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().display().to_string();
                let mut hasher = DefaultHasher::new();
                fs::read(path).unwrap().hash(&mut hasher);
                files.insert(name, hasher.finish());
            }
        }
    }
    files
}

/// Makes a local destination fail, as a drive that is taken away.
pub(crate) fn take_away(scene: &Scene, name: &str) {
    fs::rename(scene.at(name), scene.at(&format!("{name}-away"))).unwrap();
    // A file of that name: nothing can be made there.
    fs::write(scene.at(name), "").unwrap();
}

pub(crate) fn bring_back(scene: &Scene, name: &str) {
    fs::remove_file(scene.at(name)).unwrap();
    fs::rename(scene.at(&format!("{name}-away")), scene.at(name)).unwrap();
}

#[test]
fn every_destination_has_the_same_files_and_restores() {
    let scene = Scene::new();
    furnish(&scene);
    let report = scene.run(RunKind::Full, &["one", "two"]).unwrap();
    assert!(
        report
            .destinations
            .iter()
            .all(|member| member.state == MemberState::InStep)
    );
    assert_eq!(files(&scene.at("one")), files(&scene.at("two")));
    scene.restic_agrees("one", &report.snapshot);
    scene.restic_agrees("two", &report.snapshot);
}

#[test]
fn a_destination_that_fails_is_behind_and_catches_up() {
    let scene = Scene::new();
    furnish(&scene);
    scene.run(RunKind::Full, &["one", "two"]).unwrap();
    take_away(&scene, "two");
    scene.write("letters/while-away.txt", "written while the drive was away");
    let report = scene.run(RunKind::Incremental, &["one", "two"]).unwrap();
    let states: Vec<bool> = report
        .destinations
        .iter()
        .map(|member| member.state == MemberState::InStep)
        .collect();
    assert_eq!(states, [true, false]);
    bring_back(&scene, "two");
    let report = scene.run(RunKind::Incremental, &["one", "two"]).unwrap();
    assert!(
        report
            .destinations
            .iter()
            .all(|member| member.state == MemberState::InStep)
    );
    assert_eq!(files(&scene.at("one")), files(&scene.at("two")));
    scene.restic_agrees("two", &report.snapshot);
}

#[test]
fn a_new_destination_gets_everything() {
    let scene = Scene::new();
    furnish(&scene);
    scene.run(RunKind::Full, &["one"]).unwrap();
    let report = scene.run(RunKind::Incremental, &["one", "two"]).unwrap();
    assert_eq!(files(&scene.at("one")), files(&scene.at("two")));
    scene.restic_agrees("two", &report.snapshot);
}

#[test]
fn snapshots_of_either_survive_when_the_other_was_away() {
    let scene = Scene::new();
    furnish(&scene);
    scene.run(RunKind::Full, &["one", "two"]).unwrap();
    take_away(&scene, "two");
    scene.write("letters/first.txt", "first");
    let first = scene.run(RunKind::Incremental, &["one", "two"]).unwrap();
    bring_back(&scene, "two");
    take_away(&scene, "one");
    scene.write("letters/second.txt", "second");
    let second = scene.run(RunKind::Incremental, &["one", "two"]).unwrap();
    bring_back(&scene, "one");
    let third = scene.run(RunKind::Incremental, &["one", "two"]).unwrap();
    assert_eq!(files(&scene.at("one")), files(&scene.at("two")));
    for snapshot in [&first.snapshot, &second.snapshot] {
        scene.restic("one", &["ls", snapshot]);
    }
    scene.restic_agrees("one", &third.snapshot);
}

#[test]
fn no_destination_is_a_failure_and_its_reason_is_told() {
    let scene = Scene::new();
    scene.write("file", "content");
    scene.run(RunKind::Full, &["one"]).unwrap();
    take_away(&scene, "one");
    let error = scene.run(RunKind::Incremental, &["one"]).unwrap_err();
    assert!(
        matches!(error.code(), ErrorCode::Destination(_)),
        "{error:?}"
    );
    bring_back(&scene, "one");
    scene.run(RunKind::Incremental, &["one"]).unwrap();
}

#[test]
fn a_repository_of_somebody_else_is_not_touched() {
    let scene = Scene::new();
    scene.write("file", "content");
    fs::create_dir(scene.at("two")).unwrap();
    scene.restic("two", &["init", "--repository-version", "2"]);
    let before = files(&scene.at("two"));
    scene.run(RunKind::Full, &["one"]).unwrap();
    let report = scene.run(RunKind::Full, &["two", "one"]).unwrap();
    let behind = MemberState::Behind {
        code: ErrorCode::OtherRepository,
    };
    let states: Vec<_> = report
        .destinations
        .iter()
        .map(|member| (member.name.as_str(), &member.state))
        .collect();
    assert_eq!(states, [("one", &MemberState::InStep), ("two", &behind)]);
    assert_eq!(files(&scene.at("two")), before);
}

#[test]
fn a_repository_that_lost_its_config_is_not_made_anew() {
    let scene = Scene::new();
    scene.write("file", "content");
    scene.run(RunKind::Full, &["one"]).unwrap();
    let config = fs::read(scene.at("one/config")).unwrap();
    fs::remove_file(scene.at("one/config")).unwrap();
    let before = files(&scene.at("one"));
    let error = scene.run(RunKind::Full, &["one"]).unwrap_err();
    assert_eq!(error.code(), ErrorCode::Damaged, "{error:?}");
    assert_eq!(files(&scene.at("one")), before);
    fs::write(scene.at("one/config"), config).unwrap();
    scene.run(RunKind::Full, &["one"]).unwrap();
}

#[test]
fn a_wrong_password_opens_nothing() {
    let scene = Scene::new();
    scene.write("file", "content");
    scene.run(RunKind::Full, &["one"]).unwrap();
    let error = scene.open_with(vec![scene.place("one")], "wrong").err();
    assert!(
        matches!(error, Some(BackupError::WrongPassword)),
        "{error:?}"
    );
}
