//! The agent's logic, without an operating system.

mod ports;

pub use ports::{
    CancelSignal, Facts, FactsError, InstallReport, InstallRequest, LogSink, MachineState,
    Power, RestartError, RestartRequest, UpdateError, Updates,
};
