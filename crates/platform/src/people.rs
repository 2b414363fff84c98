//! The people who are signed in, and the notice that they see before the machine restarts.

mod desk;
mod line;
#[cfg(not(windows))]
mod linux;
#[cfg(windows)]
mod windows;
mod words;

use desk::Desk;
use jiff::{Timestamp, tz::TimeZone};
use latarnik_agent_core::{Choice, Notice};
use latarnik_model::Clock;
use std::{path::Path, sync::Arc};
use words::Words;

#[cfg(not(windows))]
use linux as system;
#[cfg(windows)]
use windows as system;

pub(crate) use line::ask;
pub use line::{Inquiry, Refusal, Reply, SilenceError};
#[cfg(not(windows))]
pub(crate) use linux::machine_locale;
#[cfg(windows)]
pub(crate) use windows::system_locale;
pub(crate) use words::announcement;

pub(crate) fn open(folder: Option<&Path>, clock: Arc<dyn Clock>) -> Desk<system::Screens> {
    Desk::new(system::Screens::open(folder), clock).with_line(folder)
}

/// What came of a notice in the session of the person who saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// The person chose.
    Chosen(Choice),
    /// The person closed it, or the time was over.
    Closed,
    /// This session cannot show it.
    Unavailable,
}

impl Seen {
    const CODES: [(u8, Self); 4] = [
        (20, Self::Chosen(Choice::Postpone)),
        (21, Self::Chosen(Choice::RestartNow)),
        (22, Self::Closed),
        (23, Self::Unavailable),
    ];

    /// How a program that showed a notice ends: far from the codes of programs that broke down.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        let mut codes = Self::CODES.into_iter();
        codes
            .find(|(_, seen)| *seen == self)
            .map_or(1, |(code, _)| code)
    }

    #[cfg_attr(
        not(windows),
        expect(dead_code, reason = "only Windows runs such a program")
    )]
    fn from_exit_code(code: u32) -> Self {
        let mut codes = Self::CODES.into_iter();
        codes
            .find(|(known, _)| u32::from(*known) == code)
            .map_or(Self::Unavailable, |(_, seen)| seen)
    }
}

/// What the agent said to an inquiry, in the language of whoever runs this program.
#[must_use]
pub fn in_words(inquiry: Inquiry, said: &Result<Reply, SilenceError>, now: Timestamp) -> String {
    let words = Words(system::own_language());
    match said {
        Ok(reply) => words.reply(inquiry, reply, (now, &TimeZone::system())),
        Err(_) => words.silence().to_owned(),
    }
}

/// Shows a notice in the session in which the program runs, in its person's language, until it is
/// answered, closed or over. Only Windows needs a program in the session for that.
pub fn show_here(notice: &Notice, clock: Arc<dyn Clock>) -> Seen {
    system::show_here(notice, clock)
}
