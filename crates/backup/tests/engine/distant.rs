//! Destinations where each request costs a round trip.

use crate::scene::{Scene, assert_same, furnish, noise};
use latarnik_backup::{
    BackupError, Place, Repository, RestoreRequest, RunKind, SnapshotChoice, Surroundings,
    TestRestoreOutcome, TestRestoreRequest,
    destinations::{Local, LocalSettings, Metered, Metrics},
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// A local folder, whose requests are counted.
fn counted(scene: &Scene) -> (Arc<Metered>, Place) {
    let path = scene.at("far");
    let metered = Arc::new(Metered::new(Arc::new(Local::new(LocalSettings { path }))));
    let place = Place {
        name: "far".to_owned(),
        destination: Arc::clone(&metered) as _,
    };
    (metered, place)
}

fn cached(scene: &Scene) -> Surroundings {
    Surroundings {
        cache_folder: Some(scene.at("cache")),
        ..scene.surroundings()
    }
}

fn furnish_with_small_files(scene: &Scene) {
    for number in 0..2_000 {
        let name = format!("folder-{}/file-{number}", number / 20);
        scene.write(&name, noise(3_000, number));
    }
}

/// What opening the repository and using it asks of the destination.
fn cost<T>(
    scene: &Scene,
    surroundings: Surroundings,
    work: impl FnOnce(&mut Repository) -> Result<T, BackupError>,
) -> (Result<T, BackupError>, Metrics) {
    scene.later(60);
    let (metered, place) = counted(scene);
    let mut repository = scene.open_in(vec![place], surroundings).unwrap();
    let result = work(&mut repository);
    (result, metered.metrics())
}

#[test]
fn what_the_last_run_left_in_the_cache_is_not_read_again() {
    let scene = Scene::new();
    furnish_with_small_files(&scene);
    let run = |surroundings| {
        let (report, metrics) = cost(&scene, surroundings, |repository| {
            repository.run(scene.request(RunKind::Incremental))
        });
        (report.unwrap(), metrics)
    };
    run(cached(&scene));
    let (_, with) = run(cached(&scene));
    let (report, without) = run(scene.surroundings());
    assert!(
        with.read_bytes * 3 < without.read_bytes,
        "{with:?}, without cache {without:?}"
    );
    scene.restic_agrees("far", &report.snapshot);
}

#[test]
fn a_restore_of_many_small_files_takes_few_requests() {
    let scene = Scene::new();
    furnish_with_small_files(&scene);
    let (report, _) = cost(&scene, scene.surroundings(), |repository| {
        repository.run(scene.request(RunKind::Full))
    });
    report.unwrap();
    let target = scene.at("restored");
    let (report, metrics) = cost(&scene, scene.surroundings(), |repository| {
        repository.restore(&RestoreRequest::latest("books", target.clone()))
    });
    assert_eq!(report.unwrap().files, 2_000);
    assert!(metrics.operations < 100, "{metrics:?}");
    let restored = target.join(scene.source().strip_prefix("/").unwrap());
    assert_same(&scene.source(), &restored);
}

#[test]
fn a_damaged_cache_fails_once_and_is_made_anew() {
    let scene = Scene::new();
    furnish(&scene);
    let run = || {
        cost(&scene, cached(&scene), |repository| {
            repository.run(scene.request(RunKind::Incremental))
        })
        .0
    };
    run().unwrap();
    // As after a loss of power: the right size, and nothing in it.
    let cached_files = ["index", "snapshots"].map(|kind| files_below(&scene.at("cache"), kind));
    for path in cached_files.into_iter().flatten() {
        let size = fs::metadata(&path).unwrap().len();
        fs::write(&path, vec![0; usize::try_from(size).unwrap()]).unwrap();
    }
    // What lies at the destination is listed, whatever became of the copies.
    let (listed, _) = cost(&scene, cached(&scene), |repository| repository.snapshots());
    assert_eq!(listed.unwrap().len(), 1);
    assert!(matches!(run(), Err(BackupError::Repository { .. })));
    let report = run().unwrap();
    scene.restic_agrees("far", &report.snapshot);
}

#[test]
fn a_test_restore_is_not_satisfied_with_the_cache() {
    let scene = Scene::new();
    furnish_with_small_files(&scene);
    let (report, _) = cost(&scene, cached(&scene), |repository| {
        repository.run(scene.request(RunKind::Full))
    });
    report.unwrap();
    // Packs of trees are in the cache, and those of files are not.
    let trees = files_below(&scene.at("cache"), "data");
    assert!(!trees.is_empty());
    for tree in trees {
        let name = tree.file_name().unwrap().to_str().unwrap();
        let pack = scene.at("far").join("data").join(&name[..2]).join(name);
        let mut bytes = fs::read(&pack).unwrap();
        bytes[100] ^= 1;
        fs::write(&pack, bytes).unwrap();
    }
    fs::create_dir(scene.at("sandbox")).unwrap();
    let request = TestRestoreRequest {
        snapshot: SnapshotChoice::Latest {
            job: "books".to_owned(),
        },
        sandbox: scene.at("sandbox"),
        progress: Arc::new(latarnik_backup::NoProgress),
    };
    let (report, _) = cost(&scene, cached(&scene), |repository| {
        repository.test_restore(&request)
    });
    assert!(report.map_or(true, |report| report.outcome == TestRestoreOutcome::Failed));
}

/// All files below folders of this name, however deep.
fn files_below(root: &Path, name: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.iter().any(|part| part == name) {
                files.push(path);
            }
        }
    }
    files
}
