//! Registering and starting all agents.

use crate::{
    agent::{Agent, Connection},
    arguments::{Arguments, Measure},
    clock::SystemClock,
    identity::{self, Identity},
    machine::{self, Machine},
    measure,
    progress::{Counter, say},
};
use anyhow::{Context, Result};
use futures_util::{StreamExt, TryStreamExt, stream};
use latarnik_agent_core::ServerClock;
use latarnik_model::Clock;
use latarnik_protocol::EnrollmentToken;
use std::{
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::task::JoinSet;

/// What all agents share.
struct Shared {
    token: EnrollmentToken,
    clock: Arc<ServerClock>,
    logs: Arc<PathBuf>,
    state_folder: Option<PathBuf>,
    connected: Counter,
}

/// Runs the fleet until the program is stopped, or a measurement until it is over.
pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    let token = arguments
        .token
        .parse()
        .context("the enrollment token cannot be used")?;
    let logs = tempfile::tempdir().context("cannot make a folder for logs")?;
    if let Some(folder) = &arguments.state_folder {
        create_private(folder)?;
    }
    let clock = Arc::new(ServerClock::new(Arc::new(SystemClock)));
    let machines = machine::fleet(arguments.seed, arguments.agents, clock.now());
    let shared = Shared {
        token,
        clock,
        logs: Arc::new(logs.path().to_owned()),
        state_folder: arguments.state_folder.clone(),
        connected: Counter::new("connected", machines.len()),
    };
    let agents = start(&shared, machines, arguments).await?;
    match arguments.measure {
        None => run_forever(agents).await,
        Some(Measure::CheckIns) => measure::check_ins(&agents, arguments.duration()).await,
        Some(Measure::ActionToStart) => {
            measure::action_to_start(&agents, arguments.duration(), arguments.tasks).await
        }
    }
}

async fn run_forever(agents: Vec<Arc<Agent>>) -> Result<()> {
    measure::announce(&agents)?;
    say(&format!("{} agents run; Ctrl-C ends them", agents.len()));
    let mut running = JoinSet::new();
    for agent in agents {
        running.spawn(agent.run());
    }
    while running.join_next().await.is_some() {}
    say("the server rejected every agent");
    Ok(())
}

/// Registers or connects every agent; those that are offline (never while measuring) end here.
async fn start(
    shared: &Shared,
    machines: Vec<Machine>,
    arguments: &Arguments,
) -> Result<Vec<Arc<Agent>>> {
    let is_measuring = arguments.measure.is_some();
    let started = stream::iter((0..).zip(machines))
        .map(|(index, machine)| start_one(shared, index, machine, is_measuring))
        .buffer_unordered(arguments.concurrency.max(1))
        .try_collect::<Vec<_>>()
        .await?;
    Ok(started.into_iter().flatten().collect())
}

async fn start_one(
    shared: &Shared,
    index: u32,
    mut machine: Machine,
    is_measuring: bool,
) -> Result<Option<Arc<Agent>>> {
    let file = shared
        .state_folder
        .as_deref()
        .map(|folder| identity::path(folder, index));
    let is_away = machine.is_offline && !is_measuring;
    let known = file.as_deref().map(Identity::load).transpose()?.flatten();
    if is_away && known.is_some() {
        shared.connected.count();
        return Ok(None);
    }
    let is_new = known.is_none();
    let mut identity = match known {
        Some(identity) => identity,
        None => {
            let facts = machine.facts.clone();
            Identity::register(&shared.token, &shared.clock, facts, &mut machine.random).await?
        }
    };
    let mut client = identity.client(&shared.token.gateway, &shared.clock)?;
    let is_renewed = identity.is_due(shared.clock.now(), None);
    if is_renewed {
        identity.renew(&client).await?;
        client = identity.client(&shared.token.gateway, &shared.clock)?;
    }
    if let Some(file) = file.as_deref().filter(|_| is_new || is_renewed) {
        identity.save(file)?;
    }
    let hostname = machine.facts.hostname.clone();
    let (clock, logs) = (shared.clock.clone(), shared.logs.clone());
    let connection = Connection {
        gateway: shared.token.gateway.clone(),
        client,
        clock,
    };
    let agent = Agent::new(connection, logs, identity, file, machine);
    agent.begin().await.with_context(|| {
        format!("{hostname} cannot check in; if the server is a new one, delete the state folder")
    })?;
    shared.connected.count();
    Ok((!is_away).then(|| Arc::new(agent)))
}

fn create_private(folder: &Path) -> Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("cannot create {}", folder.display()))
}
