//! `latarnik-agent enroll`.

use super::{open_state, say};
use crate::{SystemClock, arguments::Enrolling};
use anyhow::Context;
use latarnik_agent_core::{
    enrollment::{self, Existing},
    state::Identity,
};
use latarnik_protocol::EnrollmentToken;
use std::sync::Arc;

pub(super) fn enroll(arguments: &Enrolling) -> anyhow::Result<Identity> {
    let token: EnrollmentToken = arguments.token.parse()?;
    let state = open_state(&arguments.place.state_folder)?;
    let machine = arguments.place.machine().state(env!("CARGO_PKG_VERSION"));
    let existing = if arguments.replace {
        Existing::Replace
    } else {
        Existing::Keep
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the asynchronous runtime cannot start")?;
    let clock = Arc::new(SystemClock);
    let identity = runtime.block_on(enrollment::enroll(
        &state, &token, &*machine, clock, existing,
    ))?;
    say(&format!(
        "Enrolled as device {} at {}.",
        identity.device_id, identity.gateway
    ))?;
    Ok(identity)
}
