//! Damage to every kind of file of a repository: it is found, named, told, and mended where
//! another destination has what was lost.

use crate::{
    scene::{PASSWORD, Scene, noise},
    sets::files,
    troubled,
};
use latarnik_backup::{
    Damage, DamageKind, ErrorCode, MemberState, NoProgress, Place, RepairReport, Repository,
    RestoreRequest, RunKind, SnapshotChoice, TestRestoreOutcome, TestRestoreRequest,
    VerificationDepth, VerificationReport, VerificationRequest, WhenAbsent,
    destinations::{Failure, Operation, Secret},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// What happens to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Harm {
    Flipped,
    CutShort,
    Gone,
}

const KINDS: [&str; 7] = [
    "config",
    "keys",
    "snapshots",
    "index",
    "data",
    "manifests",
    "locks",
];

/// A source, with a full and an incremental run.
fn scene(places: &[&str]) -> Scene {
    let scene = Scene::new();
    scene.write("ledger", noise(300_000, 1));
    scene.run(RunKind::Full, places).unwrap();
    scene.write("letter", noise(50_000, 2));
    scene.run(RunKind::Incremental, places).unwrap();
    scene
}

/// The largest file of a kind at a destination.
fn file_of(scene: &Scene, place: &str, kind: &str) -> PathBuf {
    match kind {
        "config" => scene.at(place).join("config"),
        "data" => scene.largest_pack(place),
        "locks" => {
            // As restic leaves one that it could not write to its end.
            let path = scene.at(place).join("locks").join("5".repeat(64));
            fs::write(&path, noise(200, 3)).unwrap();
            path
        }
        _ => fs::read_dir(scene.at(place).join(kind))
            .unwrap()
            .map(|file| file.unwrap().path())
            .max_by_key(|path| fs::metadata(path).unwrap().len())
            .unwrap(),
    }
}

/// Does harm to a file, and returns its name.
fn harm(path: &Path, harm: Harm) -> String {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    match harm {
        Harm::Flipped => *bytes.get_mut(middle).unwrap() ^= 1,
        Harm::CutShort => bytes.truncate(middle),
        Harm::Gone => {
            fs::remove_file(path).unwrap();
            return name(path);
        }
    }
    fs::write(path, bytes).unwrap();
    name(path)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn request() -> VerificationRequest {
    VerificationRequest {
        depth: VerificationDepth::Full,
        seed: 0,
        progress: Arc::new(NoProgress),
    }
}

fn open(scene: &Scene, places: &[&str]) -> latarnik_backup::Result<Repository> {
    open_places(scene, places.iter().map(|name| scene.place(name)).collect())
}

fn open_places(scene: &Scene, places: Vec<Place>) -> latarnik_backup::Result<Repository> {
    let password = Secret::new(PASSWORD);
    Repository::open(places, &password, WhenAbsent::Fail, scene.surroundings())
}

fn verify(scene: &Scene, places: &[&str]) -> Vec<VerificationReport> {
    open(scene, places).unwrap().verify(&request()).unwrap()
}

fn repair(scene: &Scene, places: &[&str]) -> Vec<RepairReport> {
    open(scene, places).unwrap().repair(&request()).unwrap()
}

fn tells_of(damages: &[Damage], name: &str) -> bool {
    damages.iter().any(|damage| damage.file.ends_with(name))
}

/// One destination of two is damaged: that one is told, what is damaged is named, and mended.
fn found_and_mended(damaged: &str, how: Harm) {
    let whole_scene = scene(&["one", "two"]);
    for kind in KINDS {
        // That a lock is gone is as it should be.
        if kind == "locks" && how == Harm::Gone {
            continue;
        }
        let scene = whole_scene.twin();
        let whole = files(&scene.at(damaged));
        let name = harm(&file_of(&scene, damaged, kind), how);
        for report in verify(&scene, &["one", "two"]) {
            let story = format!("{kind} at {damaged}: {report:?}");
            assert_eq!(report.unexamined, None, "{story}");
            assert_eq!(report.damages > 0, report.destination == damaged, "{story}");
            // What nothing refers to by name is missed by what lacks it.
            let is_missed = kind == "index" && how == Harm::Gone;
            if report.destination == damaged && !is_missed {
                assert!(tells_of(&report.named_damages, &name), "{story}");
            }
        }
        for report in repair(&scene, &["one", "two"]) {
            let story = format!("{kind} at {damaged}: {report:?}");
            let was_mended = report.mended_files > 0;
            assert_eq!(was_mended, report.destination == damaged, "{story}");
            assert_eq!(report.left.named_damages, [], "{story}");
        }
        assert_eq!(files(&scene.at(damaged)), whole, "{kind} at {damaged}");
        let repository = open(&scene, &["one", "two"]).unwrap();
        for member in repository.members() {
            assert_eq!(member.state, MemberState::InStep, "{kind} at {damaged}");
        }
        drop(repository);
        scene.restic(damaged, &["check", "--read-data"]);
    }
}

#[test]
fn a_flipped_byte_at_one_of_two_destinations_is_named_and_mended() {
    found_and_mended("two", Harm::Flipped);
}

#[test]
fn a_file_that_is_cut_short_at_one_of_two_destinations_is_named_and_mended() {
    found_and_mended("two", Harm::CutShort);
}

#[test]
fn a_file_that_is_gone_at_one_of_two_destinations_is_named_and_mended() {
    found_and_mended("two", Harm::Gone);
}

/// The first one is asked first, and leads.
#[test]
fn a_flipped_byte_at_the_first_destination_is_named_and_mended() {
    found_and_mended("one", Harm::Flipped);
}

#[test]
fn a_file_that_is_gone_at_the_first_destination_is_named_and_mended() {
    found_and_mended("one", Harm::Gone);
}

fn test_restore(repository: &mut Repository, sandbox: &Path) -> bool {
    fs::create_dir_all(sandbox).unwrap();
    let report = repository.test_restore(&TestRestoreRequest {
        snapshot: SnapshotChoice::Latest {
            job: "books".to_owned(),
        },
        sandbox: sandbox.to_owned(),
        progress: Arc::new(NoProgress),
    });
    report.is_ok_and(|report| report.outcome == TestRestoreOutcome::Passed)
}

/// The only destination is damaged: what is damaged is named, and nothing is said to restore that
/// does not.
#[test]
fn damage_at_the_only_destination_is_named_and_fails_the_test_restore() {
    let whole_scene = scene(&["disk"]);
    assert!(test_restore(
        &mut open(&whole_scene, &["disk"]).unwrap(),
        &whole_scene.at("sandbox")
    ));
    for how in [Harm::Flipped, Harm::CutShort, Harm::Gone] {
        for kind in KINDS.into_iter().filter(|kind| *kind != "locks") {
            let scene = whole_scene.twin();
            let path = match kind {
                // The newest one is tested.
                "snapshots" => scene.at("disk/snapshots").join(newest(&scene)),
                _ => file_of(&scene, "disk", kind),
            };
            let name = harm(&path, how);
            let story = format!("{kind} {how:?}");
            let mut repository = match open(&scene, &["disk"]) {
                Ok(repository) => repository,
                Err(error) => {
                    assert!(["config", "keys"].contains(&kind), "{story}: {error:?}");
                    assert_eq!(error.code(), ErrorCode::Damaged, "{story}: {error:?}");
                    let words = error.to_string();
                    let is_gone = how == Harm::Gone;
                    assert!(is_gone || words.contains(&name), "{story}: {words}");
                    continue;
                }
            };
            // Nobody knows of a snapshot that somebody deleted, and the one before it is whole.
            if kind == "snapshots" && how == Harm::Gone {
                continue;
            }
            let report = repository.verify(&request()).unwrap().remove(0);
            assert!(report.damages > 0, "{story}");
            let is_missed = kind == "index" && how == Harm::Gone;
            assert!(
                is_missed || tells_of(&report.named_damages, &name),
                "{story}"
            );
            let report = repository.repair(&request()).unwrap().remove(0);
            assert_eq!(report.mended_files, 0, "{story}");
            assert!(report.left.damages > 0, "{story}");
            // The newest that can be read is the one before.
            if kind != "snapshots" {
                let sandbox = scene.at("sandbox");
                assert!(!test_restore(&mut repository, &sandbox), "{story}");
            }
        }
    }
}

fn newest(scene: &Scene) -> String {
    let repository = open(scene, &["disk"]).unwrap();
    repository.snapshots().unwrap().remove(0).id
}

#[test]
fn a_damaged_destination_keeps_nobody_from_restoring_what_another_has() {
    let whole_scene = scene(&["one", "two"]);
    for kind in ["config", "keys", "snapshots", "index", "manifests"] {
        let scene = whole_scene.twin();
        harm(&file_of(&scene, "one", kind), Harm::Flipped);
        let mut repository = open(&scene, &["one", "two"]).unwrap();
        let passed = test_restore(&mut repository, &scene.at("sandbox"));
        assert!(passed, "{kind}");
    }
}

#[test]
fn one_whole_key_of_several_is_enough() {
    let scene = scene(&["disk"]);
    let first = file_of(&scene, "disk", "keys");
    fs::write(scene.at("second"), PASSWORD).unwrap();
    let second = scene.at("second").display().to_string();
    scene.restic("disk", &["key", "add", "--new-password-file", &second]);
    harm(&first, Harm::Flipped);
    let report = verify(&scene, &["disk"]).remove(0);
    assert_eq!(report.damages, 1, "{report:?}");
    assert!(tells_of(&report.named_damages, &name(&first)));
}

/// Lost hashes are no reason for no backup, and a full run takes them anew.
#[test]
fn a_run_goes_on_without_the_hashes_of_the_last_one() {
    let scene = scene(&["disk"]);
    for part in fs::read_dir(scene.at("disk/manifests")).unwrap() {
        harm(&part.unwrap().path(), Harm::Flipped);
    }
    scene.write("later", "later");
    scene.run(RunKind::Incremental, &["disk"]).unwrap();
    scene.run(RunKind::Full, &["disk"]).unwrap();
    let mut repository = open(&scene, &["disk"]).unwrap();
    assert!(test_restore(&mut repository, &scene.at("sandbox")));
}

/// What restic's documentation says, with the commands of restic 0.14.
#[test]
fn a_pack_that_nobody_has_is_made_anew_from_the_sources() {
    let scene = scene(&["disk"]);
    let pack = scene.largest_pack("disk");
    harm(&pack, Harm::Flipped);
    assert!(repair(&scene, &["disk"]).remove(0).left.damages > 0);
    fs::remove_file(pack).unwrap();
    scene.restic("disk", &["rebuild-index"]);
    let report = scene.run(RunKind::Full, &["disk"]).unwrap();
    assert_eq!(verify(&scene, &["disk"]).remove(0).named_damages, []);
    scene.restic_agrees("disk", &report.snapshot);
}

/// A repository of something else that lost its config is not taken for ours.
#[test]
fn what_belongs_to_something_else_is_not_mended() {
    let scene = scene(&["one"]);
    fs::create_dir(scene.at("two")).unwrap();
    scene.restic("two", &["init", "--repository-version", "2"]);
    let source = scene.source().display().to_string();
    scene.restic("two", &["backup", &source]);
    fs::remove_file(scene.at("two/config")).unwrap();
    let before = files(&scene.at("two"));
    let reports = repair(&scene, &["one", "two"]);
    assert!(
        reports.iter().any(|report| report.left.damages > 0),
        "{reports:?}"
    );
    assert_eq!(files(&scene.at("two")), before);
}

#[test]
fn a_destination_that_is_away_is_not_said_to_be_examined() {
    let scene = scene(&["one", "two"]);
    fs::rename(scene.at("two"), scene.at("two-away")).unwrap();
    fs::write(scene.at("two"), "").unwrap();
    let reports = verify(&scene, &["one", "two"]);
    let unexamined: Vec<bool> = reports
        .iter()
        .map(|report| report.unexamined.is_some())
        .collect();
    assert_eq!(unexamined, [false, true]);
}

#[test]
fn a_part_of_the_hashes_that_is_gone_is_missed_whichever_it_is() {
    let scene = Scene::new();
    // Long names make a manifest of several parts of few files.
    for number in 0..1_300 {
        let folder = format!("{:0200}", number % 10);
        let deep = [folder.as_str(); 17].join("/");
        scene.write(&format!("{deep}/{number:0200}"), number.to_string());
    }
    scene.run(RunKind::Full, &["disk"]).unwrap();
    let mut parts: Vec<PathBuf> = fs::read_dir(scene.at("disk/manifests"))
        .unwrap()
        .map(|part| part.unwrap().path())
        .collect();
    parts.sort();
    // The last one has the end.
    assert!(parts.len() > 1, "{parts:?}");
    for part in [parts.first().unwrap(), parts.last().unwrap()] {
        let bytes = fs::read(part).unwrap();
        fs::remove_file(part).unwrap();
        let mut repository = open(&scene, &["disk"]).unwrap();
        let report = repository.verify(&request()).unwrap().remove(0);
        assert!(tells_of(&report.named_damages, &name(part)), "{report:?}");
        let report = repository.test_restore(&TestRestoreRequest {
            snapshot: SnapshotChoice::Latest {
                job: "books".to_owned(),
            },
            sandbox: scene.folder.path().to_owned(),
            progress: Arc::new(NoProgress),
        });
        let code = report
            .as_ref()
            .err()
            .map(latarnik_backup::BackupError::code);
        assert_eq!(code, Some(ErrorCode::Damaged), "{part:?} {report:?}");
        fs::write(part, bytes).unwrap();
    }
}

/// A destination whose disk has gone bad where one file lies: it is there, and to read it is an
/// error, until it is written anew.
fn with_a_bad_place(scene: &Scene, place: &str, bad: &str) -> Place {
    let (bad, is_mended) = (bad.to_owned(), AtomicBool::new(false));
    troubled::place(scene, place, move |operation, name| {
        let Some(name) = name.filter(|name| name.last() == bad) else {
            return Ok(());
        };
        match operation {
            Operation::Write => is_mended.store(true, Ordering::SeqCst),
            Operation::Read if !is_mended.load(Ordering::SeqCst) => {
                let error = io::Error::from_raw_os_error(5);
                return Err(Failure::of_io(Operation::Read, error).about(name));
            }
            _ => {}
        }
        Ok(())
    })
}

#[test]
fn a_file_that_cannot_be_read_at_one_of_two_destinations_is_named_and_mended() {
    let whole_scene = scene(&["one", "two"]);
    for (kind, damaged) in ["config", "keys", "snapshots", "index", "data", "manifests"]
        .into_iter()
        .zip(["one", "two"].into_iter().cycle())
    {
        let scene = whole_scene.twin();
        let name = name(&file_of(&scene, damaged, kind));
        let whole = files(&scene.at(damaged));
        let places = ["one", "two"].map(|place| match place {
            place if place == damaged => with_a_bad_place(&scene, place, &name),
            place => scene.place(place),
        });
        let mut repository = open_places(&scene, places.to_vec()).unwrap();
        for report in repository.verify(&request()).unwrap() {
            let story = format!("{kind} at {damaged}: {report:?}");
            assert_eq!(report.unexamined, None, "{story}");
            assert_eq!(report.damages > 0, report.destination == damaged, "{story}");
            let named = tells_of(&report.named_damages, &name);
            assert_eq!(named, report.destination == damaged, "{story}");
        }
        // What the other one has is restored.
        assert!(restores(&mut repository, &scene.at("restored")), "{kind}");
        for report in repository.repair(&request()).unwrap() {
            let story = format!("{kind} at {damaged}: {report:?}");
            let was_mended = report.mended_files > 0;
            assert_eq!(was_mended, report.destination == damaged, "{story}");
            assert_eq!(report.left.named_damages, [], "{story}");
        }
        for member in repository.members() {
            assert_eq!(member.state, MemberState::InStep, "{kind} at {damaged}");
        }
        assert_eq!(files(&scene.at(damaged)), whole, "{kind} at {damaged}");
    }
}

fn restores(repository: &mut Repository, target: &Path) -> bool {
    let request = RestoreRequest::latest("books", target);
    let report = repository.restore(&request).unwrap();
    report.findings == 0 && report.files == 2
}

#[test]
fn files_that_cannot_be_read_at_the_only_destination_are_named_and_the_others_restored() {
    let scene = scene(&["disk"]);
    let pack = name(&scene.largest_pack("disk"));
    let place = with_a_bad_place(&scene, "disk", &pack);
    let mut repository = open_places(&scene, vec![place]).unwrap();
    let report = repository.verify(&request()).unwrap().remove(0);
    let [damage] = report.named_damages.as_slice() else {
        panic!("{report:?}");
    };
    assert_eq!(damage.kind, DamageKind::Unreadable, "{damage:?}");
    assert!(damage.file.ends_with(&pack), "{damage:?}");
    assert!(!test_restore(&mut repository, &scene.at("sandbox")));
    let request = RestoreRequest::latest("books", scene.at("restored"));
    let report = repository.restore(&request).unwrap();
    assert_eq!((report.files, report.findings), (1, 1), "{report:?}");
    drop(repository);
    for kind in ["config", "keys"] {
        let bad = name(&file_of(&scene, "disk", kind));
        let place = with_a_bad_place(&scene, "disk", &bad);
        let error = open_places(&scene, vec![place]).err().unwrap();
        assert_eq!(error.code(), ErrorCode::Damaged, "{kind}: {error:?}");
    }
}
