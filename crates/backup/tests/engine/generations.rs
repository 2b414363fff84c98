//! Generations: new repositories with new master keys, and older ones until nothing is left.

use crate::scene::{PASSWORD, Scene, assert_same, furnish};
use crate::sets::{bring_back, files, take_away};
use latarnik_backup::{
    BackupError, ErrorCode, Existing, Generation, Generations, Job, NoProgress, ProgressSink,
    PruneReport, RestoreRequest, RunKind, RunReport, Selection, SnapshotChoice, TestRestoreOutcome,
    TestRestoreRequest, VerificationDepth, VerificationRequest, WhenAbsent,
};
use std::{fs, sync::Arc};

const SECOND: &str = "the second password";

/// The job at its first or second generation.
fn job(scene: &Scene, generation: u32, destinations: &[&str]) -> Job {
    let mut text = match generation {
        1 => format!("password = {PASSWORD:?}\n"),
        _ => format!("password = {SECOND:?}\ngeneration = 2\n"),
    };
    text.push_str(&format!(
        "name = \"books\"\n[[folders]]\npath = {:?}\n",
        scene.source()
    ));
    for name in destinations {
        let path = scene.at(name);
        text.push_str(&format!(
            "[[destinations]]\nname = {name:?}\nkind = \"local\"\npath = {path:?}\n"
        ));
    }
    if generation == 2 {
        text.push_str(&format!(
            "[[older_generations]]\ngeneration = 1\npassword = {PASSWORD:?}\n"
        ));
    }
    let path = scene.at("job.toml");
    fs::write(&path, text).unwrap();
    Job::read(&path).unwrap()
}

fn run(scene: &Scene, job: &Job) -> RunReport {
    scene.later(60);
    let surroundings = scene.surroundings();
    let create = WhenAbsent::Create;
    let opened = Generation::open(job, job.generation, create, &surroundings, &[]);
    let request = scene.request(RunKind::Incremental);
    opened.unwrap().repository.run(request).unwrap()
}

fn open(scene: &Scene, job: &Job) -> Generations {
    Generations::open(job, &scene.surroundings()).unwrap()
}

fn progress() -> Arc<dyn ProgressSink> {
    Arc::new(NoProgress)
}

fn prune(scene: &Scene, job: &Job, remove: &[&str]) -> PruneReport {
    let remove: Vec<String> = remove.iter().map(|id| (*id).to_owned()).collect();
    open(scene, job).prune(&remove, &progress()).unwrap()
}

/// Two snapshots in the first generation and one in the second.
fn three(scene: &Scene, destinations: &[&str]) -> (Job, [String; 3]) {
    furnish(scene);
    let first = job(scene, 1, destinations);
    let one = run(scene, &first).snapshot;
    scene.write("later", "in the second snapshot");
    let two = run(scene, &first).snapshot;
    let second = job(scene, 2, destinations);
    scene.write("latest", "in the third snapshot");
    let three = run(scene, &second).snapshot;
    (second, [one, two, three])
}

#[test]
fn a_new_generation_has_another_master_key_and_the_old_snapshots_stay() {
    let scene = Scene::new();
    let (job, ids) = three(&scene, &["disk"]);
    let mut generations = open(&scene, &job);
    let listed = generations.snapshots().unwrap();
    let listed: Vec<_> = listed
        .iter()
        .map(|one| (one.generation, one.snapshot.id.as_str()))
        .collect();
    assert_eq!(listed, [(2, &*ids[2]), (1, &*ids[1]), (1, &*ids[0])]);
    let key = |place: &str, password: &str| {
        let output = scene.restic_with(place, password, &["cat", "masterkey"]);
        assert!(output.status.success(), "{output:?}");
        output.stdout
    };
    let second = key("disk/generation-2", SECOND);
    assert_ne!(key("disk", PASSWORD), second);
    assert!(!scene.opens("disk/generation-2", PASSWORD));
    assert!(!scene.opens("disk", SECOND));
    for (place, password) in [("disk", PASSWORD), ("disk/generation-2", SECOND)] {
        let output = scene.restic_with(place, password, &["check", "--read-data"]);
        assert!(output.status.success(), "{output:?}");
    }
    let request = VerificationRequest {
        depth: VerificationDepth::Full,
        seed: 0,
        progress: progress(),
    };
    let found = generations.verify(None, &request).unwrap();
    let found: Vec<_> = found
        .iter()
        .map(|one| (one.generation, one.report.snapshots, one.report.damages))
        .collect();
    assert_eq!(found, [(2, 1, 0), (1, 2, 0)]);
    assert_eq!(generations.verify(Some(1), &request).unwrap().len(), 1);
    let absent = generations.verify(Some(3), &request).unwrap_err();
    assert_eq!(absent.code(), ErrorCode::NoRepository);
}

#[test]
fn snapshots_are_found_by_name_time_and_age_over_all_generations() {
    let scene = Scene::new();
    let (job, ids) = three(&scene, &["disk"]);
    let mut generations = open(&scene, &job);
    let books = || "books".to_owned();
    let second = generations.snapshots().unwrap()[1].snapshot.time;
    for (number, (choice, expected)) in [
        (SnapshotChoice::Id(ids[0][..8].to_owned()), &ids[0]),
        (SnapshotChoice::Latest { job: books() }, &ids[2]),
        (
            SnapshotChoice::At {
                job: books(),
                instant: second,
            },
            &ids[1],
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let target = scene.at(&format!("target-{number}"));
        let report = generations.restore(RestoreRequest {
            snapshot: choice,
            selection: Selection::default(),
            target: Some(target),
            existing: Existing::Keep,
            progress: progress(),
        });
        assert_eq!(report.unwrap().snapshot, *expected);
    }
    let restored = scene.at("target-1");
    let restored = restored.join(scene.source().strip_prefix("/").unwrap());
    assert_same(&scene.source(), &restored);
    let tested = generations.test_restore(TestRestoreRequest {
        snapshot: SnapshotChoice::Id(ids[0].clone()),
        sandbox: scene.folder.path().to_owned(),
        progress: progress(),
    });
    assert_eq!(tested.unwrap().outcome, TestRestoreOutcome::Passed);
}

#[test]
fn an_older_generation_goes_with_its_last_snapshot_and_the_new_one_stays_whole() {
    let scene = Scene::new();
    let (job, ids) = three(&scene, &["one", "two"]);
    let report = prune(&scene, &job, &[&ids[0]]);
    assert_eq!((report.removed_snapshots, report.kept_snapshots), (1, 2));
    assert!(report.deleted_generations.is_empty());
    let before = files(&scene.at("one/generation-2"));
    let forecast = open(&scene, &job).forecast(&ids[1..2]).unwrap();
    assert_eq!(forecast.deleted_generations, [1]);
    let report = prune(&scene, &job, &[&ids[1]]);
    assert_eq!((report.removed_snapshots, report.kept_snapshots), (1, 1));
    assert_eq!(report.freed_bytes, forecast.freed_bytes);
    let gone = &report.deleted_generations[0];
    assert_eq!((gone.generation, gone.waiting.len()), (1, 0));
    assert_eq!(files(&scene.at("one/generation-2")), before);
    for place in ["one", "two"] {
        let left = files(&scene.at(place)).into_keys();
        let left: Vec<String> = left
            .filter(|name| !name.starts_with("generation-2/"))
            .collect();
        assert_eq!(left, Vec::<String>::new(), "{place}");
    }
    // The entry may stand in the job for as long as anybody likes, and may go.
    assert_eq!(open(&scene, &job).snapshots().unwrap().len(), 1);
    run(&scene, &job);
    let again = prune(&scene, &job, &[]);
    assert_eq!(again.deleted_generations[0].freed_bytes, 0);
    let restic = scene.restic_with("two/generation-2", SECOND, &["check", "--read-data"]);
    assert!(restic.status.success(), "{restic:?}");
}

#[test]
fn the_last_snapshot_of_all_generations_stays_wherever_it_is() {
    let scene = Scene::new();
    furnish(&scene);
    let first = job(&scene, 1, &["disk"]);
    let only = run(&scene, &first).snapshot;
    // The new generation has none yet.
    let second = job(&scene, 2, &["disk"]);
    let refused = open(&scene, &second).prune(std::slice::from_ref(&only), &progress());
    assert_eq!(refused.unwrap_err().code(), ErrorCode::LastSnapshot);
    let newest = run(&scene, &second).snapshot;
    let all = [only.clone(), newest.clone()];
    let refused = open(&scene, &second).prune(&all, &progress());
    assert_eq!(refused.unwrap_err().code(), ErrorCode::LastSnapshot);
    // The current generation may lose its last while an older one has one, and is not deleted.
    let report = prune(&scene, &second, &[&newest]);
    assert!(report.deleted_generations.is_empty());
    assert_eq!(report.kept_snapshots, 1);
    run(&scene, &second);
}

#[test]
fn a_destination_that_was_away_loses_the_older_generation_later() {
    let scene = Scene::new();
    let (job, ids) = three(&scene, &["one", "two"]);
    take_away(&scene, "two");
    let report = prune(&scene, &job, &[&ids[0], &ids[1]]);
    assert_eq!(report.deleted_generations[0].waiting, ["two"]);
    let report = prune(&scene, &job, &[]);
    assert_eq!(report.deleted_generations[0].waiting, ["two"]);
    bring_back(&scene, "two");
    assert!(scene.at("two/config").exists());
    let report = prune(&scene, &job, &[]);
    let gone = &report.deleted_generations[0];
    assert!(gone.waiting.is_empty() && gone.freed_bytes > 0, "{gone:?}");
    assert!(!scene.at("two/config").exists());
    assert_eq!(files(&scene.at("two/keys")).len(), 0);
    assert_eq!(files(&scene.at("one")), files(&scene.at("two")));
}

#[test]
fn a_deletion_that_was_cut_off_is_gone_on_with() {
    let scene = Scene::new();
    let (job, ids) = three(&scene, &["one", "two"]);
    let packs = scene.at("kept-packs");
    let copied = std::process::Command::new("cp")
        .args(["-a"])
        .arg(scene.at("two/data"))
        .arg(&packs)
        .status();
    assert!(copied.unwrap().success());
    let config = fs::read(scene.at("two/config")).unwrap();
    take_away(&scene, "two");
    prune(&scene, &job, &[&ids[0], &ids[1]]);
    bring_back(&scene, "two");
    // As it is in the middle: snapshots and keys are gone, packs and config are there.
    fs::remove_dir_all(scene.at("two/snapshots")).unwrap();
    fs::remove_dir_all(scene.at("two/keys")).unwrap();
    assert_eq!(fs::read(scene.at("two/config")).unwrap(), config);
    let report = prune(&scene, &job, &[]);
    assert!(report.deleted_generations[0].waiting.is_empty());
    assert!(!scene.at("two/config").exists());
    assert_eq!(files(&scene.at("two/data")).len(), 0);
}

#[test]
fn what_lies_in_the_place_of_a_deleted_generation_is_not_touched() {
    let scene = Scene::new();
    let (job, ids) = three(&scene, &["one", "two"]);
    take_away(&scene, "two");
    prune(&scene, &job, &[&ids[0], &ids[1]]);
    // Another disk is plugged in instead.
    fs::remove_file(scene.at("two")).unwrap();
    fs::create_dir(scene.at("two")).unwrap();
    scene.restic("two", &["init", "--repository-version", "2"]);
    let before = files(&scene.at("two"));
    prune(&scene, &job, &[]);
    let after: Vec<String> = files(&scene.at("two"))
        .into_keys()
        .filter(|name| !name.starts_with("generation-2/"))
        .collect();
    assert_eq!(after, before.into_keys().collect::<Vec<_>>());
}

#[test]
fn a_generation_that_does_not_open_is_named() {
    let scene = Scene::new();
    let (mut job, _) = three(&scene, &["disk"]);
    job.older_generations[0].password = Some(latarnik_backup::destinations::Secret::new("wrong"));
    let error = Generations::open(&job, &scene.surroundings())
        .err()
        .unwrap();
    assert!(
        matches!(error, BackupError::Generation { number: 1, .. }),
        "{error:?}"
    );
    assert_eq!(error.code(), ErrorCode::WrongPassword);
}
