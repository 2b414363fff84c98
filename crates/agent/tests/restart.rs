//! `latarnik-agent restart`: the program asks an agent, on a machine that is a folder.
#![expect(
    clippy::unwrap_used,
    reason = "a story that cannot be set up should fail at once"
)]

use jiff::{SignedDuration, Timestamp};
use latarnik_agent_core::{Choice, Creator, Notice, People, Postponement, Withdrawal};
use latarnik_model::Clock;
use latarnik_platform::Machine;
use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::Path,
    process::{Command, Output},
    sync::Arc,
    time::{Duration, Instant},
};
use tempfile::TempDir;

struct Fixed(Timestamp);
impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// An agent's people, and the program that asks it.
struct Scene {
    folder: TempDir,
    people: Arc<dyn People>,
    notice: Notice,
}

impl Scene {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        sign_in(folder.path());
        let now = "2026-11-26T14:20:00Z".parse().unwrap();
        let machine = Machine::in_folder(folder.path().to_owned());
        Self {
            people: machine.people(Arc::new(Fixed(now))),
            folder,
            notice: Notice {
                until: now + SignedDuration::from_mins(15),
                postponement: Some(Postponement {
                    minutes: 30,
                    left: 1,
                }),
                may_restart_now: false,
                created_by: Some(Creator::User {
                    name: "Anna Nowak".to_owned(),
                }),
            },
        }
    }

    fn run(&self, language: &str, word: &str) -> (Option<i32>, String) {
        run(self.folder.path(), language, word)
    }
}

fn run(folder: &Path, language: &str, word: &str) -> (Option<i32>, String) {
    let Output { status, stdout, .. } = Command::new(env!("CARGO_BIN_EXE_latarnik-agent"))
        .args(["restart", word, "--machine-folder"])
        .arg(folder)
        .env_remove("LC_ALL")
        .env_remove("LC_MESSAGES")
        .env("LANG", language)
        .output()
        .unwrap();
    (status.code(), String::from_utf8(stdout).unwrap())
}

/// Whoever runs the tests has a terminal there.
fn sign_in(folder: &Path) {
    let uid = fs::metadata(folder).unwrap().uid();
    let sessions = folder.join("run/systemd/sessions");
    fs::create_dir_all(&sessions).unwrap();
    let session = format!(
        "UID={uid}\nUSER=anna\nCLASS=user\nTYPE=tty\nTTY=pts/0\nSTATE=active\nSCOPE=x\nLEADER=1\n"
    );
    fs::write(sessions.join("1"), session).unwrap();
}

#[test]
fn a_person_asks_and_answers_in_their_own_language() {
    let scene = Scene::open();
    assert_eq!(
        scene.run("pl_PL.UTF-8", "status"),
        (
            Some(7),
            "Żadne ponowne uruchomienie nie jest teraz odliczane.\n".to_owned()
        )
    );
    scene.people.show(&scene.notice, &[]);
    let (code, said) = scene.run("en_GB.UTF-8", "status");
    assert_eq!(code, Some(0));
    for part in [
        "It restarts in ",
        "Asked for by Anna Nowak.",
        "Postpone by 30 min (1 left): latarnik-agent restart postpone",
    ] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    let (code, said) = scene.run("pl_PL.UTF-8", "now");
    assert_eq!(code, Some(8), "{said}");
    assert!(said.contains("inne osoby"), "{said}");
    assert!(scene.people.answers().is_empty());
}

#[test]
fn a_postponement_is_told_once_it_is_granted() {
    let scene = Scene::open();
    scene.people.show(&scene.notice, &[]);
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| scene.run("C", "postpone"));
        let deadline = Instant::now() + Duration::from_secs(20);
        let answer = loop {
            if let Some(answer) = scene.people.answers().pop() {
                break answer;
            }
            assert!(Instant::now() < deadline, "no answer came");
            std::thread::yield_now();
        };
        assert_eq!(answer.choice, Choice::Postpone);
        let later = Notice {
            until: answer.until + SignedDuration::from_mins(30),
            postponement: None,
            ..scene.notice.clone()
        };
        scene.people.show(&later, &[]);
        let (code, said) = asked.join().unwrap();
        assert_eq!(code, Some(0), "{said}");
        assert!(
            said.starts_with("The restart has been postponed.\n"),
            "{said}"
        );
        assert!(said.contains("The restart cannot be postponed."), "{said}");
    });
    let (code, _) = scene.run("C", "postpone");
    assert_eq!(code, Some(8), "none is left");
    scene.people.withdraw(Withdrawal::CalledOff);
    assert_eq!(scene.run("C", "postpone").0, Some(7));
}

#[test]
fn an_agent_that_does_not_run_does_not_answer() {
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = run(folder.path(), "C", "status");
    assert_eq!(code, Some(1));
    assert!(said.contains("does not answer"), "{said}");
}
