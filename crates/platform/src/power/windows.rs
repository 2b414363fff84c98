//! Windows' restart signals and its power switch.

use latarnik_agent_core::{Power, RestartError, RestartRequest};
use latarnik_model::RestartSignal;
use std::path::Path;

mod shutdown;
mod signals;

pub(crate) fn open(_folder: Option<&Path>) -> WindowsPower {
    WindowsPower
}

/// This Windows machine.
#[derive(Debug)]
pub(crate) struct WindowsPower;

impl Power for WindowsPower {
    fn restart_signals(&self) -> Vec<RestartSignal> {
        signals::all()
    }

    fn schedule_restart(&self, request: &RestartRequest) -> Result<(), RestartError> {
        shutdown::schedule(request.delay)
    }

    fn cancel_restart(&self) -> Result<(), RestartError> {
        shutdown::cancel()
    }
}
