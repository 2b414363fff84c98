//! `latarnik-agent restart`: for whoever works at the machine.

use super::say;
use crate::{
    SystemClock,
    arguments::{Answering, RestartAnswer},
};
use latarnik_model::Clock;
use latarnik_platform::{
    Machine,
    people::{self, Inquiry, Reply, SilenceError},
};
use std::process::ExitCode;

pub(super) fn restart(arguments: &Answering) -> anyhow::Result<ExitCode> {
    let folder = arguments.machine_folder.clone();
    let machine = folder.map_or_else(Machine::this, Machine::in_folder);
    let inquiry = match arguments.answer {
        RestartAnswer::Status => Inquiry::Status,
        RestartAnswer::Postpone => Inquiry::Postpone,
        RestartAnswer::Now => Inquiry::RestartNow,
    };
    let said = machine.inquire(inquiry);
    if let Err(error) = &said {
        tracing::debug!(error = error as &dyn std::error::Error, "nobody answers");
    }
    say(&people::in_words(inquiry, &said, SystemClock.now()))?;
    Ok(ExitCode::from(code(&said)))
}

fn code(said: &Result<Reply, SilenceError>) -> u8 {
    match said {
        Ok(Reply::Counting { .. } | Reply::Restarting) => 0,
        Ok(Reply::Nothing) => 7,
        Ok(Reply::Refused { .. }) => 8,
        Err(_) => 1,
    }
}
