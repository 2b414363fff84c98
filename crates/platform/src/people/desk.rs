//! Which session shows which notice, and the answers that came back: the same on every system.

use super::line::Line;
use jiff::{SignedDuration, Timestamp};
use latarnik_agent_core::{
    Answer, CancelSignal, Choice, Notice, People, PeopleError, Session, Withdrawal,
};
use latarnik_model::Clock;
use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The minutes before the restart at which whoever has closed the notice sees it again.
const REMINDERS: [i64; 7] = [60, 30, 15, 10, 5, 2, 1];
/// How often a thread that waits for the next reminder looks whether the notice was withdrawn.
const LOOK: Duration = Duration::from_millis(200);

/// How a system reaches its people.
pub(crate) trait Screens: Send + Sync + 'static {
    /// Everyone who is signed in.
    fn sessions(&self) -> Result<Vec<Session>, PeopleError>;

    /// Shows the notice to a session and waits for an answer, for no longer than until `reminder`.
    /// May return sooner without one: where a notice cannot be answered, or when it was closed.
    fn ask(&self, session: &Session, asking: &Asking<'_>) -> Option<Choice>;

    /// Tells a session that the restart does not follow. Waits for nobody.
    fn say(&self, session: &Session, what: Withdrawn);
}

/// Why a restart that people were told of does not follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Withdrawn {
    /// There will be none.
    CalledOff,
    /// It waits for the next maintenance window.
    PutOff,
}

impl Withdrawn {
    const fn after(withdrawal: Withdrawal) -> Option<Self> {
        match withdrawal {
            Withdrawal::CalledOff => Some(Self::CalledOff),
            Withdrawal::PutOff => Some(Self::PutOff),
            Withdrawal::Quietly => None,
        }
    }
}

/// A notice while it is shown.
pub(crate) struct Asking<'a> {
    pub(super) notice: &'a Notice,
    pub(super) now: Timestamp,
    /// When it will be shown again.
    pub(super) reminder: Timestamp,
    pub(super) cancel: &'a CancelSignal,
}

impl Asking<'_> {
    /// How long it may be shown.
    pub(super) fn longest(&self) -> Duration {
        Duration::try_from(self.reminder.duration_since(self.now)).unwrap_or_default()
    }
}

/// The people of a machine.
pub(crate) struct Desk<S> {
    screens: Arc<S>,
    clock: Arc<dyn Clock>,
    shown: Mutex<HashMap<String, Shown>>,
    board: Arc<Board>,
    line: Option<Line>,
}

/// The notice that stands, and the answers to it, from wherever they come.
#[derive(Default)]
pub(super) struct Board {
    notice: Mutex<Option<Notice>>,
    changed: Condvar,
    answers: Mutex<Vec<Answer>>,
}

impl Board {
    pub(super) fn notice(&self) -> Option<Notice> {
        lock(&self.notice).clone()
    }

    pub(super) fn put(&self, notice: Option<Notice>) {
        *lock(&self.notice) = notice;
        self.changed.notify_all();
    }

    pub(super) fn answer(&self, notice: &Notice, choice: Choice) {
        let until = notice.until;
        lock(&self.answers).push(Answer { until, choice });
    }

    pub(super) fn take_answers(&self) -> Vec<Answer> {
        std::mem::take(&mut *lock(&self.answers))
    }

    /// What stands after this notice: the one that tells of another instant, or none; this one itself
    /// when nothing has come of it in that time.
    pub(super) fn after(&self, notice: &Notice, longest: Duration) -> Option<Notice> {
        let stands =
            |now: &mut Option<Notice>| now.as_ref().is_some_and(|now| now.until == notice.until);
        let now = self
            .changed
            .wait_timeout_while(lock(&self.notice), longest, stands);
        now.unwrap_or_else(PoisonError::into_inner).0.clone()
    }
}

struct Shown {
    session: Session,
    notice: Notice,
    cancel: CancelSignal,
}

impl<S: Screens> Desk<S> {
    pub(super) fn new(screens: S, clock: Arc<dyn Clock>) -> Self {
        Self {
            screens: Arc::new(screens),
            clock,
            shown: Mutex::default(),
            board: Arc::default(),
            line: None,
        }
    }

    /// Lets people ask and answer from a command line, too.
    pub(super) fn with_line(mut self, folder: Option<&Path>) -> Self {
        self.line = Line::open(folder, self.board.clone());
        self
    }

    /// A thread for each session: it ends with an answer, at the restart, or when it is withdrawn.
    fn ask(&self, session: &Session, notice: &Notice) -> CancelSignal {
        let cancel = CancelSignal::default();
        let (screens, clock, board) =
            (self.screens.clone(), self.clock.clone(), self.board.clone());
        let (session, notice, signal) = (session.clone(), notice.clone(), cancel.clone());
        let user = session.user.clone();
        let thread = std::thread::Builder::new()
            .name("notice".to_owned())
            .spawn(move || {
                let choice = remind(&*screens, &*clock, &session, &notice, &signal);
                if let Some(choice) = choice {
                    board.answer(&notice, choice);
                }
            });
        if let Err(error) = thread {
            tracing::warn!(user, %error, "a person cannot be shown that the machine restarts");
        }
        cancel
    }
}

impl<S: Screens> People for Desk<S> {
    fn sessions(&self) -> Result<Vec<Session>, PeopleError> {
        self.screens.sessions()
    }

    fn show(&self, notice: &Notice, sessions: &[Session]) {
        self.board.put(Some(notice.clone()));
        // Not known is not nobody: what is on the screens stays there.
        if sessions.is_empty() {
            return;
        }
        let mut shown = lock(&self.shown);
        shown.retain(|_, earlier| {
            let stays = sessions.contains(&earlier.session) && earlier.notice == *notice;
            if !stays {
                earlier.cancel.cancel();
            }
            stays
        });
        for session in sessions {
            if !shown.contains_key(&session.id) {
                let cancel = self.ask(session, notice);
                let (session, notice) = (session.clone(), notice.clone());
                let id = session.id.clone();
                shown.insert(
                    id,
                    Shown {
                        session,
                        notice,
                        cancel,
                    },
                );
            }
        }
    }

    fn withdraw(&self, after: Withdrawal) {
        self.board.put(None);
        for (_, shown) in lock(&self.shown).drain() {
            shown.cancel.cancel();
            if let Some(what) = Withdrawn::after(after) {
                self.screens.say(&shown.session, what);
            }
        }
        self.board.take_answers();
    }

    fn answers(&self) -> Vec<Answer> {
        self.board.take_answers()
    }
}

impl<S> Drop for Desk<S> {
    fn drop(&mut self) {
        for shown in lock(&self.shown).values() {
            shown.cancel.cancel();
        }
    }
}

/// Shows a notice again and again until it is answered.
fn remind(
    screens: &impl Screens,
    clock: &dyn Clock,
    session: &Session,
    notice: &Notice,
    cancel: &CancelSignal,
) -> Option<Choice> {
    loop {
        let now = clock.now();
        if cancel.is_cancelled() || now >= notice.until {
            return None;
        }
        let reminder = next_reminder(notice.until, now);
        let asking = Asking {
            notice,
            now,
            reminder,
            cancel,
        };
        let choice = screens.ask(session, &asking);
        if cancel.is_cancelled() {
            return None;
        }
        if choice.is_some() {
            return choice;
        }
        while clock.now() < reminder && !cancel.is_cancelled() {
            std::thread::sleep(LOOK);
        }
    }
}

/// The next of the reminders, or the restart itself.
fn next_reminder(until: Timestamp, now: Timestamp) -> Timestamp {
    REMINDERS
        .into_iter()
        .filter_map(|minutes| until.checked_sub(SignedDuration::from_mins(minutes)).ok())
        .find(|reminder| *reminder > now)
        .unwrap_or(until)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_closed_the_notice_sees_it_again_before_the_restart() {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let until = at(100_000);
        let mut moments = Vec::new();
        let mut now = at(100_000 - 20 * 60);
        while now < until {
            now = next_reminder(until, now);
            moments.push(until.duration_since(now).as_mins());
        }
        assert_eq!(moments, [15, 10, 5, 2, 1, 0]);
    }
}
