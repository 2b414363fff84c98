//! Deleting snapshots: what is needed stays, what is not goes, everywhere.

use crate::scene::{Scene, furnish, noise};
use crate::sets::files;
use latarnik_backup::{ErrorCode, MemberState, NoProgress, RunKind, RunRequest};
use std::{fs, path::Path, sync::Arc};

fn bytes(folder: &Path) -> u64 {
    let mut total = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        total += if path.is_dir() {
            bytes(&path)
        } else {
            fs::metadata(path).unwrap().len()
        };
    }
    total
}

#[test]
fn what_no_snapshot_needs_is_freed_and_the_others_restore() {
    let scene = Scene::new();
    furnish(&scene);
    scene.write("large", noise(5_000_000, 7));
    let first = scene.run(RunKind::Full, &["disk"]).unwrap();
    fs::remove_file(scene.source().join("large")).unwrap();
    let second = scene.run(RunKind::Incremental, &["disk"]).unwrap();
    let before = bytes(&scene.at("disk"));
    fs::write(scene.at("disk/tmp/left-by-a-crash"), "half a pack").unwrap();
    let mut repository = scene.open(vec![scene.place("disk")]).unwrap();
    let report = repository
        .prune(std::slice::from_ref(&first.snapshot), Arc::new(NoProgress))
        .unwrap();
    assert_eq!((report.removed_snapshots, report.kept_snapshots), (1, 1));
    assert_eq!(report.removed_leftovers, 1);
    assert!(report.freed_bytes > 4_900_000, "{report:?}");
    let freed = before - bytes(&scene.at("disk"));
    assert!(freed > 4_900_000, "{freed}");
    // Its hashes went with it.
    assert_eq!(fs::read_dir(scene.at("disk/manifests")).unwrap().count(), 1);
    drop(repository);
    scene.restic_agrees("disk", &second.snapshot);
}

#[test]
fn a_dry_run_tells_what_a_prune_frees() {
    let scene = Scene::new();
    furnish(&scene);
    // In a pack with the rest, and in packs of its own.
    scene.write("small", noise(800_000, 5));
    scene.write("large", noise(40_000_000, 7));
    let first = scene.run(RunKind::Full, &["disk"]).unwrap();
    fs::remove_file(scene.source().join("large")).unwrap();
    fs::remove_file(scene.source().join("small")).unwrap();
    scene.run(RunKind::Incremental, &["disk"]).unwrap();
    let before = files(&scene.at("disk"));
    let size = bytes(&scene.at("disk/data"));
    let mut repository = scene.open(vec![scene.place("disk")]).unwrap();
    let remove = std::slice::from_ref(&first.snapshot);
    let forecast = repository.forecast(remove).unwrap();
    assert_eq!(files(&scene.at("disk")), before, "nothing changes");
    assert!(forecast.freed_bytes > 40_000_000, "{forecast:?}");
    assert!(forecast.rewritten_bytes > 0, "{forecast:?}");
    // What both snapshots have is not counted.
    assert!(forecast.freed_bytes < 41_500_000, "{forecast:?}");
    let report = repository.prune(remove, Arc::new(NoProgress)).unwrap();
    assert_eq!(report.freed_bytes, forecast.freed_bytes);
    assert_eq!(report.rewritten_bytes, forecast.rewritten_bytes);
    // Headers of packs are not counted: 37 or 41 bytes a piece, and 36 a pack.
    let freed = size - bytes(&scene.at("disk/data"));
    assert!(
        freed.abs_diff(forecast.freed_bytes) < 10_000,
        "{freed} {forecast:?}"
    );
    let again = repository.forecast(&[]).unwrap();
    assert_eq!(again.freed_bytes, 0, "{again:?}");
}

#[test]
fn what_a_dry_run_says_would_stay_stays() {
    let scene = Scene::new();
    scene.write("kept", noise(10_000_000, 3));
    scene.write("gone", noise(200_000, 5));
    let first = scene.run(RunKind::Full, &["disk"]).unwrap();
    fs::remove_file(scene.source().join("gone")).unwrap();
    scene.run(RunKind::Incremental, &["disk"]).unwrap();
    let mut repository = scene.open(vec![scene.place("disk")]).unwrap();
    let remove = std::slice::from_ref(&first.snapshot);
    // Less than a twentieth, in a pack with what is needed.
    let forecast = repository.forecast(remove).unwrap();
    assert!(forecast.left_bytes > 190_000, "{forecast:?}");
    repository.prune(remove, Arc::new(NoProgress)).unwrap();
    let after = repository.forecast(&[]).unwrap();
    assert_eq!(after.left_bytes, forecast.left_bytes);
}

#[test]
fn a_repository_is_not_emptied() {
    let scene = Scene::new();
    scene.write("file", "content");
    let only = scene.run(RunKind::Full, &["disk"]).unwrap();
    let mut repository = scene.open(vec![scene.place("disk")]).unwrap();
    let error = repository
        .prune(std::slice::from_ref(&only.snapshot), Arc::new(NoProgress))
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::LastSnapshot);
    drop(repository);
    scene.restic_agrees("disk", &only.snapshot);
}

#[test]
fn what_was_deleted_while_a_destination_was_away_is_deleted_there_later() {
    let scene = Scene::new();
    furnish(&scene);
    scene.write("large", noise(2_000_000, 7));
    let first = scene.run(RunKind::Full, &["one", "two"]).unwrap();
    fs::remove_file(scene.source().join("large")).unwrap();
    scene.run(RunKind::Incremental, &["one", "two"]).unwrap();
    fs::rename(scene.at("two"), scene.at("away")).unwrap();
    fs::write(scene.at("two"), "").unwrap();
    {
        let places = vec![scene.place("one"), scene.place("two")];
        let mut repository = scene.open(places).unwrap();
        repository
            .prune(std::slice::from_ref(&first.snapshot), Arc::new(NoProgress))
            .unwrap();
    }
    fs::remove_file(scene.at("two")).unwrap();
    fs::rename(scene.at("away"), scene.at("two")).unwrap();
    let third = scene.run(RunKind::Incremental, &["one", "two"]).unwrap();
    assert!(
        third
            .destinations
            .iter()
            .all(|member| member.state == MemberState::InStep)
    );
    for kind in ["snapshots", "index", "data", "keys"] {
        let size = |place: &str| bytes(&scene.at(place).join(kind));
        assert_eq!(size("one"), size("two"), "{kind}");
    }
    scene.restic_agrees("two", &third.snapshot);
}

#[test]
fn what_is_needed_again_is_not_deleted_by_an_old_memory() {
    let scene = Scene::new();
    furnish(&scene);
    let large = noise(2_000_000, 7);
    scene.write("large", &large);
    let first = scene.run(RunKind::Full, &["one", "two"]).unwrap();
    fs::remove_file(scene.source().join("large")).unwrap();
    scene.run(RunKind::Incremental, &["one", "two"]).unwrap();
    let take = |name: &str| {
        fs::rename(scene.at(name), scene.at(&format!("{name}-away"))).unwrap();
        fs::write(scene.at(name), "").unwrap();
    };
    let give = |name: &str| {
        fs::remove_file(scene.at(name)).unwrap();
        fs::rename(scene.at(&format!("{name}-away")), scene.at(name)).unwrap();
    };
    // Deleted at one while two is away; then two leads alone, with what was to be deleted there.
    take("two");
    {
        let places = vec![scene.place("one"), scene.place("two")];
        let mut repository = scene.open(places).unwrap();
        repository
            .prune(std::slice::from_ref(&first.snapshot), Arc::new(NoProgress))
            .unwrap();
    }
    give("two");
    take("one");
    scene.write("large", &large);
    scene.run(RunKind::Incremental, &["one", "two"]).unwrap();
    give("one");
    scene.run(RunKind::Incremental, &["one", "two"]).unwrap();
    // Two falls behind and catches up once more.
    take("two");
    scene.run(RunKind::Incremental, &["one", "two"]).unwrap();
    give("two");
    let last = scene.run(RunKind::Full, &["one", "two"]).unwrap();
    for place in ["one", "two"] {
        scene.restic_agrees(place, &last.snapshot);
    }
}

#[test]
fn a_prune_does_not_begin_while_somebody_writes() {
    let scene = Scene::new();
    scene.write("file", "content");
    scene.run(RunKind::Full, &["disk"]).unwrap();
    // Another job of another machine, with the same repository.
    let mut other = scene.surroundings();
    other.state_folder = scene.at("other-state");
    other.hostname = "elsewhere".to_owned();
    let mut writer = scene.open_in(vec![scene.place("disk")], other).unwrap();
    let (begun_sender, begun) = std::sync::mpsc::channel();
    let (end, end_receiver) = std::sync::mpsc::channel::<()>();
    let mut request = RunRequest::new(RunKind::Full, "other", Vec::new());
    request.streams.push(latarnik_backup::StreamSource {
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
        let mut repository = scene.open(vec![scene.place("disk")]).unwrap();
        let error = repository.prune(&[], Arc::new(NoProgress)).unwrap_err();
        assert_eq!(error.code(), ErrorCode::Locked);
        end.send(()).unwrap();
        run.join().unwrap().unwrap();
        repository.prune(&[], Arc::new(NoProgress)).unwrap();
    });
}
