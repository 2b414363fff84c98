//! What the agent needs of an operating system. `latarnik-platform` provides it for real, tests
//! provide it scripted. Calls block; the engine runs each on a thread of its own.

use jiff::Timestamp;
use latarnik_model::{ReasonCode, RestartSignal, UpdateCategory};
use serde::{Deserialize, Serialize};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

pub use latarnik_protocol::{
    Creator, Facts, LastRestart, OutputExcerpt, TaskProgress, Update, UpdateResult, UpdateSettings,
};

/// Longest excerpt of standard output or standard error in a report, in bytes.
pub const OUTPUT_EXCERPT_BYTES: usize = latarnik_protocol::limits::OUTPUT_EXCERPT_BYTES;

/// Tells a running call that it should end early. Cheap to clone; never un-cancelled.
#[derive(Debug, Clone, Default)]
pub struct CancelSignal(Arc<AtomicBool>);

impl CancelSignal {
    /// Asks the call to end.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether the call should end.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Takes what a running call has to tell: progress for the console, lines for the task's log.
pub trait LogSink: Send + Sync {
    /// How far it is. The engine decides how often that travels.
    fn progress(&self, progress: TaskProgress);
    /// Text for the whole log, complete lines.
    fn log(&self, text: &str);
    /// What is known of all updates of an installation while it goes on. Before its turn an update
    /// is `Skipped`; once its installer has begun it is `Unconfirmed`, without a result code; then it
    /// is what its installer reported. Kept on the disk before this returns, for the day on which
    /// the machine goes down meanwhile.
    fn note(&self, updates: &[UpdateResult]);
}

/// Why the operating system's update service did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason:?} ({})", detail.as_deref().unwrap_or("no detail"))]
pub struct UpdateError {
    /// The stable reason.
    pub reason: ReasonCode,
    /// The system's own code, such as `0x8024402C` or `exit code 100`.
    pub detail: Option<String>,
    /// Exit code of the program that failed, if one did.
    pub exit_code: Option<i32>,
    /// The end of what that program said.
    pub output: OutputExcerpt,
}

/// Tells an installation whether it may begin one more update. Cheap to clone.
#[derive(Clone)]
pub struct WindowSignal {
    has_end: bool,
    room: Arc<dyn Fn(Room) -> bool + Send + Sync>,
}

/// What an installation asks room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// The whole of the next update.
    NextUpdate,
    /// The installation of an update whose download is complete.
    Installation,
}

impl WindowSignal {
    /// No window binds the installation.
    #[must_use]
    pub fn unbound() -> Self {
        Self {
            has_end: false,
            room: Arc::new(|_| true),
        }
    }

    /// A window that says itself whether there is room.
    #[must_use]
    pub fn new(has_end: bool, room: impl Fn(Room) -> bool + Send + Sync + 'static) -> Self {
        Self {
            has_end,
            room: Arc::new(room),
        }
    }

    /// Whether an end is known: then updates are begun one after the other, so that the rest can be
    /// left.
    #[must_use]
    pub const fn has_end(&self) -> bool {
        self.has_end
    }

    /// Whether the next update may begin. To be asked right before each: what passes between two
    /// answers counts as the time that an update needs.
    #[must_use]
    pub fn admits_next(&self) -> bool {
        (self.room)(Room::NextUpdate)
    }

    /// Whether an update that has just been downloaded may be installed.
    #[must_use]
    pub fn admits_installation(&self) -> bool {
        (self.room)(Room::Installation)
    }
}

impl std::fmt::Debug for WindowSignal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WindowSignal")
            .field("has_end", &self.has_end)
            .finish_non_exhaustive()
    }
}

/// What to install.
#[derive(Debug, Clone)]
pub struct InstallRequest {
    /// Keys of the updates; `None` means everything offered.
    pub update_keys: Option<Vec<String>>,
    /// Only what the search finds in these categories; `None` means any.
    pub categories: Option<Vec<UpdateCategory>>,
    /// Keys that an earlier part of the task has dealt with.
    pub except: Vec<String>,
    /// Whether one more update may begin.
    pub window: WindowSignal,
    /// The longest time the whole may take.
    pub timeout: Duration,
}

impl InstallRequest {
    /// Everything that is offered, at any time.
    #[must_use]
    pub fn everything(timeout: Duration) -> Self {
        Self {
            update_keys: None,
            categories: None,
            except: Vec::new(),
            window: WindowSignal::unbound(),
            timeout,
        }
    }

    /// Whether an update that is offered is to be installed.
    #[must_use]
    pub fn wants(&self, key: &str, category: UpdateCategory) -> bool {
        let of_category = |categories: &Vec<_>| categories.contains(&category);
        let of_key = |keys: &Vec<String>| keys.iter().any(|chosen| chosen == key);
        self.update_keys.as_ref().is_none_or(of_key)
            && self.categories.as_ref().is_none_or(of_category)
            && !of_key(&self.except)
    }
}

/// What an installation did, judged after a new search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallReport {
    /// What became of each update.
    pub updates: Vec<UpdateResult>,
    /// The chosen updates that did not begin because the window had no room for them, as
    /// `Skipped`, or as `Downloaded` where that much was done. They are not among `updates`.
    pub left: Vec<UpdateResult>,
    /// Exit code of the package manager; `None` where there is no program.
    pub exit_code: Option<i32>,
    /// The end of what it said.
    pub output: OutputExcerpt,
    /// What is offered now, after the installation, if that search worked.
    pub remaining: Result<Vec<Update>, UpdateError>,
}

/// Operating-system updates.
pub trait Updates: Send + Sync {
    /// Asks the source of updates (not a cache) what it offers.
    ///
    /// # Errors
    /// [`UpdateError`] if the search failed; an empty list always means "up to date".
    fn scan(&self, sink: &dyn LogSink, cancel: &CancelSignal) -> Result<Vec<Update>, UpdateError>;

    /// Downloads and installs, then searches again. Never restarts the machine. An update begins
    /// only while the request's window has room for it; one that runs when the window closes comes
    /// to its end.
    ///
    /// # Errors
    /// [`UpdateError`] if nothing could be attempted; an update that failed by itself is in the
    /// report.
    fn install(
        &self,
        request: &InstallRequest,
        sink: &dyn LogSink,
        cancel: &CancelSignal,
    ) -> Result<InstallReport, UpdateError>;

    /// Sets the machine's source of updates as wanted, and takes back what is no longer wanted as
    /// far as an earlier call did it. Repeating it changes nothing. What a system does not know is
    /// passed over.
    ///
    /// # Errors
    /// [`UpdateError`] if something of it could not be done; it may be repeated.
    fn apply(&self, _settings: &UpdateSettings) -> Result<(), UpdateError> {
        Ok(())
    }
}

/// Whether the machine should restart, and making it do so.
pub trait Power: Send + Sync {
    /// Every restart signal that stands.
    fn restart_signals(&self) -> Vec<RestartSignal>;

    /// Makes the operating system restart after the delay. People were told before: see
    /// [`People`].
    ///
    /// # Errors
    /// [`RestartError`] if the system refused.
    fn schedule_restart(&self, request: &RestartRequest) -> Result<(), RestartError>;

    /// Takes a scheduled restart back.
    ///
    /// # Errors
    /// [`RestartError`] if it was too late or there was none.
    fn cancel_restart(&self) -> Result<(), RestartError>;
}

/// A restart as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestartRequest {
    /// From now until the restart.
    pub delay: Duration,
}

/// The operating system refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the restart was refused: {detail}")]
pub struct RestartError {
    /// The system's own code or words.
    pub detail: String,
}

/// The people who are signed in to the machine, and what they are shown before it restarts.
pub trait People: Send + Sync {
    /// Everyone who is signed in, in front of it or from afar; a session that is locked or left
    /// open in the background counts.
    ///
    /// # Errors
    /// [`PeopleError`] if the system does not tell.
    fn sessions(&self) -> Result<Vec<Session>, PeopleError>;

    /// Shows the notice in each of these sessions, in the language of its person, with the time
    /// that remains, and lets it be answered from a command line. A session that shows this very
    /// notice is left alone; an earlier one is replaced. Does not wait for anybody.
    fn show(&self, notice: &Notice, sessions: &[Session]);

    /// Takes every notice off every screen, and forgets answers that were not asked for. Somebody who
    /// was told of a restart that does not come is told so, where the system can.
    fn withdraw(&self, after: Withdrawal);

    /// The answers since this was last asked, oldest first. Never blocks.
    fn answers(&self) -> Vec<Answer>;
}

/// A person's session at the machine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Session {
    /// The system's own name of the session.
    pub id: String,
    /// Who it is, for the agent's log.
    pub user: String,
}

/// What a person is told before the machine restarts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// When it restarts, by the machine's clock.
    pub until: Timestamp,
    /// What a postponement would be; absent if there is none (any more).
    pub postponement: Option<Postponement>,
    /// Whether the person may have it at once: not while others are signed in.
    pub may_restart_now: bool,
    /// Who asked for it, as far as the server tells.
    pub created_by: Option<Creator>,
}

/// A postponement that is still to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Postponement {
    /// By how much.
    pub minutes: u16,
    /// How many are left, this one included.
    pub left: u8,
}

/// What a person answered to a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The notice's instant, so that an answer to an earlier notice is told from one to this.
    pub until: Timestamp,
    /// What they want.
    pub choice: Choice,
}

/// What a person may want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Later.
    Postpone,
    /// At once.
    RestartNow,
}

/// Why notices leave the screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawal {
    /// There will be no restart.
    CalledOff,
    /// The restart waits for the next maintenance window, and is told again then.
    PutOff,
    /// The restart comes, or the agent pauses and will show them again.
    Quietly,
}

/// The system does not tell who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the system does not tell who is signed in: {detail}")]
pub struct PeopleError {
    /// The system's own code or words.
    pub detail: String,
}

/// The machine itself.
pub trait MachineState: Send + Sync {
    /// What is known of it.
    ///
    /// # Errors
    /// [`FactsError`] if not even the host name can be told.
    fn facts(&self) -> Result<Facts, FactsError>;

    /// Changes with every start of the machine, stays the same until the next.
    fn boot_id(&self) -> String;

    /// Its IANA time zone as it is now, if the system knows. Asked often.
    fn time_zone(&self) -> Option<String> {
        self.facts().ok()?.time_zone
    }

    /// When it started, by its own clock.
    fn booted_at(&self) -> Option<Timestamp>;

    /// Who asked for the restart that it came out of, if the system knows.
    fn last_restart(&self) -> Option<LastRestart> {
        None
    }
}

/// Counts the time that passes, whatever anybody sets the machine's clock to.
pub trait SteadyClock: Send + Sync {
    /// Since some instant of this run of the machine. Time that the machine slept is in it.
    fn elapsed(&self) -> Duration;
}

/// The machine could not be described.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the machine cannot be described: {0}")]
pub struct FactsError(pub String);
