//! What the system keeps of files beside what every system knows. Only Windows does, so that a
//! double stands in for it; `latarnik-platform` has the real thing.

use crate::scene::Scene;
use latarnik_backup::{
    FindingKind, NoProgress, OperatingSystem, Repository, RestoreRequest, RunKind, RunReport,
    Selection, SnapshotChoice, Surroundings, SystemMetadata, TestRestoreOutcome,
    TestRestoreRequest,
};
use std::{
    collections::BTreeMap,
    fs, io,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

/// Descriptors that follow from names, and a memory of what was given to whom.
#[derive(Debug, Default)]
struct Windows {
    generation: AtomicU32,
    refuses: AtomicBool,
    given: Mutex<BTreeMap<String, SystemMetadata>>,
}

impl Windows {
    /// Few descriptors for many files, and none for some.
    fn of(&self, name: &str) -> SystemMetadata {
        let kind = name.len() % 3;
        let descriptor = format!("{kind} of {}", self.generation.load(Ordering::SeqCst));
        SystemMetadata {
            attributes: 0x20 + name.len() as u32,
            descriptor: (kind > 0).then(|| descriptor.as_bytes().into()),
        }
    }

    fn given(&self) -> BTreeMap<String, SystemMetadata> {
        std::mem::take(&mut *self.given.lock().unwrap())
    }
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap().to_str().unwrap();
    name.trim_end_matches(".latarnik-restoring").to_owned()
}

impl OperatingSystem for Windows {
    fn is_gone(&self, _process: u32) -> bool {
        false
    }

    fn metadata(&self, path: &Path) -> io::Result<Option<SystemMetadata>> {
        Ok(Some(self.of(&name(path))))
    }

    fn set_metadata(&self, path: &Path, metadata: &SystemMetadata) -> io::Result<()> {
        if self.refuses.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let mut given = self.given.lock().unwrap();
        let before = given.insert(name(path), metadata.clone());
        assert_eq!(before, None, "{}", path.display());
        Ok(())
    }
}

struct Machine {
    scene: Scene,
    system: Arc<Windows>,
}

impl Machine {
    /// Names that the order of the walk and that of plain texts tell apart.
    const FILES: [&str; 6] = ["a", "a-b/c", "a.d/ee", "f/g/hhh", "f/ij", "zażółć"];

    fn new() -> Self {
        let scene = Scene::new();
        for name in Self::FILES {
            scene.write(name, name);
        }
        fs::create_dir(scene.source().join("no-files")).unwrap();
        Self {
            scene,
            system: Arc::default(),
        }
    }

    fn open(&self) -> Repository {
        let surroundings = Surroundings {
            system: Arc::<Windows>::clone(&self.system),
            ..self.scene.surroundings()
        };
        let place = self.scene.place("disk");
        self.scene.open_in(vec![place], surroundings).unwrap()
    }

    fn run(&self, kind: RunKind) -> RunReport {
        self.scene.later(60);
        self.open().run(self.scene.request(kind)).unwrap()
    }

    fn restore(&self, snapshot: &str, paths: &[&str], target: &str) -> Vec<FindingKind> {
        let mut request = RestoreRequest::latest("books", self.scene.at(target));
        request.snapshot = SnapshotChoice::Id(snapshot.to_owned());
        let source = self.scene.source();
        request.selection = Selection {
            paths: paths.iter().map(|path| source.join(path)).collect(),
            patterns: Vec::new(),
        };
        let report = self.open().restore(&request).unwrap();
        let findings = report.named_findings.into_iter();
        findings.map(|finding| finding.kind).collect()
    }

    /// What each of these should have been given.
    fn expected(&self, names: &[&str]) -> BTreeMap<String, SystemMetadata> {
        let names = names
            .iter()
            .map(|&name| (name.to_owned(), self.system.of(name)));
        names.collect()
    }
}

const ALL: [&str; 12] = [
    "source",
    "a",
    "a-b",
    "c",
    "a.d",
    "ee",
    "f",
    "g",
    "hhh",
    "ij",
    "no-files",
    "zażółć",
];

#[test]
fn files_and_folders_get_back_what_they_had() {
    let machine = Machine::new();
    let run = machine.run(RunKind::Full);
    assert_eq!(machine.restore(&run.snapshot, &[], "target"), []);
    assert_eq!(machine.system.given(), machine.expected(&ALL));
}

#[test]
fn what_is_selected_gets_its_own() {
    let machine = Machine::new();
    let run = machine.run(RunKind::Full);
    machine.restore(&run.snapshot, &["f/ij", "a.d"], "target");
    let expected = machine.expected(&["source", "a.d", "ee", "f", "ij"]);
    assert_eq!(machine.system.given(), expected);
}

#[test]
fn two_snapshots_of_one_tree_differ_in_who_may_use_it() {
    let machine = Machine::new();
    let first = machine.run(RunKind::Full);
    let before = machine.expected(&ALL);
    machine.system.generation.store(1, Ordering::SeqCst);
    let second = machine.run(RunKind::Incremental);
    assert_eq!(second.changed_files, 0);
    machine.restore(&first.snapshot, &[], "first");
    assert_eq!(machine.system.given(), before);
    machine.restore(&second.snapshot, &[], "second");
    assert_eq!(machine.system.given(), machine.expected(&ALL));
}

#[test]
fn what_the_system_refuses_is_told_and_the_content_is_there() {
    let machine = Machine::new();
    let run = machine.run(RunKind::Full);
    machine.system.refuses.store(true, Ordering::SeqCst);
    let findings = machine.restore(&run.snapshot, &["a"], "target");
    assert_eq!(findings, [FindingKind::Incomplete; 2]);
    let source = machine.scene.source();
    let restored = machine
        .scene
        .at("target")
        .join(source.strip_prefix("/").unwrap());
    assert_eq!(fs::read_to_string(restored.join("a")).unwrap(), "a");
}

#[test]
fn a_test_restore_locks_nobody_out_of_its_sandbox() {
    let machine = Machine::new();
    let run = machine.run(RunKind::Full);
    let request = TestRestoreRequest {
        snapshot: SnapshotChoice::Id(run.snapshot),
        sandbox: machine.scene.folder.path().to_owned(),
        progress: Arc::new(NoProgress),
    };
    let report = machine.open().test_restore(&request).unwrap();
    assert_eq!(report.outcome, TestRestoreOutcome::Passed);
    assert_eq!(machine.system.given(), BTreeMap::new());
}

#[test]
fn what_no_snapshot_needs_is_deleted() {
    let machine = Machine::new();
    let first = machine.run(RunKind::Full);
    machine.scene.write("later", "later");
    let second = machine.run(RunKind::Incremental);
    let kept = || {
        fs::read_dir(machine.scene.at("disk/manifests"))
            .unwrap()
            .count()
    };
    assert_eq!(kept(), 4);
    let progress = Arc::new(NoProgress);
    machine.open().prune(&[first.snapshot], progress).unwrap();
    assert_eq!(kept(), 2);
    machine.restore(&second.snapshot, &["later"], "target");
    let expected = machine.expected(&["source", "later"]);
    assert_eq!(machine.system.given(), expected);
}

#[test]
fn a_destination_that_was_away_gets_it_too() {
    let machine = Machine::new();
    let run = machine.run(RunKind::Full);
    let surroundings = || Surroundings {
        system: Arc::<Windows>::clone(&machine.system),
        ..machine.scene.surroundings()
    };
    let places = |names: &[&str]| names.iter().map(|name| machine.scene.place(name)).collect();
    let mut both = machine
        .scene
        .open_in(places(&["disk", "second"]), surroundings())
        .unwrap();
    machine.scene.later(60);
    both.run(machine.scene.request(RunKind::Incremental))
        .unwrap();
    drop(both);
    let mut request = RestoreRequest::latest("books", machine.scene.at("target"));
    request.snapshot = SnapshotChoice::Id(run.snapshot);
    let mut second = machine
        .scene
        .open_in(places(&["second"]), surroundings())
        .unwrap();
    second.restore(&request).unwrap();
    assert_eq!(machine.system.given(), machine.expected(&ALL));
}
