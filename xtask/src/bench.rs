//! `cargo xtask bench`: the figures in `docs/operating.md`, measured on this machine.

mod connection;
mod listings;
mod loads;
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
use clap::Args;
use loads::{SETTLING, Subject};
use std::{fs, path::Path, thread};
use studies::Studies;

/// As a server is run for real, unlike the one for tests.
const DURABLE: &[&str] = &["fsync=on", "synchronous_commit=on", "full_page_writes=on"];

/// Measures release programs under load and prints a table.
#[derive(Debug, Args)]
pub(crate) struct Load {
    /// Simulated agents that stay connected.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    agents: u32,
    /// Devices in the list, of an action, and of a tenant with policies.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    devices: u32,
    /// How long check-ins are measured.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    seconds: u64,
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

pub(crate) fn run(workspace: &Workspace, settings: &Load) -> Result<()> {
    packages::install(postgres::PACKAGES)?;
    let shipped = dist::run(workspace)?;
    let programs = programs::build(workspace, Build::Release)?;
    let studies = Studies::build(workspace)?;
    let bench = Bench {
        programs: &programs,
        studies: &studies,
        settings,
    };
    let sizes = measure_sizes(workspace, &programs, &shipped)?;
    let sqlite = Settings::for_one_run(workspace, "bench-sqlite")?;
    step::say("\n== SQLite ==");
    let sqlite = (
        Subject::start(&bench, sqlite, None)?.measure()?,
        Subject::start(
            &bench,
            Settings::for_one_run(workspace, "bench-memory")?,
            None,
        )?
        .measure_memory()?,
    );
    step::say("\n== PostgreSQL ==");
    let postgres = Postgres::start(workspace, DURABLE)?;
    let mut on_postgres = Settings::for_one_run(workspace, "bench-postgresql")?;
    on_postgres.database = Some(postgres.create_database("bench")?);
    let mut memory = Settings::for_one_run(workspace, "bench-memory-postgresql")?;
    memory.database = Some(postgres.create_database("bench_memory")?);
    let on_postgres = (
        Subject::start(&bench, on_postgres, Some(&postgres))?.measure()?,
        Subject::start(&bench, memory, Some(&postgres))?.measure_memory()?,
    );
    let table = table::write(settings, &sizes, &sqlite, &on_postgres);
    let place = workspace.logs().join("bench.md");
    fs::write(&place, &table).with_context(|| format!("could not write {}", place.display()))?;
    step::say(&format!("\n{table}\n{}", place.display()));
    Ok(())
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
