//! Folders that are read elsewhere than where they lie.

use crate::scene::Scene;
use latarnik_backup::{
    Consistency, ErrorCode, Live, LiveReason, Reading, RunKind, RunReport, RunRequest,
    ShadowCopies, ShadowCopyHold, ShadowCopyMaker, ShadowCopyUse, StreamSource,
};
use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
};
use tokio_util::sync::CancellationToken;

/// The copy of every folder lies at one place, or there is none.
#[derive(Clone)]
struct Copies {
    place: Result<PathBuf, Live>,
    ends: Arc<Mutex<Vec<&'static str>>>,
}

impl Copies {
    fn at(place: PathBuf) -> Self {
        Self {
            place: Ok(place),
            ends: Arc::default(),
        }
    }

    fn ends(&self) -> Vec<&'static str> {
        self.ends.lock().unwrap().clone()
    }

    /// A request that is served with these copies.
    fn request(&self, scene: &Scene, kind: RunKind) -> RunRequest {
        let mut request = scene.request(kind);
        request.shadow_copy_maker = Arc::new(self.clone());
        request
    }
}

impl ShadowCopyMaker for Copies {
    fn make(&self, folders: &[&Path], _cancellation: &CancellationToken) -> ShadowCopies {
        ShadowCopies {
            places: vec![self.place.clone(); folders.len()],
            hold: Box::new(self.clone()),
        }
    }
}

impl ShadowCopyHold for Copies {
    fn finish(self: Box<Self>) {
        self.ends.lock().unwrap().push("finished");
    }
}

/// A copy as it was made of the source at this moment.
fn freeze(scene: &Scene) -> PathBuf {
    let frozen = scene.at("frozen");
    let copied = Command::new("cp")
        .arg("--archive")
        .arg(scene.source())
        .arg(&frozen)
        .status()
        .unwrap();
    assert!(copied.success());
    frozen
}

fn run(scene: &Scene, request: RunRequest) -> RunReport {
    scene.later(60);
    scene
        .open(vec![scene.place("disk")])
        .unwrap()
        .run(request)
        .unwrap()
}

/// What restic finds in the newest snapshot below the source.
fn restored(scene: &Scene, name: &str) -> io::Result<String> {
    let target = tempfile::tempdir()?;
    let path = target.path().to_str().unwrap();
    scene.restic("disk", &["restore", "latest", "--target", path]);
    let source = scene.source();
    fs::read_to_string(
        target
            .path()
            .join(source.strip_prefix("/").unwrap())
            .join(name),
    )
}

#[test]
fn what_a_copy_holds_is_backed_up_under_its_true_path() {
    let scene = Scene::new();
    scene.write("ledger", "as it was");
    scene.write("cache/page", "nobody needs it");
    scene.write("letters/draft.tmp", "nor this");
    let copies = Copies::at(freeze(&scene));
    scene.write("ledger", "changed meanwhile");
    scene.write("new", "came later");
    let mut request = copies.request(&scene, RunKind::Full);
    request.folders[0].exclude = vec!["/cache".to_owned(), "*.tmp".to_owned()];
    request.folders[0].one_file_system = true;
    let report = run(&scene, request);
    assert_eq!(report.files, 1);
    assert_eq!(report.consistency, Consistency::CrashConsistent);
    assert_eq!(report.sources[0].path, scene.source());
    assert_eq!(report.sources[0].reading, Reading::ShadowCopy);
    assert_eq!(restored(&scene, "ledger").unwrap(), "as it was");
    assert!(restored(&scene, "new").is_err());
    assert_eq!(copies.ends(), ["finished"]);
}

#[test]
fn a_run_after_one_from_a_copy_reads_only_what_changed() {
    let scene = Scene::new();
    scene.write("ledger", "the same");
    scene.write("letter", "the first version");
    // The same files behind another path, as a copy has them.
    symlink(scene.folder.path(), scene.at("copy")).unwrap();
    let copies = Copies::at(scene.at("copy/source"));
    let full = run(&scene, copies.request(&scene, RunKind::Full));
    assert_eq!((full.new_files, full.changed_files), (2, 0));
    scene.write("letter", "a longer second version");
    let live = run(&scene, scene.request(RunKind::Incremental));
    assert_eq!((live.new_files, live.changed_files), (0, 1));
    assert_eq!(live.consistency, Consistency::NotCrashConsistent);
    let again = run(&scene, copies.request(&scene, RunKind::Incremental));
    assert_eq!((again.new_files, again.changed_files), (0, 0));
    assert_eq!(again.added_bytes, 0);
}

#[test]
fn a_copy_is_released_without_a_good_end_when_the_run_fails() {
    let scene = Scene::new();
    scene.write("ledger", "there");
    let copies = Copies::at(freeze(&scene));
    let mut request = copies.request(&scene, RunKind::Full);
    request.streams.push(StreamSource {
        path: PathBuf::from("/databases/broken"),
        open: Box::new(|| Err(io::Error::other("no database"))),
    });
    let failed = scene.open(vec![scene.place("disk")]).unwrap().run(request);
    assert_eq!(failed.unwrap_err().code(), ErrorCode::DumpFailed);
    assert!(copies.ends().is_empty());
    assert_eq!(
        Arc::strong_count(&copies.ends),
        1,
        "somebody still holds it"
    );
}

#[test]
fn a_run_that_requires_a_copy_leaves_no_snapshot_without_one() {
    let scene = Scene::new();
    scene.write("ledger", "there");
    let copies = Copies {
        place: Err(Live::from(LiveReason::InsufficientStorage)),
        ends: Arc::default(),
    };
    let mut request = copies.request(&scene, RunKind::Full);
    request.shadow_copies = ShadowCopyUse::Required;
    let mut repository = scene.open(vec![scene.place("disk")]).unwrap();
    let failed = repository.run(request).unwrap_err();
    assert_eq!(failed.code(), ErrorCode::NoShadowCopy);
    assert!(failed.to_string().contains("make room"), "{failed}");
    assert!(repository.snapshots().unwrap().is_empty());
}
