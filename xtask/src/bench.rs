//! `cargo xtask bench`: the figures in `docs/operating.md`, measured on this machine.

mod backup;
mod connection;
mod listings;
mod loads;
mod maintenance;
mod processes;
mod refusals;
mod sign_ins;
mod studies;
mod table;
mod times;
mod walls;

use crate::{
    children, dist, packages,
    postgres::{self, Postgres},
    programs::{self, Build, Programs},
    stack::{Agent, Server, Settings, TokenTerms},
    step,
    workspace::Workspace,
};
use anyhow::{Context, Result};
use clap::{Args, Subcommand, ValueEnum};
use loads::{Memory, SETTLING, Subject};
use std::{fs, path::Path, thread};
use studies::{Place, Studies};

/// As a server is run for real, unlike the one for tests.
const DURABLE: &[&str] = &["fsync=on", "synchronous_commit=on", "full_page_writes=on"];

/// Measures programs as they are shipped and prints a table.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Benchmark {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    load: Load,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Measures backups and restores beside other programs
    Backup(backup::Comparison),
}

#[derive(Debug, Args)]
struct Load {
    /// Simulated agents that stay connected.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    agents: u32,
    /// Devices in the list, of an action, and of a tenant with policies.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    devices: u32,
    /// How long check-ins are measured.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    seconds: u64,
    /// Measures nothing else.
    #[arg(long, value_enum)]
    only: Option<Only>,
}

/// A part of the measurements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Only {
    /// What maintenance windows cost.
    Maintenance,
    /// What the server needs with agents connected.
    Memory,
}

struct Bench<'a> {
    programs: &'a Programs,
    studies: &'a Studies,
    settings: &'a Load,
}

/// What the programs themselves need.
struct Sizes {
    server_bytes: u64,
    agent_bytes: u64,
    windows_agent_bytes: u64,
    agent_idle_bytes: u64,
}

/// What does not depend on the database.
struct Alone {
    sizes: Sizes,
    windows: maintenance::Reach,
}

pub(crate) fn run(workspace: &Workspace, settings: &Benchmark) -> Result<()> {
    match &settings.what {
        Some(What::Backup(comparison)) => backup::run(workspace, comparison),
        None => run_load(workspace, &settings.load),
    }
}

fn run_load(workspace: &Workspace, settings: &Load) -> Result<()> {
    packages::install(postgres::PACKAGES)?;
    let programs = programs::build(workspace, Build::Release)?;
    let studies = Studies::build(workspace)?;
    let bench = Bench {
        programs: &programs,
        studies: &studies,
        settings,
    };
    let table = match settings.only {
        None => everything(workspace, &bench)?,
        Some(Only::Maintenance) => only_maintenance(workspace, &bench)?,
        Some(Only::Memory) => {
            let memory = memory(workspace, &bench)?;
            table::memory(settings.agents, &memory.0, &memory.1)
        }
    };
    let place = workspace.logs().join("bench.md");
    fs::write(&place, &table).with_context(|| format!("could not write {}", place.display()))?;
    step::say(&format!("\n{table}\n{}", place.display()));
    Ok(())
}

fn everything(workspace: &Workspace, bench: &Bench<'_>) -> Result<String> {
    let shipped = dist::run(workspace)?;
    let alone = Alone {
        sizes: measure_sizes(workspace, bench.programs, &shipped)?,
        windows: maintenance::measure(workspace, bench)?,
    };
    let measured = both(workspace, "all", |own, postgres| {
        Subject::start(bench, own, postgres)?.measure()
    })?;
    let memory = memory(workspace, bench)?;
    let sqlite = (measured.0, memory.0);
    let postgres = (measured.1, memory.1);
    Ok(table::write(bench.settings, &alone, &sqlite, &postgres))
}

fn memory(workspace: &Workspace, bench: &Bench<'_>) -> Result<(Memory, Memory)> {
    both(workspace, "memory", |own, postgres| {
        Subject::start(bench, own, postgres)?.measure_memory()
    })
}

fn only_maintenance(workspace: &Workspace, bench: &Bench<'_>) -> Result<String> {
    let devices = bench.settings.devices;
    let reach = maintenance::measure(workspace, bench)?;
    let loads = both(workspace, "maintenance", |own, postgres| {
        let place = Place {
            postgres,
            folder: &own.folder,
        };
        step::work("maintenance windows of many devices", || {
            bench.studies.maintenance_load(place, devices)
        })
    })?;
    Ok(table::maintenance(devices, &reach, &loads.0, &loads.1))
}

/// The same on SQLite and on PostgreSQL, each time with an empty database.
fn both<T>(
    workspace: &Workspace,
    what: &str,
    measure: impl Fn(Settings, Option<&Postgres>) -> Result<T>,
) -> Result<(T, T)> {
    step::say("\n== SQLite ==");
    let own = Settings::for_one_run(workspace, &format!("bench-{what}-sqlite"))?;
    let sqlite = measure(own, None)?;
    step::say("\n== PostgreSQL ==");
    let postgres = Postgres::start(workspace, DURABLE)?;
    let mut own = Settings::for_one_run(workspace, &format!("bench-{what}-postgresql"))?;
    own.database = Some(postgres.create_database("bench")?);
    Ok((sqlite, measure(own, Some(&postgres))?))
}

fn measure_sizes(workspace: &Workspace, programs: &Programs, shipped: &Path) -> Result<Sizes> {
    let size = |name: &str| -> Result<u64> { Ok(fs::metadata(shipped.join(name))?.len()) };
    Ok(Sizes {
        server_bytes: size("latarnik-linux-x86_64")?,
        agent_bytes: size("latarnik-agent-linux-x86_64")?,
        windows_agent_bytes: size("latarnik-agent-windows-x86_64.exe")?,
        agent_idle_bytes: step::work("memory of an idle agent", || {
            idle_agent_bytes(workspace, programs)
        })?,
    })
}

/// This machine's agent after its first scan.
fn idle_agent_bytes(workspace: &Workspace, programs: &Programs) -> Result<u64> {
    let settings = Settings::for_one_run(workspace, "bench-agent")?;
    let server = Server::start(programs, &settings)?;
    let owner = server.create_user("owner@example.test", "Owner", "owner")?;
    let client = server.client(&owner)?;
    let token = server.create_token(TokenTerms {
        name: "Load",
        uses: 1,
    })?;
    Agent::enroll(programs, &settings, &token)?;
    let mut agent = Agent::start(programs, &settings)?;
    agent.wait_for_scan(&client)?;
    thread::sleep(SETTLING);
    children::check_interruption()?;
    processes::resident_bytes(agent.process_id())
}
