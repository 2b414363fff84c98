//! People at a Linux machine, as logind knows them: on terminals they read the notice, on desktops
//! they may answer it.

mod desktop;
mod logind;

pub(crate) use logind::machine_locale;

use super::{
    Seen,
    desk::{self, Asking, Withdrawn},
    words::{Words, language},
};
use desktop::Desktop;
use jiff::{Timestamp, tz::TimeZone};
use latarnik_agent_core::{Choice, Notice, PeopleError, Session};
use latarnik_model::{Clock, Language};
use logind::{Place, Seat};
use rustix::fs::OFlags;
use std::{
    fs::File,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

pub(crate) struct Screens {
    root: PathBuf,
    desktop: Arc<Desktop>,
}

impl Screens {
    pub(super) fn open(folder: Option<&Path>) -> Self {
        Self {
            root: folder.unwrap_or(Path::new("/")).to_owned(),
            desktop: Arc::new(Desktop::open(folder)),
        }
    }

    fn words(&self, seat: &Seat) -> Words {
        Words(language(&logind::locale(&self.root, seat)))
    }

    fn tell(&self, seat: &Seat, terminal: &str, text: &str) {
        if let Err(error) = write(&self.root.join("dev").join(terminal), text) {
            tracing::debug!(user = seat.user, %error, "a terminal takes no notice");
        }
    }
}

impl desk::Screens for Screens {
    fn sessions(&self) -> Result<Vec<Session>, PeopleError> {
        let mut seats = logind::seats(&self.root).map_err(|error| PeopleError {
            detail: error.to_string(),
        })?;
        seats.sort_by(|one, other| one.id.cmp(&other.id));
        let session = |seat: Seat| Session {
            id: seat.id,
            user: seat.user,
        };
        Ok(seats.into_iter().map(session).collect())
    }

    fn ask(&self, session: &Session, asking: &Asking<'_>) -> Option<Choice> {
        let seat = logind::seat(&self.root, &session.id)?;
        let words = self.words(&seat);
        let remaining = remaining(words, asking.notice, asking.now);
        match &seat.place {
            Place::Terminal(terminal) => {
                let mut lines = vec![
                    words.title().to_owned(),
                    remaining,
                    words.advice().to_owned(),
                ];
                lines.extend(words.commands(asking.notice));
                self.tell(&seat, terminal, &lines.join("\r\n"));
                None
            }
            Place::Desktop => self.desktop.ask(&seat, words, asking, &remaining),
        }
    }

    fn say(&self, session: &Session, what: Withdrawn) {
        let Some(seat) = logind::seat(&self.root, &session.id) else {
            return;
        };
        let words = self.words(&seat);
        match &seat.place {
            Place::Terminal(terminal) => self.tell(&seat, terminal, words.withdrawn(what)),
            Place::Desktop => {
                let desktop = self.desktop.clone();
                let told = std::thread::Builder::new()
                    .name("notice".to_owned())
                    .spawn(move || desktop.say(&seat, words.withdrawn(what)));
                if let Err(error) = told {
                    tracing::debug!(%error, "a desktop is not told that the restart does not follow");
                }
            }
        }
    }
}

/// Whether an account has a session with a terminal or a screen.
pub(super) fn is_signed_in(root: &Path, uid: u32) -> bool {
    logind::seats(root).is_ok_and(|seats| seats.iter().any(|seat| seat.uid == uid))
}

/// The language of whoever runs this program.
pub(super) fn own_language() -> Language {
    let locale = logind::LOCALE_VARIABLES
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|locale| !locale.is_empty());
    language(&locale.unwrap_or_else(|| machine_locale(Path::new("/"))))
}

pub(super) fn show_here(_: &Notice, _: Arc<dyn Clock>) -> Seen {
    Seen::Unavailable
}

fn remaining(words: Words, notice: &Notice, now: Timestamp) -> String {
    words.remaining(notice.until, now, &TimeZone::system())
}

/// A terminal that is held up (Ctrl-S) does not hold up the agent; one that is none is not made.
fn write(terminal: &Path, text: &str) -> io::Result<()> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW;
    let mut terminal = File::options()
        .append(true)
        .custom_flags(flags.bits().cast_signed())
        .open(terminal)?;
    terminal.write_all(format!("\r\n\x07{text}\r\n").as_bytes())
}

#[cfg(test)]
mod tests;
