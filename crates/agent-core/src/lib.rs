//! The agent's logic, without an operating system.

pub mod connection;
mod ports;
mod server_clock;

pub use ports::{
    CancelSignal, Facts, FactsError, InstallReport, InstallRequest, LogSink, MachineState, Power,
    RestartError, RestartRequest, UpdateError, Updates,
};
pub use server_clock::{LearnedTime, ServerClock};
