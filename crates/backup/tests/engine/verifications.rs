//! Damage of every kind is found and named.

use crate::scene::{Scene, furnish};
use latarnik_backup::{
    Damage, DamageKind, NoProgress, RunKind, VerificationDepth, VerificationReport,
    VerificationRequest,
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

fn verify(scene: &Scene, places: &[&str], depth: VerificationDepth) -> Vec<VerificationReport> {
    let places = places.iter().map(|name| scene.place(name)).collect();
    scene
        .open(places)
        .unwrap()
        .verify(&VerificationRequest {
            depth,
            seed: 1,
            progress: Arc::new(NoProgress),
        })
        .unwrap()
}

fn damages(scene: &Scene, depth: VerificationDepth) -> Vec<Damage> {
    verify(scene, &["disk"], depth).remove(0).named_damages
}

/// The largest file of a folder of the repository.
fn file_of(scene: &Scene, kind: &str) -> PathBuf {
    if kind == "data" {
        return scene.largest_pack("disk");
    }
    let files = fs::read_dir(scene.at("disk").join(kind)).unwrap();
    files
        .map(|file| file.unwrap().path())
        .max_by_key(|path| fs::metadata(path).unwrap().len())
        .unwrap()
}

fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    *bytes.get_mut(middle).unwrap() ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_whole_repository_has_no_damage() {
    let scene = Scene::new();
    furnish(&scene);
    scene.run(RunKind::Full, &["disk"]).unwrap();
    scene.run(RunKind::Incremental, &["disk"]).unwrap();
    for depth in [
        VerificationDepth::Structure,
        VerificationDepth::Sample { per_mille: 500 },
        VerificationDepth::Full,
    ] {
        let report = verify(&scene, &["disk"], depth).remove(0);
        assert_eq!(report.named_damages, [], "{depth:?}");
        assert_eq!(report.snapshots, 2);
    }
}

#[test]
fn a_flipped_byte_in_any_kind_of_file_is_found_and_named() {
    for kind in ["snapshots", "index", "data"] {
        let scene = Scene::new();
        furnish(&scene);
        scene.run(RunKind::Full, &["disk"]).unwrap();
        let path = file_of(&scene, kind);
        flip(&path);
        let name = path.file_name().unwrap().to_str().unwrap();
        let found = damages(&scene, VerificationDepth::Full);
        assert!(
            found.iter().any(
                |damage| damage.file.ends_with(name) && damage.kind == DamageKind::WrongContent
            ),
            "{kind}: {found:?}"
        );
    }
}

#[test]
fn a_file_that_is_gone_is_found_without_reading_all_packs() {
    for kind in ["index", "data"] {
        let scene = Scene::new();
        furnish(&scene);
        scene.run(RunKind::Full, &["disk"]).unwrap();
        fs::remove_file(file_of(&scene, kind)).unwrap();
        let found = damages(&scene, VerificationDepth::Structure);
        assert!(!found.is_empty(), "{kind}");
    }
}

#[test]
fn a_pack_that_is_cut_short_is_found_by_its_size() {
    let scene = Scene::new();
    furnish(&scene);
    scene.run(RunKind::Full, &["disk"]).unwrap();
    let pack = scene.largest_pack("disk");
    let bytes = fs::read(&pack).unwrap();
    fs::write(&pack, &bytes[..bytes.len() - 1]).unwrap();
    let found = damages(&scene, VerificationDepth::Structure);
    assert!(
        found
            .iter()
            .any(|damage| damage.kind == DamageKind::WrongSize),
        "{found:?}"
    );
}

#[test]
fn one_destination_does_not_hide_what_another_lacks() {
    let scene = Scene::new();
    furnish(&scene);
    scene.run(RunKind::Full, &["disk", "second"]).unwrap();
    flip(&scene.largest_pack("second"));
    let reports = verify(&scene, &["disk", "second"], VerificationDepth::Full);
    let counts: Vec<(&str, bool)> = reports
        .iter()
        .map(|report| (report.destination.as_str(), report.damages > 0))
        .collect();
    assert_eq!(counts, [("disk", false), ("second", true)]);
}
