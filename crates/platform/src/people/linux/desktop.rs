//! Notices on desktops: `notify-send`, as the person and on their bus.

use super::logind::Seat;
use crate::{
    people::{desk::Asking, words::Words},
    process::{Error, Finished, Program, Stream},
};
use latarnik_agent_core::{CancelSignal, Choice, OutputExcerpt};
use std::{
    collections::HashMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

const POSTPONE: &str = "postpone";
const RESTART_NOW: &str = "now";
/// How long a notice may take that nobody answers.
const PLAIN: Duration = Duration::from_secs(10);

/// The desktops of a machine.
pub(super) struct Desktop {
    messenger: Box<dyn Messenger>,
    /// The notification that each session shows, so that the next one takes its place.
    shown: Mutex<HashMap<String, String>>,
}

/// Runs the program that shows a notice; what tests put something else in place of.
trait Messenger: Send + Sync {
    fn run(
        &self,
        program: &Program,
        on_line: &mut dyn FnMut(&str),
        cancel: &CancelSignal,
    ) -> Result<Finished, Error>;
}

impl Desktop {
    pub(super) fn open(folder: Option<&Path>) -> Self {
        let messenger: Box<dyn Messenger> = match folder {
            None => Box::new(Bus),
            Some(folder) => Box::new(Notebook(folder.to_owned())),
        };
        Self {
            messenger,
            shown: Mutex::default(),
        }
    }

    pub(super) fn ask(
        &self,
        seat: &Seat,
        words: Words,
        asking: &Asking<'_>,
        remaining: &str,
    ) -> Option<Choice> {
        let longest = asking.longest();
        let text = format!("{remaining}\n{}", words.advice());
        let plain = self
            .notification(seat, "critical", longest)
            .timeout(longest.max(Duration::from_secs(1)));
        let mut actions = Vec::new();
        if let Some(postponement) = asking.notice.postponement {
            actions.push(format!(
                "--action={POSTPONE}={}",
                words.postpone(postponement)
            ));
        }
        if asking.notice.may_restart_now {
            actions.push(format!("--action={RESTART_NOW}={}", words.restart_now()));
        }
        let texts = [words.title(), text.as_str()];
        let with_actions = plain.clone().args(&actions).args(texts);
        match self.send(seat, &with_actions, asking.cancel) {
            Sent::Answered(choice) => return Some(choice),
            Sent::Unanswered => {}
            // An older notify-send knows no actions: better a notice without than none.
            Sent::Refused if actions.is_empty() => {}
            Sent::Refused => {
                let plain = plain.timeout(PLAIN).args(texts);
                self.send(seat, &plain, asking.cancel);
            }
        }
        None
    }

    pub(super) fn say(&self, seat: &Seat, text: &str) {
        let program = self
            .notification(seat, "normal", PLAIN)
            .timeout(PLAIN)
            .arg(text);
        self.send(seat, &program, &CancelSignal::default());
    }

    fn notification(&self, seat: &Seat, urgency: &str, expires: Duration) -> Program {
        let bus = format!("unix:path=/run/user/{}/bus", seat.uid);
        let program = Program::new("runuser")
            .args(["-u", &seat.user, "--", "notify-send"])
            .args(["--app-name=Latarnik", "--icon=system-reboot", "--print-id"])
            .arg(format!("--urgency={urgency}"))
            .arg(format!("--expire-time={}", expires.as_millis()))
            .env("DBUS_SESSION_BUS_ADDRESS", bus)
            .env("XDG_RUNTIME_DIR", format!("/run/user/{}", seat.uid));
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        match shown.get(&seat.id) {
            Some(id) => program.arg(format!("--replace-id={id}")),
            None => program,
        }
    }

    fn send(&self, seat: &Seat, program: &Program, cancel: &CancelSignal) -> Sent {
        let mut choice = None;
        let mut on_line = |line: &str| match line.trim() {
            POSTPONE => choice = Some(Choice::Postpone),
            RESTART_NOW => choice = Some(Choice::RestartNow),
            id if !id.is_empty() && id.chars().all(|c| c.is_ascii_digit()) => {
                let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
                shown.insert(seat.id.clone(), id.to_owned());
            }
            _ => {}
        };
        let finished = self.messenger.run(program, &mut on_line, cancel);
        match (choice, finished) {
            (Some(choice), _) => Sent::Answered(choice),
            (None, Ok(finished)) if finished.exit_code == Some(0) => Sent::Unanswered,
            (None, Err(Error::TimedOut { .. } | Error::Cancelled { .. })) => Sent::Unanswered,
            (None, finished) => {
                tracing::debug!(user = seat.user, ?finished, "a desktop shows no notice");
                Sent::Refused
            }
        }
    }
}

enum Sent {
    Answered(Choice),
    Unanswered,
    Refused,
}

struct Bus;

impl Messenger for Bus {
    fn run(
        &self,
        program: &Program,
        on_line: &mut dyn FnMut(&str),
        cancel: &CancelSignal,
    ) -> Result<Finished, Error> {
        let mut output = |stream, line: &str| {
            if stream == Stream::Output {
                on_line(line);
            }
        };
        program.run(&mut output, cancel)
    }
}

/// Notes in `notices` what would have been run, and answers once with what the file `answer` says.
struct Notebook(PathBuf);

impl Messenger for Notebook {
    fn run(
        &self,
        program: &Program,
        on_line: &mut dyn FnMut(&str),
        _: &CancelSignal,
    ) -> Result<Finished, Error> {
        let refused = |source| Error::Run {
            program: "notices".to_owned(),
            source,
        };
        fs::File::options()
            .create(true)
            .append(true)
            .open(self.0.join("notices"))
            .and_then(|mut file| {
                let line = program.command_line().replace('\n', " ");
                file.write_all(format!("{line}\n").as_bytes())
            })
            .map_err(refused)?;
        on_line("7");
        let answer = self.0.join("answer");
        if let Ok(text) = fs::read_to_string(&answer) {
            let _ = fs::remove_file(&answer);
            on_line(&text);
        }
        Ok(Finished {
            exit_code: Some(0),
            output: OutputExcerpt::default(),
        })
    }
}
