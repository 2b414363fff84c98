//! Passwords: added, removed and replaced at every destination, whatever is away or cut off.

use crate::scene::{PASSWORD, Scene};
use crate::sets::{bring_back, files, take_away};
use crate::troubled;
use latarnik_backup::{
    ErrorCode, KeyReport, MemberState, OtherKeys, Place, Repository, RunKind, RunRequest,
    StreamSource, SystemClock,
    destinations::{Failure, FailureCode, Operation, Secret},
};
use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
};

const NEW: &str = "a new password";
const BOTH: [&str; 2] = ["one", "two"];

fn scene() -> Scene {
    let scene = Scene::new();
    scene.write("file", "content");
    scene.create(&BOTH);
    scene.run(RunKind::Full, &BOTH).unwrap();
    scene
}

fn open(scene: &Scene, password: &str) -> latarnik_backup::Result<Repository> {
    let places = BOTH.iter().map(|name| scene.place(name)).collect();
    scene.open_with(places, password)
}

/// A run with another password than the scene's.
fn run(scene: &Scene, password: &str) -> latarnik_backup::RunReport {
    scene.later(60);
    let request = scene.request(RunKind::Incremental);
    open(scene, password).unwrap().run(request).unwrap()
}

fn in_use(keys: &[KeyReport]) -> Vec<bool> {
    keys.iter().map(|key| key.is_in_use).collect()
}

fn key_files(scene: &Scene, place: &str) -> Vec<String> {
    let keys = files(&scene.at(&format!("{place}/keys")));
    keys.into_keys().collect()
}

#[test]
fn passwords_are_added_listed_and_removed_and_restic_agrees() {
    let scene = scene();
    let mut repository = open(&scene, PASSWORD).unwrap();
    let keys = repository.keys().unwrap();
    assert_eq!(in_use(&keys), [true]);
    assert_eq!(keys[0].hostname.as_deref(), Some("office"));
    assert_eq!(keys[0].destinations, BOTH);
    assert!(keys[0].created.is_some());
    let added = repository.add_key(&Secret::new(NEW)).unwrap();
    assert!(!added.was_there);
    let again = repository.add_key(&Secret::new(NEW)).unwrap();
    assert_eq!((again.was_there, &again.added), (true, &added.added));
    assert_eq!(in_use(&repository.keys().unwrap()), [true, false]);
    let id = added.added.unwrap();
    for place in BOTH {
        let listed = scene.restic_with(place, NEW, &["key", "list"]);
        let listed = String::from_utf8(listed.stdout).unwrap();
        let line = format!("*{}", &id[..8]);
        assert!(
            listed.contains(&line) && listed.contains("office"),
            "{listed}"
        );
    }
    let used = keys[0].id.clone();
    let refused = |wanted: &str, repository: &mut Repository| {
        repository.remove_key(wanted).unwrap_err().code()
    };
    assert_eq!(refused(&used, &mut repository), ErrorCode::KeyInUse);
    assert_eq!(refused("", &mut repository), ErrorCode::NoKey);
    assert_eq!(refused("no key", &mut repository), ErrorCode::NoKey);
    let removed = repository.remove_key(&id[..8]).unwrap();
    assert_eq!(removed.removed, [id]);
    for place in BOTH {
        assert!(!scene.opens(place, NEW));
        assert!(scene.opens(place, PASSWORD));
    }
}

#[test]
fn a_key_that_restic_made_opens_and_one_that_we_made_is_removed_by_restic() {
    let scene = scene();
    let file = scene.at("restic-password");
    fs::write(&file, NEW).unwrap();
    let path = file.to_str().unwrap();
    scene.restic("one", &["key", "add", "--new-password-file", path]);
    // It lies at one destination alone, as restic knows of no other.
    let mut repository = scene.open_with(vec![scene.place("one")], NEW).unwrap();
    assert_eq!(in_use(&repository.keys().unwrap()).len(), 2);
    let third = repository.add_key(&Secret::new("third")).unwrap().added;
    drop(repository);
    scene.restic("one", &["key", "remove", &third.unwrap()]);
    assert!(!scene.opens("one", "third"));
}

#[test]
fn a_rotation_replaces_the_password_everywhere_and_old_snapshots_restore() {
    let scene = scene();
    let report = open(&scene, PASSWORD)
        .unwrap()
        .rotate_key(&Secret::new(NEW), OtherKeys::Remove)
        .unwrap();
    assert_eq!(report.removed.len(), 1);
    for place in BOTH {
        assert!(scene.opens(place, NEW));
        assert!(!scene.opens(place, PASSWORD));
        assert_eq!(key_files(&scene, place), [report.added.clone().unwrap()]);
    }
    assert_eq!(files(&scene.at("one")), files(&scene.at("two")));
    let refused = open(&scene, PASSWORD).err().unwrap();
    assert_eq!(refused.code(), ErrorCode::WrongPassword);
    run(&scene, NEW);
    let checked = scene.restic_with("two", NEW, &["check", "--read-data"]);
    assert!(checked.status.success(), "{checked:?}");
    let snapshots = open(&scene, NEW).unwrap().snapshots().unwrap();
    assert_eq!(snapshots.len(), 2);
}

#[test]
fn a_rotation_leaves_other_passwords_when_it_is_told_to() {
    let scene = scene();
    let mut repository = open(&scene, PASSWORD).unwrap();
    repository.add_key(&Secret::new("in the safe")).unwrap();
    repository
        .rotate_key(&Secret::new(NEW), OtherKeys::Keep)
        .unwrap();
    assert!(scene.opens("two", "in the safe"));
    assert!(scene.opens("two", NEW));
    assert!(!scene.opens("two", PASSWORD));
    drop(repository);
    // Repeated with the new password, it has nothing to do.
    let again = open(&scene, NEW)
        .unwrap()
        .rotate_key(&Secret::new(NEW), OtherKeys::Keep)
        .unwrap();
    assert!(again.was_there && again.removed.is_empty(), "{again:?}");
    assert!(scene.opens("one", "in the safe"));
}

#[test]
fn a_destination_that_was_away_loses_the_old_password_before_anything_else() {
    let scene = scene();
    take_away(&scene, "two");
    let report = open(&scene, PASSWORD)
        .unwrap()
        .rotate_key(&Secret::new(NEW), OtherKeys::Remove)
        .unwrap();
    assert_ne!(report.destinations[1].state, MemberState::InStep);
    bring_back(&scene, "two");
    // Disks that are swapped: the other one is away now.
    take_away(&scene, "one");
    drop(open(&scene, NEW).unwrap());
    assert!(scene.opens("two", NEW));
    assert!(!scene.opens("two", PASSWORD));
    scene.write("file", "later");
    run(&scene, NEW);
    bring_back(&scene, "one");
    let report = run(&scene, NEW);
    assert!(
        report
            .destinations
            .iter()
            .all(|member| member.state == MemberState::InStep)
    );
    assert_eq!(files(&scene.at("one")), files(&scene.at("two")));
    assert_eq!(key_files(&scene, "one").len(), 1);
    assert!(!scene.opens("one", PASSWORD));
}

#[test]
fn keys_are_not_written_into_what_belongs_to_somebody_else() {
    let scene = scene();
    take_away(&scene, "two");
    open(&scene, PASSWORD)
        .unwrap()
        .rotate_key(&Secret::new(NEW), OtherKeys::Remove)
        .unwrap();
    // Another disk is plugged in instead.
    fs::remove_file(scene.at("two")).unwrap();
    fs::create_dir(scene.at("two")).unwrap();
    scene.restic("two", &["init", "--repository-version", "2"]);
    let before = files(&scene.at("two"));
    let report = run(&scene, NEW);
    let state = &report.destinations[1].state;
    let code = ErrorCode::OtherRepository;
    assert_eq!(*state, MemberState::Behind { code });
    assert_eq!(files(&scene.at("two")), before);
}

#[test]
fn keys_are_not_removed_while_somebody_works_and_may_be_added() {
    let scene = scene();
    let mut other = scene.surroundings();
    other.state_folder = scene.at("other-state");
    other.hostname = "elsewhere".to_owned();
    let places = BOTH.iter().map(|name| scene.place(name)).collect();
    let mut writer = scene.open_in(places, other).unwrap();
    let (begun_sender, begun) = mpsc::channel();
    let (end, end_receiver) = mpsc::channel::<()>();
    let mut request = RunRequest::new(RunKind::Full, "other", Vec::new());
    request.streams.push(StreamSource {
        path: "/dump".into(),
        open: Box::new(move || {
            begun_sender.send(()).ok();
            end_receiver.recv().ok();
            Ok(Box::new(std::io::empty()))
        }),
    });
    std::thread::scope(|scope| {
        let run = scope.spawn(|| writer.run(request));
        begun.recv().unwrap();
        let mut repository = open(&scene, PASSWORD).unwrap();
        let added = repository.add_key(&Secret::new("second")).unwrap();
        let removed = repository.remove_key(&added.added.unwrap());
        assert_eq!(removed.unwrap_err().code(), ErrorCode::Locked);
        let rotated = repository.rotate_key(&Secret::new(NEW), OtherKeys::Remove);
        assert_eq!(rotated.unwrap_err().code(), ErrorCode::Locked);
        assert_eq!(key_files(&scene, "one").len(), 2);
        end.send(()).unwrap();
        run.join().unwrap().unwrap();
    });
}

/// A local folder at which everything ends after so many changes, as when the power goes.
fn ending(scene: &Scene, name: &str, changes_left: &Arc<AtomicU64>) -> Place {
    let (changes_left, power) = (Arc::clone(changes_left), scene.cancellation.clone());
    troubled::place(scene, name, move |operation, _| {
        let is_change = matches!(operation, Operation::Write | Operation::Remove);
        let one_less = |left: u64| left.checked_sub(u64::from(is_change));
        let taken = changes_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less);
        if taken.is_err() {
            power.cancel();
        }
        if power.is_cancelled() {
            let code = FailureCode::ConnectionLost;
            return Err(Failure::new(Operation::Connect, code));
        }
        Ok(())
    })
}

/// A rotation has eight changes at two destinations: the lock, the new key, the key in use once
/// more and the old key at each; and the lock again.
#[test]
fn cut_off_at_any_change_one_password_opens_and_the_rotation_is_ended_with_either() {
    let mut ended = 0;
    let whole_scene = scene();
    for changes in 0..10 {
        let mut scene = whole_scene.twin();
        let changes_left = Arc::new(AtomicU64::new(changes));
        let places = BOTH
            .map(|name| ending(&scene, name, &changes_left))
            .to_vec();
        let new = Secret::new(NEW);
        let rotated = scene
            .open(places)
            .unwrap()
            .rotate_key(&new, OtherKeys::Remove);
        ended += u64::from(rotated.is_ok());
        for place in BOTH {
            let opens = scene.opens(place, PASSWORD) || scene.opens(place, NEW);
            assert!(opens, "{changes}: {place}");
        }
        scene = scene.uncancelled();
        let passwords = if changes % 2 == 0 {
            [PASSWORD, NEW]
        } else {
            [NEW, PASSWORD]
        };
        let mut repository = passwords
            .iter()
            .find_map(|password| open(&scene, password).ok())
            .unwrap();
        repository.rotate_key(&new, OtherKeys::Remove).unwrap();
        drop(repository);
        for place in BOTH {
            assert_eq!(key_files(&scene, place).len(), 1, "{changes}: {place}");
            assert!(scene.opens(place, NEW), "{changes}: {place}");
        }
        assert_eq!(files(&scene.at("one")), files(&scene.at("two")));
    }
    assert!((1..4).contains(&ended), "{ended} came to their end");
}

#[test]
fn the_clock_of_a_key_is_that_of_the_machine() {
    let scene = scene();
    let keys = open(&scene, PASSWORD).unwrap().keys().unwrap();
    let now = latarnik_backup::Clock::now(&SystemClock);
    let age = now.duration_since(keys[0].created.unwrap());
    assert!(!age.is_negative() && age.as_hours() < 1, "{age}");
}
