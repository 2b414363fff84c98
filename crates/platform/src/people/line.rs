//! The line between the agent and a person's command line: asking how a restart stands, and answering
//! its notice where no notice can be answered.
//!
//! A command says one of three words, the agent answers once, and both hang up. Nothing that a person
//! says names a file, a program or an instant, and nobody is listened to who is not signed in to the
//! machine or its administrator.

#[cfg(not(windows))]
mod linux;
#[cfg(windows)]
mod windows;

use super::desk::Board;
use latarnik_agent_core::{Choice, Notice};
use serde::{Deserialize, Serialize};
use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

#[cfg(not(windows))]
use linux as system;
#[cfg(windows)]
use windows as system;

/// The longest thing that either side says, in bytes.
const LONGEST: usize = 4 * 1024;
/// How long one side waits for the other's word.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the agent may take to do what was asked.
const TAKEN: Duration = Duration::from_secs(8);
/// Most people who are listened to at the same time.
const MOST: usize = 16;

/// What a person wants of the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inquiry {
    /// To know how the restart stands.
    Status,
    /// To have it later.
    Postpone,
    /// To have it at once.
    RestartNow,
}

/// What the agent says to that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Reply {
    /// No restart counts down.
    Nothing,
    /// This is how it stands; after a postponement, how it stands now.
    Counting {
        /// What everybody is shown.
        notice: Notice,
    },
    /// The machine goes down.
    Restarting,
    /// It cannot be had.
    Refused {
        /// Why.
        refusal: Refusal,
    },
}

/// Why something cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Whoever asks is neither signed in nor the administrator.
    NotSignedIn,
    /// Nobody may postpone it, or not any more.
    NoPostponement,
    /// Others are, or may be, signed in.
    OthersSignedIn,
    /// The restart was called off, or came, meanwhile.
    TooLate,
}

/// The agent does not answer: most likely it does not run.
#[derive(Debug, thiserror::Error)]
#[error("the agent on this machine does not answer")]
pub struct SilenceError(#[source] io::Error);

/// Asks the agent that runs on the machine.
pub(crate) fn ask(folder: Option<&Path>, inquiry: Inquiry) -> Result<Reply, SilenceError> {
    let question = serde_json::to_string(&inquiry).expect("three words are text");
    let reply = system::call(folder, &question, TAKEN + PATIENCE).map_err(SilenceError)?;
    serde_json::from_str(&reply).map_err(|error| SilenceError(error.into()))
}

/// The agent's end of the line; dropping it hangs up.
pub(super) struct Line {
    folder: Option<PathBuf>,
    ends: Arc<AtomicBool>,
}

impl Line {
    /// Listens on a thread of its own. An agent that cannot be asked is still an agent.
    pub(super) fn open(folder: Option<&Path>, board: Arc<Board>) -> Option<Self> {
        let ends = Arc::new(AtomicBool::new(false));
        let opened = system::Listener::open(folder).and_then(|listener| {
            let ends = ends.clone();
            std::thread::Builder::new()
                .name("line".to_owned())
                .spawn(move || listen(&listener, &board, &ends))
        });
        match opened {
            Ok(_) => Some(Self {
                folder: folder.map(Path::to_owned),
                ends,
            }),
            Err(error) => {
                tracing::warn!(%error, "people cannot answer a restart's notice on a command line");
                None
            }
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Release);
        // The thread waits for a caller.
        let _ = system::call(self.folder.as_deref(), "", Duration::from_millis(1));
    }
}

fn listen(listener: &system::Listener, board: &Arc<Board>, ends: &AtomicBool) {
    let busy = Arc::new(AtomicUsize::new(0));
    loop {
        let caller = listener.accept();
        if ends.load(Ordering::Acquire) {
            return;
        }
        let caller = match caller {
            Ok(caller) => caller,
            Err(error) => {
                tracing::debug!(%error, "a caller was not understood");
                std::thread::sleep(Duration::from_millis(200));
                continue;
            }
        };
        if busy.fetch_add(1, Ordering::AcqRel) >= MOST {
            busy.fetch_sub(1, Ordering::AcqRel);
            continue;
        }
        let (board, busy) = (board.clone(), busy.clone());
        let _ = std::thread::Builder::new()
            .name("line".to_owned())
            .spawn(move || {
                if let Err(error) = converse(caller, &board) {
                    tracing::debug!(%error, "a caller hung up");
                }
                busy.fetch_sub(1, Ordering::AcqRel);
            });
    }
}

fn converse(mut caller: system::Caller, board: &Board) -> io::Result<()> {
    if !caller.may_answer() {
        tracing::info!(
            caller = caller.name(),
            "somebody who is not signed in asks about a restart"
        );
        let refusal = Refusal::NotSignedIn;
        return caller.say(&written(&Reply::Refused { refusal }));
    }
    let inquiry: Inquiry = serde_json::from_str(&caller.hear()?)?;
    tracing::info!(caller = caller.name(), ?inquiry, "asked on a command line");
    caller.say(&written(&reply(inquiry, board)))
}

fn written(reply: &Reply) -> String {
    serde_json::to_string(reply).expect("a reply has only string keys")
}

/// What becomes of an inquiry. An answer counts for the notice that stands when it is given.
fn reply(inquiry: Inquiry, board: &Board) -> Reply {
    let Some(notice) = board.notice() else {
        return Reply::Nothing;
    };
    let choice = match inquiry {
        Inquiry::Status => return Reply::Counting { notice },
        Inquiry::Postpone if notice.postponement.is_none() => {
            return refused(Refusal::NoPostponement);
        }
        Inquiry::RestartNow if !notice.may_restart_now => return refused(Refusal::OthersSignedIn),
        Inquiry::Postpone => Choice::Postpone,
        Inquiry::RestartNow => Choice::RestartNow,
    };
    board.answer(&notice, choice);
    match (choice, board.after(&notice, TAKEN)) {
        (Choice::Postpone, Some(later)) if later.until > notice.until => {
            Reply::Counting { notice: later }
        }
        (Choice::RestartNow, None) => Reply::Restarting,
        _ => refused(Refusal::TooLate),
    }
}

const fn refused(refusal: Refusal) -> Reply {
    Reply::Refused { refusal }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::{SignedDuration, Timestamp};
    use latarnik_agent_core::Postponement;

    fn notice() -> Notice {
        Notice {
            until: Timestamp::UNIX_EPOCH,
            postponement: Some(Postponement {
                minutes: 15,
                left: 1,
            }),
            may_restart_now: true,
            created_by: None,
        }
    }

    /// What is said, while the engine makes `next` of an answer.
    fn reply_of(shown: Notice, inquiry: Inquiry, next: Option<Notice>) -> (Reply, Vec<Choice>) {
        let board = Arc::new(Board::default());
        board.put(Some(shown));
        let asked = board.clone();
        let person = std::thread::spawn(move || reply(inquiry, &asked));
        let mut answers = Vec::new();
        while !person.is_finished() {
            let heard = board.take_answers();
            if !heard.is_empty() {
                board.put(next.clone());
            }
            answers.extend(heard.into_iter().map(|answer| answer.choice));
            std::thread::yield_now();
        }
        (person.join().unwrap(), answers)
    }

    #[test]
    fn without_a_restart_there_is_nothing_to_tell() {
        let board = Board::default();
        for inquiry in [Inquiry::Status, Inquiry::Postpone, Inquiry::RestartNow] {
            assert_eq!(reply(inquiry, &board), Reply::Nothing, "{inquiry:?}");
        }
        assert!(board.take_answers().is_empty());
    }

    #[test]
    fn a_postponement_is_told_when_the_agent_has_granted_it() {
        let mut later = notice();
        later.until += SignedDuration::from_mins(15);
        later.postponement = None;
        let (reply, answers) = reply_of(notice(), Inquiry::Postpone, Some(later.clone()));
        assert_eq!(reply, Reply::Counting { notice: later });
        assert_eq!(answers, [Choice::Postpone]);
    }

    #[test]
    fn what_the_notice_does_not_offer_is_refused_and_not_even_asked() {
        let mut shown = notice();
        (shown.postponement, shown.may_restart_now) = (None, false);
        for (inquiry, refusal) in [
            (Inquiry::Postpone, Refusal::NoPostponement),
            (Inquiry::RestartNow, Refusal::OthersSignedIn),
        ] {
            let (reply, answers) = reply_of(shown.clone(), inquiry, None);
            assert_eq!(reply, Reply::Refused { refusal });
            assert!(answers.is_empty());
        }
    }

    #[test]
    fn a_restart_now_is_told_when_the_notice_is_gone() {
        let (reply, answers) = reply_of(notice(), Inquiry::RestartNow, None);
        assert_eq!(
            (reply, answers),
            (Reply::Restarting, vec![Choice::RestartNow])
        );
    }

    #[test]
    fn a_restart_that_was_called_off_meanwhile_cannot_be_postponed() {
        let (reply, _) = reply_of(notice(), Inquiry::Postpone, None);
        let refusal = Refusal::TooLate;
        assert_eq!(reply, Reply::Refused { refusal });
    }

    #[test]
    fn what_is_said_fits_on_the_line() {
        let notice = Notice {
            created_by: Some(latarnik_agent_core::Creator::User {
                name: "ż".repeat(200),
            }),
            ..notice()
        };
        assert!(written(&Reply::Counting { notice }).len() < LONGEST);
    }
}
