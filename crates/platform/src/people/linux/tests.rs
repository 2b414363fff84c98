use super::*;
use crate::people::{Inquiry, Reply, desk::Desk};
use jiff::SignedDuration;
use latarnik_agent_core::{People, Postponement, Withdrawal};
use std::{
    fs,
    time::{Duration, Instant},
};

struct Fixed(Timestamp);
impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// The tests' own account: the agent listens to whoever is signed in, and to root.
fn uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// A machine in a folder, on which nobody is signed in.
struct Machine {
    folder: tempfile::TempDir,
    people: Desk<Screens>,
    now: Timestamp,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for path in ["run/systemd/sessions", "dev/pts", "etc/default"] {
            fs::create_dir_all(folder.path().join(path)).unwrap();
        }
        let now = "2026-11-26T14:20:00Z".parse().unwrap();
        let people = Desk::new(Screens::open(Some(folder.path())), Arc::new(Fixed(now)))
            .with_line(Some(folder.path()));
        Self {
            folder,
            people,
            now,
        }
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.folder.path().join(path)).unwrap_or_default()
    }

    fn session(&self, id: &str, user: &str, more: &str) {
        let text = format!(
            "# This is private data. Do not parse.\nUID={}\nUSER={user}\nACTIVE=1\n\
             STATE=active\nCLASS=user\nSCOPE=session-{id}.scope\nLEADER=4711\n{more}\n",
            uid()
        );
        self.write(&format!("run/systemd/sessions/{id}"), &text);
    }

    fn terminal(&self, id: &str, user: &str, terminal: &str) {
        self.write(&format!("dev/{terminal}"), "");
        self.session(id, user, &format!("TYPE=tty\nTTY={terminal}"));
    }

    fn speaks(&self, id: &str, environment: &str) {
        let slice = format!("user-{}.slice", uid());
        let path = format!("sys/fs/cgroup/user.slice/{slice}/session-{id}.scope");
        self.write(&format!("{path}/cgroup.procs"), &format!("9{id}\n"));
        self.write(&format!("proc/9{id}/environ"), environment);
    }

    fn notice(&self, postponement: Option<Postponement>) -> Notice {
        Notice {
            until: self.now + SignedDuration::from_mins(15),
            postponement,
            may_restart_now: postponement.is_some(),
            created_by: None,
        }
    }

    fn show(&self, notice: &Notice) {
        let sessions = self.people.sessions().unwrap();
        self.people.show(notice, &sessions);
    }
}

/// Waits for the threads that show notices.
fn until<T>(look: impl Fn() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "it did not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

const TWO: Option<Postponement> = Some(Postponement {
    minutes: 15,
    left: 2,
});

#[test]
fn people_are_those_with_a_terminal_or_a_desktop() {
    let machine = Machine::new();
    machine.terminal("3", "anna", "pts/0");
    machine.session("c1", "jan", "TYPE=wayland\nTTY=tty2");
    machine.session("5", "backup", "TYPE=tty\nREMOTE=1");
    machine.session("6", "gone", "TYPE=tty\nTTY=pts/9\nSTATE=closing");
    machine.write(
        "run/systemd/sessions/c2",
        "UID=112\nUSER=gdm\nCLASS=greeter\nTYPE=wayland\nSTATE=active\n",
    );
    machine.write("run/systemd/sessions/3.ref", "");
    // The first STATE counts.
    let closing = machine
        .read("run/systemd/sessions/6")
        .replace("STATE=active\n", "");
    machine.write("run/systemd/sessions/6", &closing);
    let users: Vec<_> = machine
        .people
        .sessions()
        .unwrap()
        .into_iter()
        .map(|s| s.user)
        .collect();
    assert_eq!(users, ["anna", "jan"]);
}

#[test]
fn a_machine_without_logind_does_not_tell() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(Fixed(Timestamp::UNIX_EPOCH));
    let people = Desk::new(Screens::open(Some(folder.path())), clock);
    assert!(people.sessions().is_err());
}

#[test]
fn each_terminal_reads_the_notice_once_in_its_own_language() {
    let machine = Machine::new();
    machine.terminal("1", "anna", "pts/0");
    machine.speaks("1", "HOME=/home/anna\0LANG=pl_PL.UTF-8\0");
    machine.terminal("2", "john", "pts/1");
    machine.speaks("2", "LANG=pl_PL.UTF-8\0LC_ALL=en_GB.UTF-8\0");
    let notice = machine.notice(None);
    machine.show(&notice);
    machine.show(&notice);
    let polish = until(|| Some(machine.read("dev/pts/0")).filter(|text| !text.is_empty()));
    assert!(
        polish.contains("Ponowne uruchomienie za 15 min 00 s"),
        "{polish}"
    );
    let english = until(|| Some(machine.read("dev/pts/1")).filter(|text| !text.is_empty()));
    assert!(english.contains("It restarts in 15 min 00 s"), "{english}");
    assert_eq!(english.matches("restarts in").count(), 1);
    machine.people.withdraw(Withdrawal::CalledOff);
    assert!(machine.read("dev/pts/0").contains("odwołane"));
    assert!(machine.read("dev/pts/1").contains("called off"));
}

#[test]
fn a_terminal_names_the_commands_that_answer() {
    let machine = Machine::new();
    machine.terminal("1", "anna", "pts/0");
    machine.show(&machine.notice(TWO));
    let text = until(|| Some(machine.read("dev/pts/0")).filter(|text| !text.is_empty()));
    for command in [
        "Postpone by 15 min (2 left): latarnik-agent restart postpone\r\n",
        "Restart now: latarnik-agent restart now\r\n",
    ] {
        assert!(text.contains(command), "{command} is not in {text}");
    }
}

#[test]
fn a_command_answers_the_notice_that_stands() {
    let machine = Machine::new();
    machine.terminal("1", "anna", "pts/0");
    let ask = |inquiry| crate::people::ask(Some(machine.folder.path()), inquiry).unwrap();
    assert_eq!(ask(Inquiry::Status), Reply::Nothing);
    let notice = machine.notice(TWO);
    machine.show(&notice);
    let stands = Reply::Counting {
        notice: notice.clone(),
    };
    assert_eq!(ask(Inquiry::Status), stands);
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| ask(Inquiry::Postpone));
        let answer = until(|| machine.people.answers().pop());
        assert_eq!(
            (answer.until, answer.choice),
            (notice.until, Choice::Postpone)
        );
        let later = Notice {
            until: notice.until + SignedDuration::from_mins(15),
            ..notice.clone()
        };
        machine.show(&later);
        assert_eq!(asked.join().unwrap(), Reply::Counting { notice: later });
    });
    machine.people.withdraw(Withdrawal::CalledOff);
    assert_eq!(ask(Inquiry::Postpone), Reply::Nothing);
}

#[test]
fn only_the_accounts_of_people_who_are_signed_in_are_listened_to() {
    let machine = Machine::new();
    machine.terminal("3", "anna", "pts/0");
    machine.write(
        "run/systemd/sessions/5",
        "UID=34\nUSER=backup\nCLASS=user\nTYPE=tty\nREMOTE=1\nSTATE=active\n",
    );
    let root = machine.folder.path();
    assert!(is_signed_in(root, uid()));
    assert!(!is_signed_in(root, 34), "an automation has no terminal");
    assert!(!is_signed_in(root, uid() + 1));
    let other = tempfile::tempdir().unwrap();
    assert!(
        !is_signed_in(other.path(), uid()),
        "who is there is not known"
    );
}

#[test]
fn a_line_that_is_taken_is_not_taken_over_and_a_dead_one_is() {
    let machine = Machine::new();
    machine.show(&machine.notice(TWO));
    let folder = machine.folder.path().to_owned();
    let open = || {
        let clock = Arc::new(Fixed(machine.now));
        Desk::new(Screens::open(Some(&folder)), clock).with_line(Some(&folder))
    };
    let second = open();
    drop(second);
    let ask = || crate::people::ask(Some(&folder), Inquiry::Status);
    let notice = machine.notice(TWO);
    assert_eq!(ask().unwrap(), Reply::Counting { notice });
    let Machine {
        people,
        folder: kept,
        ..
    } = machine;
    drop(people);
    until(|| ask().is_err().then_some(()));
    let third = open();
    assert_eq!(ask().unwrap(), Reply::Nothing);
    drop((third, kept));
}

#[test]
fn who_says_nothing_of_a_language_has_the_machines() {
    let machine = Machine::new();
    machine.write("etc/default/locale", "LANG=\"pl_PL.UTF-8\"\n");
    machine.terminal("1", "anna", "pts/0");
    machine.show(&machine.notice(None));
    until(|| machine.read("dev/pts/0").contains("Zapisz").then_some(()));
}

#[test]
fn a_desktop_is_asked_on_its_persons_bus_and_answers() {
    let machine = Machine::new();
    machine.session("c1", "jan", "TYPE=x11");
    machine.write(
        "var/lib/AccountsService/users/jan",
        "[User]\nLanguage=pl_PL.UTF-8\n",
    );
    machine.write("answer", "postpone\n");
    let notice = machine.notice(TWO);
    machine.show(&notice);
    let answers = until(|| Some(machine.people.answers()).filter(|answers| !answers.is_empty()));
    let [answer] = answers[..] else {
        panic!("{answers:?}")
    };
    assert_eq!(
        (answer.until, answer.choice),
        (notice.until, Choice::Postpone)
    );
    let noted = machine.read("notices");
    for part in [
        "runuser -u jan -- notify-send",
        "--urgency=critical",
        "--action=postpone=Odłóż o 15 min (pozostało: 2)",
        "--action=now=Uruchom ponownie teraz",
    ] {
        assert!(noted.contains(part), "{part} is not in {noted}");
    }
}

#[test]
fn a_desktop_has_no_buttons_for_what_its_person_may_not() {
    let machine = Machine::new();
    machine.session("c1", "jan", "TYPE=x11");
    machine.show(&machine.notice(None));
    let noted = until(|| Some(machine.read("notices")).filter(|text| text.ends_with('\n')));
    assert!(!noted.contains("--action"), "{noted}");
    machine.people.withdraw(Withdrawal::CalledOff);
    let noted = until(|| Some(machine.read("notices")).filter(|text| text.contains("called off")));
    assert!(
        noted.contains("--replace-id=7"),
        "one notice takes the place of another: {noted}"
    );
}

#[test]
fn an_answer_that_comes_after_the_withdrawal_is_forgotten() {
    let machine = Machine::new();
    machine.session("c1", "jan", "TYPE=x11");
    machine.show(&machine.notice(TWO));
    until(|| Some(machine.read("notices")).filter(|text| !text.is_empty()));
    machine.people.withdraw(Withdrawal::Quietly);
    machine.write("answer", "now\n");
    assert_eq!(machine.people.answers(), []);
}
