//! `latarnik-agent notice`: what the service starts in a person's session on Windows.

use crate::{SystemClock, arguments::Noticing};
use latarnik_agent_core::{Notice, Postponement};
use latarnik_platform::people;
use std::{process::ExitCode, sync::Arc};

pub(super) fn notice(arguments: &Noticing) -> ExitCode {
    let postponement = arguments.minutes.zip(arguments.left);
    let notice = Notice {
        until: arguments.until,
        postponement: postponement.map(|(minutes, left)| Postponement { minutes, left }),
        may_restart_now: arguments.restart_now,
        created_by: None,
    };
    let seen = people::show_here(&notice, Arc::new(SystemClock));
    ExitCode::from(seen.exit_code())
}
