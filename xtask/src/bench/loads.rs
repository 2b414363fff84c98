//! The loads that are measured: what the simulator, the console's API and the kernel say.

use super::{
    Bench, maintenance,
    processes::{self, Cpu},
    refusals::Refusals,
    sign_ins::SignIns,
    studies::{ActionCourse, AuditCost, MaintenanceLoad, Place, PolicyPass},
    walls::Walls,
};
use crate::{
    children::{self, Child},
    http::Client,
    json,
    postgres::Postgres,
    stack::{self, Server, Settings, TokenTerms, User},
    step,
};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

/// How long a program may settle before its idle memory counts.
pub(super) const SETTLING: Duration = Duration::from_secs(10);
/// Agents that check in without a pause: as many connections as peers were measured with.
const SATURATION: u32 = 50;
/// The simulator leaves this out at the start of a measurement.
const WARM_UP: Duration = Duration::from_secs(2);
const ACTIONS: usize = 500;
const BETWEEN_ACTIONS: Duration = Duration::from_millis(20);

/// What a server needs, with one database.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) idle_bytes: u64,
    pub(super) with_agents_bytes: u64,
    pub(super) bytes_per_further_agent: f64,
}

/// What was measured with one database.
#[derive(Debug, Default)]
pub(super) struct Measured {
    pub(super) sign_ins: SignIns,
    pub(super) refusals: Refusals,
    pub(super) audit: AuditCost,
    pub(super) course: ActionCourse,
    pub(super) policies: PolicyPass,
    pub(super) maintenance: MaintenanceLoad,
    /// Where there is a second wall.
    pub(super) walls: Option<Walls>,
    pub(super) action_p50_ms: f64,
    pub(super) action_p99_ms: f64,
    pub(super) check_ins_per_second: f64,
    pub(super) check_in_p99_ms: f64,
    pub(super) server_cpu_per_thousand: f64,
    pub(super) database_cpu_per_thousand: f64,
    pub(super) list_p95_ms: f64,
    pub(super) list_with_total_p95_ms: f64,
}

/// A server under load.
pub(super) struct Subject<'a> {
    pub(super) bench: &'a Bench<'a>,
    pub(super) settings: Settings,
    postgres: Option<&'a Postgres>,
    pub(super) server: Server,
    owner: User,
    pub(super) client: Client,
}

impl<'a> Subject<'a> {
    pub(super) fn start(
        bench: &'a Bench<'a>,
        mut settings: Settings,
        postgres: Option<&'a Postgres>,
    ) -> Result<Self> {
        settings.configuration = format!("{}{}", stack::TRIAL, stack::WIDE_LIMITS);
        let server = Server::start(bench.programs, &settings)?;
        let owner = server.create_user("owner@example.test", "Owner", "owner")?;
        let client = server.client(&owner)?;
        maintenance::put_in_force(&client)?;
        Ok(Self {
            bench,
            settings,
            postgres,
            server,
            owner,
            client,
        })
    }

    /// Everything, in an order in which one measurement prepares the next.
    pub(super) fn measure(&mut self) -> Result<Measured> {
        let mut measured = Measured::default();
        step::work("sign-ins", || {
            measured.sign_ins = self.sign_ins(&self.owner)?;
            Ok(())
        })?;
        step::work("refusals of nobody, a session and a token", || {
            measured.refusals = self.refusals()?;
            Ok(())
        })?;
        self.study(&mut measured)?;
        let agents = self.bench.settings.agents;
        step::work(&format!("actions on {agents} connected agents"), || {
            self.action_to_start(agents, &mut measured)
        })?;
        step::work("check-ins at saturation", || self.check_ins(&mut measured))?;
        let devices = self.bench.settings.devices;
        step::work(&format!("list of {devices} devices"), || {
            self.device_list(devices, &mut measured)
        })?;
        if let Some(postgres) = self.postgres {
            step::work("the same behind row-level security and without", || {
                measured.walls = Some(self.walls(postgres)?);
                Ok(())
            })?;
        }
        self.server.check()?;
        Ok(measured)
    }

    /// Use cases, while the server has nothing to do.
    fn study(&self, measured: &mut Measured) -> Result<()> {
        let (studies, devices) = (self.bench.studies, self.bench.settings.devices);
        let place = self.place();
        step::work("mutations with and without audit", || {
            measured.audit = studies.audit_cost(place)?;
            Ok(())
        })?;
        step::work(&format!("an action over {devices} devices"), || {
            measured.course = studies.action_course(place, devices)?;
            Ok(())
        })?;
        step::work(&format!("policies over {devices} devices"), || {
            measured.policies = studies.policy_pass(place, devices)?;
            Ok(())
        })?;
        step::work(&format!("maintenance windows of {devices} devices"), || {
            measured.maintenance = studies.maintenance_load(place, devices)?;
            Ok(())
        })
    }

    /// Where a study takes place that is to have the same database.
    pub(super) fn place(&self) -> Place<'_> {
        Place {
            postgres: self.postgres,
            folder: &self.settings.folder,
        }
    }

    /// Memory of the idle server, with agents connected, and what each of as many further ones adds:
    /// caches and pools that the first ones fill are no cost of an agent.
    pub(super) fn measure_memory(&mut self) -> Result<Memory> {
        let agents = self.bench.settings.agents;
        let mut memory = Memory::default();
        step::work(
            &format!("memory with {agents} and twice as many agents"),
            || {
                memory.idle_bytes = self.settled_bytes()?;
                let more = ["--tasks", "1", "--seconds", "300"].map(str::to_owned);
                let folder = self.settings.simulator_folder();
                let mut first =
                    self.load_from(&folder.join("first"), "action-to-start", agents, &more)?;
                first.wait_for("connected", Duration::from_secs(600))?;
                memory.with_agents_bytes = self.settled_bytes()?;
                let mut further =
                    self.load_from(&folder.join("further"), "action-to-start", agents, &more)?;
                further.wait_for("connected", Duration::from_secs(600))?;
                let added = self
                    .settled_bytes()?
                    .saturating_sub(memory.with_agents_bytes);
                memory.bytes_per_further_agent = added as f64 / f64::from(agents);
                Ok(memory)
            },
        )
    }

    fn settled_bytes(&self) -> Result<u64> {
        thread::sleep(SETTLING);
        processes::resident_bytes(self.server.process_id())
    }

    fn action_to_start(&mut self, agents: u32, measured: &mut Measured) -> Result<()> {
        let more = ["--tasks", &ACTIONS.to_string(), "--seconds", "300"].map(str::to_owned);
        let mut load = self.load("action-to-start", agents, &more)?;
        load.wait_for("connected", Duration::from_secs(600))?;
        let devices = device_ids(&self.client)?;
        for (number, device) in devices.iter().cycle().take(ACTIONS).enumerate() {
            let action =
                json!({ "kind": "scan", "device_ids": [device], "when": { "type": "now" } });
            self.client
                .post("/actions", &format!("bench-{number}"), &action)?;
            thread::sleep(BETWEEN_ACTIONS);
        }
        let result = load.wait_for("done", Duration::from_secs(330))?;
        measured.action_p50_ms = number(&result, "p50_ms")?;
        measured.action_p99_ms = number(&result, "p99_ms")?;
        Ok(())
    }

    fn check_ins(&mut self, measured: &mut Measured) -> Result<()> {
        let seconds = self.bench.settings.seconds;
        let more = ["--seconds".to_owned(), seconds.to_string()];
        let mut load = self.load("check-ins", SATURATION, &more)?;
        load.wait_for("connected", Duration::from_secs(120))?;
        thread::sleep(WARM_UP);
        let before = self.cpu()?;
        thread::sleep(Duration::from_secs(seconds));
        let used = self.cpu()?.since(before);
        let result = load.wait_for("done", Duration::from_secs(60))?;
        let thousands = number(&result, "check_ins")? / 1000.0;
        measured.check_ins_per_second = number(&result, "check_ins_per_second")?;
        measured.check_in_p99_ms = number(&result, "p99_ms")?;
        measured.server_cpu_per_thousand = used.server_seconds / thousands;
        measured.database_cpu_per_thousand = used.database_seconds / thousands;
        Ok(())
    }

    pub(super) fn cpu(&self) -> Result<Cpu> {
        let database = self.postgres.map_or(Ok(0.0), |postgres| {
            processes::family_cpu_seconds(postgres.process_id())
        })?;
        Ok(Cpu {
            server_seconds: processes::cpu_seconds(self.server.process_id())?,
            database_seconds: database,
        })
    }

    pub(super) fn token(&self, uses: u32) -> Result<String> {
        self.server.create_token(TokenTerms { name: "Load", uses })
    }

    fn load(&self, measure: &str, agents: u32, more: &[String]) -> Result<Load> {
        let folder = self.settings.simulator_folder();
        self.load_from(&folder, measure, agents, more)
    }

    /// A fleet of its own: one folder is one fleet.
    fn load_from(
        &self,
        folder: &Path,
        measure: &str,
        agents: u32,
        more: &[String],
    ) -> Result<Load> {
        let mut command = Command::new(&self.bench.programs.simulator);
        command
            .args(["--agents", &agents.to_string(), "--measure", measure])
            .args(more);
        command.arg("--state-folder").arg(folder);
        command.env("LATARNIK_ENROLLMENT_TOKEN", self.token(agents)?);
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let log = self.settings.logs.join(format!("{measure}-{name}.log"));
        Ok(Load {
            process: Child::start("the simulator", command, &log)?,
            log,
        })
    }
}

/// A measuring simulator.
struct Load {
    process: Child,
    log: PathBuf,
}

impl Load {
    /// Waits for the line of JSON with this state.
    fn wait_for(&mut self, state: &str, limit: Duration) -> Result<Value> {
        let mut found = None;
        children::wait_until(&format!("the simulator's {state}"), limit, || {
            found = line_with_state(&self.log, state);
            if found.is_none() {
                self.process.check()?;
                // It may have said so just before it ended.
                found = line_with_state(&self.log, state);
            }
            Ok(found.is_some())
        })?;
        found.context("it was found")
    }
}

fn line_with_state(log: &Path, state: &str) -> Option<Value> {
    let text = fs::read_to_string(log).ok()?;
    text.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|value| json::text(value, "state") == Some(state))
}

fn device_ids(client: &Client) -> Result<Vec<String>> {
    let page = client.get("/devices?limit=500")?;
    let ids = json::items(&page, "items")
        .iter()
        .filter_map(|device| json::text(device, "id"));
    Ok(ids.map(str::to_owned).collect())
}

fn number(value: &Value, name: &str) -> Result<f64> {
    json::field(value, name)
        .as_f64()
        .with_context(|| format!("the simulator told no {name}"))
}
