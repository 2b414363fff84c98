//! People at a Windows machine: every session of a user, at the screen or over Remote Desktop. The
//! service has no screen; a small program in each session shows the notice.

mod dialog;
mod messenger;
mod sessions;

pub(super) use dialog::{person_language as own_language, show_here};

use super::{
    Seen,
    desk::{self, Asking, Withdrawn},
    words::{Words, language},
};
use jiff::tz::TimeZone;
use latarnik_agent_core::{Choice, PeopleError, Session};
use messenger::Messenger;
use std::path::Path;
use windows::Win32::Globalization::GetSystemDefaultLocaleName;

pub(crate) struct Screens;

impl Screens {
    pub(super) const fn open(_folder: Option<&Path>) -> Self {
        Self
    }
}

impl desk::Screens for Screens {
    fn sessions(&self) -> Result<Vec<Session>, PeopleError> {
        sessions::all().map_err(|error| PeopleError {
            detail: format!("0x{:08X}", error.code().0),
        })
    }

    fn ask(&self, session: &Session, asking: &Asking<'_>) -> Option<Choice> {
        let id = session.id.parse().ok()?;
        let seen = Messenger::start(id, asking.notice)
            .and_then(|messenger| messenger.wait(asking.cancel))
            .unwrap_or_else(|error| {
                tracing::debug!(session = id, %error, "no program can be started in a session");
                Seen::Unavailable
            });
        match seen {
            Seen::Chosen(choice) => Some(choice),
            Seen::Closed => None,
            Seen::Unavailable => ask_plainly(id, asking),
        }
    }

    fn say(&self, session: &Session, what: Withdrawn) {
        if let Ok(id) = session.id.parse() {
            sessions::tell(id, Words(language(&system_locale())).withdrawn(what));
        }
    }
}

/// Whether somebody works in a session.
pub(super) fn is_signed_in(session: u32) -> bool {
    let id = session.to_string();
    sessions::all().is_ok_and(|sessions| sessions.iter().any(|session| session.id == id))
}

/// A message box of the system, which knows only yes and no and no language but the machine's.
fn ask_plainly(session: u32, asking: &Asking<'_>) -> Option<Choice> {
    let words = Words(language(&system_locale()));
    let notice = asking.notice;
    let remaining = words.remaining(notice.until, asking.now, &TimeZone::system());
    let text = format!("{}\r\n\r\n{remaining}\r\n{}", words.title(), words.advice());
    let Some(postponement) = notice.postponement else {
        sessions::tell(session, &text);
        return None;
    };
    let text = format!("{text}\r\n\r\n{}", words.ask_to_postpone(postponement));
    sessions::ask(session, &text, asking.longest()).then_some(Choice::Postpone)
}

/// The locale of the system, such as `pl-PL`.
pub(crate) fn system_locale() -> String {
    let mut name = [0_u16; 85];
    // SAFETY: the buffer has the length that it is told to have.
    let length = unsafe { GetSystemDefaultLocaleName(&mut name) };
    let length = usize::try_from(length).unwrap_or(0).saturating_sub(1);
    String::from_utf16_lossy(name.get(..length).unwrap_or_default())
}
