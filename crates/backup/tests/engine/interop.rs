//! Both ways with stock restic, in one repository.

use crate::scene::{Scene, furnish};
use latarnik_backup::{RestoreRequest, RunKind};
use std::{fs, os::unix::fs::MetadataExt as _, process::Command};

#[test]
fn runs_and_backups_of_restic_share_a_repository() {
    let scene = Scene::new();
    furnish(&scene);
    fs::create_dir(scene.at("disk")).unwrap();
    scene.restic("disk", &["init", "--repository-version", "2"]);
    let source = scene.source();
    let source = source.to_str().unwrap();
    scene.restic("disk", &["backup", source]);
    let report = scene.run(RunKind::Full, &["disk"]).unwrap();
    // What restic cut and stored is not stored again; folders have other attributes.
    assert!(report.added_bytes < 20_000, "{report:?}");
    scene.restic("disk", &["backup", source]);
    let report = scene.run(RunKind::Incremental, &["disk"]).unwrap();
    scene.restic_agrees("disk", &report.snapshot);
    let repository = scene.open(vec![scene.place("disk")]).unwrap();
    let kinds: Vec<_> = repository
        .snapshots()
        .unwrap()
        .iter()
        .map(|snapshot| snapshot.kind)
        .collect();
    assert_eq!(kinds.iter().filter(|kind| kind.is_none()).count(), 2);
}

#[test]
fn a_sparse_file_of_five_gigabytes_takes_no_room_anywhere() {
    const BYTES: u64 = 5_000_000_000;
    let scene = Scene::new();
    scene.write("small", "content");
    let file = fs::File::create(scene.source().join("sparse")).unwrap();
    file.set_len(BYTES).unwrap();
    let report = scene.run(RunKind::Full, &["disk"]).unwrap();
    assert_eq!(report.bytes, BYTES + 7);
    assert!(report.stored_bytes < 200_000, "{report:?}");
    scene
        .open(vec![scene.place("disk")])
        .unwrap()
        .restore(&RestoreRequest::latest("books", scene.at("target")))
        .unwrap();
    let restored = scene
        .at("target")
        .join(scene.source().strip_prefix("/").unwrap());
    let metadata = fs::metadata(restored.join("sparse")).unwrap();
    assert_eq!(metadata.len(), BYTES);
    assert!(metadata.blocks() * 512 < 1_000_000, "{}", metadata.blocks());
    fs::remove_file(restored.join("sparse")).unwrap();
    fs::remove_file(scene.source().join("sparse")).unwrap();
    scene.restic("disk", &["check", "--read-data"]);
    let small = |root: &std::path::Path| fs::read(root.join("small")).unwrap();
    assert_eq!(small(&restored), small(&scene.source()));
}

/// The archive that restic makes of a snapshot shows the names that the snapshot has.
#[test]
fn restic_knows_the_names_of_owners_and_groups() {
    let scene = Scene::new();
    scene.write("folder/file", "content");
    let report = scene.run(RunKind::Full, &["disk"]).unwrap();
    let source = scene.source();
    let folder = source.join("folder");
    let dump = ["dump", report.snapshot.as_str(), folder.to_str().unwrap()];
    fs::write(scene.at("tar"), scene.restic("disk", &dump).stdout).unwrap();
    let print = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let (user, group) = (print("id", &["-un"]), print("id", &["-gn"]));
    let tar = scene.at("tar");
    let listing = print(
        "tar",
        &["--list", "--verbose", "--file", tar.to_str().unwrap()],
    );
    let lines: Vec<&str> = listing
        .lines()
        .filter(|line| line.ends_with("/file"))
        .collect();
    assert_eq!(lines.len(), 1, "{listing}");
    assert!(lines[0].contains(&format!(" {user}/{group} ")), "{listing}");
}
