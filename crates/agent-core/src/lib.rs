//! The agent's logic, without an operating system.
//!
//! [`enrollment`] turns a token into an identity, [`state`] keeps everything on disk,
//! [`connection`] speaks to the gateway, and [`engine`] does an enrolled agent's work through the
//! [ports](Updates) that `latarnik-platform` implements and tests replace.
//!
//! Invariants: no task starts that is not in the journal, and none starts twice; no result leaves
//! the disk before the server has it; nothing here reads a clock, makes randomness (but for keys)
//! or touches the machine except through a port. The server's own state is not known here, and
//! nothing in a message can make the agent run a program that its own code does not name.

mod backoff;
pub mod connection;
pub mod engine;
pub mod enrollment;
mod needs;
mod ports;
mod renewal_schedule;
mod server_clock;
pub mod state;
mod window_gate;

pub use backoff::Pace;
pub use needs::{Needs, Part};
pub use ports::{
    Answer, CancelSignal, Choice, Creator, Facts, FactsError, InstallReport, InstallRequest,
    LastRestart, LogSink, MachineState, Notice, OUTPUT_EXCERPT_BYTES, OutputExcerpt, People,
    PeopleError, Postponement, Power, RestartError, RestartRequest, Room, Session, SteadyClock,
    TaskProgress, Update, UpdateError, UpdateResult, UpdateSettings, Updates, WindowSignal,
    Withdrawal,
};
pub use renewal_schedule::{take_up_at, two_thirds};
pub use server_clock::{LearnedTime, ServerClock};
pub use window_gate::{KnownRules, Passage, WindowGate, bound_by, verdict_line};
