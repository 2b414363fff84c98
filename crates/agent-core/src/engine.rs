//! What an enrolled agent does all day.
//!
//! Eight loops share one HTTP/2 connection and one state, and talk to each other by notices only:
//!
//! | loop | does |
//! |---|---|
//! | `poll` | long-polls for tasks and cancellations; journals before it acknowledges |
//! | `gate` | decides what waits for its window, what has expired and what was cancelled |
//! | `runner` | runs one task at a time on a thread of its own, and scans by itself |
//! | `restart` | counts down to a restart, beside the runner |
//! | `delivery` | sends spooled reports in order, and progress in between |
//! | `logs` | uploads whole logs, independently of the reports |
//! | `check_in` | heartbeat, facts, inventory, configuration |
//! | `renewal` | a new certificate at two thirds of the old one's life |
//!
//! Invariants: a task starts only after [`State::start`] said so; its result and its leaving the
//! journal are one transaction; no loop holds another up while it waits for the network.

mod check_in;
mod configuration;
mod delivery;
mod execution;
mod gate;
mod installation;
mod inventory;
mod logs;
mod maintenance;
mod outcome;
mod poll;
mod queue;
mod recovery;
mod renewal;
mod restart;
mod runner;
mod settings;
mod shared;
mod status;
mod task_log;

pub(crate) use shared::chain;
pub use status::{
    ActionStatus, AgentStatus, ClockStanding, MaintenanceStatus, OpeningStatus, RulesStanding,
    Standing, WaitingTask, read_status,
};

use crate::{
    MachineState, Pace, People, Power, ServerClock, SteadyClock, Updates, Withdrawal,
    connection::{
        Credentials, GatewayClient, GatewayTrust, InvalidCredentials, UnusableAuthorities,
    },
    state::{Identity, State, StateError},
};
use jiff::tz::TimeZoneDatabase;
use latarnik_model::{Clock, IdSource};
use shared::Shared;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// What the engine needs of the world.
#[derive(Clone)]
pub struct Ports {
    /// Operating-system updates.
    pub updates: Arc<dyn Updates>,
    /// Restarting.
    pub power: Arc<dyn Power>,
    /// Who is signed in, and what they are shown before a restart.
    pub people: Arc<dyn People>,
    /// The machine itself.
    pub machine: Arc<dyn MachineState>,
    /// The machine's clock.
    pub clock: Arc<dyn Clock>,
    /// The time that passes, whatever that clock is set to.
    pub steady: Arc<dyn SteadyClock>,
    /// What is known of time zones.
    pub zones: &'static TimeZoneDatabase,
    /// Randomness for waits.
    pub randomness: Arc<dyn IdSource>,
}

/// Why the agent cannot begin its work.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The machine is not enrolled.
    #[error("this machine is not enrolled")]
    NotEnrolled,
    /// The state cannot be read.
    #[error("the agent's state cannot be read")]
    State(#[source] StateError),
    /// The identity is damaged.
    #[error("the agent's identity is damaged")]
    Credentials(#[source] InvalidCredentials),
    /// The authorities are damaged.
    #[error("the agent does not know whom to trust")]
    Authorities(#[source] UnusableAuthorities),
}

/// Runs the agent until `stop`. A task that runs then is asked to end and reported as interrupted.
///
/// # Errors
/// [`EngineError`] if it cannot begin; nothing that happens later ends it.
pub async fn run(
    state: Arc<State>,
    ports: Ports,
    pace: Pace,
    stop: CancellationToken,
) -> Result<(), EngineError> {
    let learned = state.learned_time().map_err(EngineError::State)?;
    let clock = Arc::new(ServerClock::resume(
        ports.clock.clone(),
        ports.steady.clone(),
        learned,
    ));
    let identity = state
        .identity()
        .map_err(EngineError::State)?
        .ok_or(EngineError::NotEnrolled)?;
    let client = connect(&identity, &clock)?;
    state.prune().map_err(EngineError::State)?;
    let shared = Arc::new(
        Shared::new(state, ports, pace, clock, identity, client, stop.clone())
            .map_err(EngineError::State)?,
    );
    tracing::info!(device_id = %shared.identity().device_id, "the agent runs");
    let network = async {
        tokio::join!(
            poll::run(&shared),
            gate::run(&shared),
            restart::run(&shared),
            delivery::run(&shared),
            logs::run(&shared),
            check_in::run(&shared),
            renewal::run(&shared),
        )
    };
    tokio::select! {
        () = runner::run(&shared) => {}
        _ = network => {}
        () = too_late(&stop) => tracing::warn!("the running task did not end in time"),
    }
    // Nobody would hear an answer; the next start shows them again.
    let people = shared.ports.people.clone();
    let _ = tokio::task::spawn_blocking(move || people.withdraw(Withdrawal::Quietly)).await;
    shared
        .write_status(|status| status.standing = Standing::Stopped)
        .await;
    tracing::info!("the agent stops");
    Ok(())
}

/// Some time after the agent was asked to stop: what runs then is found and reported at the next
/// start.
async fn too_late(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(Duration::from_secs(20)).await;
}

/// A client that shows the identity's certificate.
fn connect(identity: &Identity, clock: &Arc<ServerClock>) -> Result<GatewayClient, EngineError> {
    let trust = GatewayTrust::authorities(&identity.authorities, clock.clone())
        .map_err(EngineError::Authorities)?;
    let credentials = Credentials::from_pem(&identity.certificate, &identity.key)
        .map_err(EngineError::Credentials)?;
    GatewayClient::new(&identity.gateway, &trust, Some(credentials))
        .map_err(EngineError::Credentials)
}
