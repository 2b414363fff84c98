//! `latarnik-agent run`: as a service, or in the foreground.

use super::open_state;
use crate::{SystemClock, SystemRandomness, arguments::Running, exit, logging};
use anyhow::Context;
use latarnik_agent_core::{
    Pace,
    engine::{self, Ports},
    state::State,
};
use latarnik_platform::service::{self, AGENT_NAME, Dispatch, Exit, StopRequest};
use std::{path::Path, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// How long threads that the agent leaves behind may take before the process ends regardless.
const LAST_GRACE: Duration = Duration::from_millis(500);

pub(super) fn run(arguments: Running, filter: String) -> anyhow::Result<()> {
    let Running { place } = arguments;
    let ports = Ports {
        updates: place.machine().updates(),
        power: place.machine().power(),
        people: place.machine().people(Arc::new(SystemClock)),
        machine: place.machine().state(env!("CARGO_PKG_VERSION")),
        clock: Arc::new(SystemClock),
        steady: place.machine().steady_clock(),
        zones: jiff::tz::db(),
        randomness: Arc::new(SystemRandomness),
    };
    let (service_ports, service_filter) = (ports.clone(), filter.clone());
    let folder = place.state_folder.clone();
    let body = Box::new(move |stop: StopRequest| {
        logging::to_file(&service_filter, &folder.join("agent.log"));
        as_service(&folder, service_ports, stop)
    });
    match service::dispatch(AGENT_NAME, body)? {
        Dispatch::Ended => Ok(()),
        Dispatch::NotStartedAsService(_) => {
            logging::to_stderr(&filter);
            let stop = StopRequest::new();
            let request = stop.clone();
            ctrlc::set_handler(move || request.request()).context("signals cannot be received")?;
            run_foreground(&place.state_folder, ports, Pace::default(), stop)
        }
    }
}

fn as_service(folder: &Path, ports: Ports, stop: StopRequest) -> Exit {
    match run_foreground(folder, ports, Pace::default(), stop) {
        Ok(()) => Exit::Success,
        Err(error) => {
            tracing::error!("{error:#}");
            Exit::Failure(exit::number(&error).into())
        }
    }
}

/// Runs the agent with this state and these ports until it is asked to stop.
///
/// # Errors
/// If it cannot begin: not enrolled, or the state is in use or damaged.
pub fn run_foreground(
    state_folder: &Path,
    ports: Ports,
    pace: Pace,
    stop: StopRequest,
) -> anyhow::Result<()> {
    anyhow::ensure!(State::exists(state_folder), exit::NotEnrolled);
    let state = Arc::new(open_state(state_folder)?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .thread_keep_alive(Duration::from_secs(2))
        .build()
        .context("the asynchronous runtime cannot start")?;
    let token = CancellationToken::new();
    let cancel = token.clone();
    std::thread::Builder::new()
        .name("stop".to_owned())
        .spawn(move || {
            stop.wait();
            cancel.cancel();
        })
        .context("no thread can be started")?;
    let result = runtime.block_on(engine::run(state, ports, pace, token));
    runtime.shutdown_timeout(LAST_GRACE);
    Ok(result?)
}
