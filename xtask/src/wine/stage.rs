//! One server, and machines in Wine prefixes with the unmodified agent on them: what the scenarios
//! play on.

use super::{Bench, prefix::Prefix};
use crate::{
    children::{self, Child},
    http::Client,
    json,
    programs::{self, Build},
    stack::{Server, Settings, TokenTerms},
};
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

const AGENT: &str = r"C:\download\latarnik-agent.exe";
const SERVICE: &str = "LatarnikAgent";
const LIMIT: Duration = Duration::from_secs(120);

/// The server that all machines report to.
pub(super) struct Stage<'a> {
    bench: &'a Bench<'a>,
    server: Server,
    client: Client,
    known: BTreeSet<String>,
}

/// A machine whose agent is installed, enrolled and running.
pub(super) struct Machine {
    prefix: Prefix,
    /// Without a program that goes on, Wine would shut the machine down.
    hold: Option<Child>,
    device: String,
}

impl<'a> Stage<'a> {
    pub(super) fn open(bench: &'a Bench<'a>) -> Result<Self> {
        let native = programs::build(bench.workspace, Build::Programs)?;
        let settings = Settings::for_one_run(bench.workspace, "windows-scenarios")?;
        let server = Server::start(&native, &settings)?;
        let owner = server.create_user("owner@example.com", "Owner", "owner")?;
        let client = server.client(&owner)?;
        Ok(Self {
            bench,
            server,
            client,
            known: BTreeSet::new(),
        })
    }

    /// A machine in this world of updates, after its first scan.
    pub(super) fn machine(&mut self, name: &str, world: &Value) -> Result<Machine> {
        let token = self.server.create_token(TokenTerms { name, uses: 1 })?;
        let prefix = self.bench.prefix(name)?;
        prefix.put(&self.bench.programs.agent, "download/latarnik-agent.exe")?;
        let mut machine = Machine {
            prefix,
            hold: None,
            device: String::new(),
        };
        machine.set_world(world)?;
        machine.hold()?;
        machine
            .prefix
            .run(90, &[AGENT, "install", &token])?
            .expect_success()?;
        let mut device = None;
        self.wait("a machine's first scan", |client| {
            let page = client.get("/devices?limit=50&os_family=windows")?;
            device = json::items(&page, "items")
                .iter()
                .filter(|device| {
                    json::text(json::field(device, "scan"), "state") == Some("succeeded")
                })
                .filter_map(|device| json::text(device, "id").map(str::to_owned))
                .find(|id| !self.known.contains(id));
            Ok(device.is_some())
        })?;
        machine.device = device.context("the machine has an id")?;
        self.known.insert(machine.device.clone());
        Ok(machine)
    }

    /// Lets a machine do something, and gives back the id of its task.
    pub(super) fn begin(&self, machine: &Machine, kind: &str, keys: &[&str]) -> Result<String> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let keys = (!keys.is_empty()).then_some(keys);
        let body = json!({
            "kind": kind, "device_ids": [machine.device], "when": { "type": "now" },
            "update_keys": keys,
        });
        let key = format!("0b5b2e3c-7f0e-4f0e-9a53-{number:012}");
        let action = self.client.post("/actions", &key, &body)?;
        let id = json::text(&action, "id").context("an action has an id")?;
        let page = self
            .client
            .get(&format!("/tasks?limit=10&action_id={id}"))?;
        let task = json::items(&page, "items").first();
        let id = task.and_then(|task| json::text(task, "id"));
        Ok(id.context("the action has a task")?.to_owned())
    }

    pub(super) fn task(&self, id: &str) -> Result<Value> {
        self.client.get(&format!("/tasks/{id}"))
    }

    pub(super) fn cancel(&self, id: &str) -> Result<()> {
        let path = format!("/tasks/{id}/cancel");
        self.client.post(&path, id, &json!({})).map(drop)
    }

    /// The task when it has ended.
    pub(super) fn finished(&self, id: &str) -> Result<Value> {
        let mut task = Value::Null;
        self.wait("the end of a task", |_| {
            task = self.task(id)?;
            Ok(json::text(&task, "finished_at").is_some())
        })
        .with_context(|| format!("the task is {task:#}"))?;
        Ok(task)
    }

    /// Runs a task to its end.
    pub(super) fn run(&self, machine: &Machine, kind: &str, keys: &[&str]) -> Result<Value> {
        let id = self.begin(machine, kind, keys)?;
        self.finished(&id)
    }

    /// Waits until the API says it.
    pub(super) fn wait(
        &self,
        what: &str,
        mut is_true: impl FnMut(&Client) -> Result<bool>,
    ) -> Result<()> {
        children::wait_until(what, LIMIT, || is_true(&self.client))
    }

    /// Where an update stands in the device's history.
    pub(super) fn state(&self, machine: &Machine, key: &str) -> Result<Option<String>> {
        let steps = format!("/devices/{}/update-steps?limit=500", machine.device);
        let page = self.client.get(&steps)?;
        // Newest first.
        let step = json::items(&page, "items")
            .iter()
            .find(|step| json::text(step, "key") == Some(key));
        Ok(step.and_then(|step| json::text(step, "state").map(str::to_owned)))
    }

    /// Waits until an update stands so.
    pub(super) fn expect_state(&self, machine: &Machine, key: &str, state: &str) -> Result<()> {
        let mut now = None;
        self.wait("the state of an update", |_| {
            now = self.state(machine, key)?;
            Ok(now.as_deref() == Some(state))
        })
        .with_context(|| format!("{key} is {now:?} and not {state}"))
    }

    /// The keys of what a device is offered, in order.
    pub(super) fn offered(&self, machine: &Machine) -> Result<Vec<String>> {
        let page = self
            .client
            .get(&format!("/devices/{}/updates?limit=100", machine.device))?;
        let mut keys: Vec<_> = json::items(&page, "items")
            .iter()
            .filter_map(|update| json::text(update, "key").map(str::to_owned))
            .collect();
        keys.sort_unstable();
        Ok(keys)
    }
}

impl Machine {
    const WORLD: &str = "windows-update-double/scenario.json";

    pub(super) fn set_world(&self, world: &Value) -> Result<()> {
        fs::write(self.prefix.path(Self::WORLD), world.to_string())
            .context("could not write the scenario")
    }

    /// Changes fields of the world as it is now. The update agent wrote all of them down when it was
    /// asked first.
    pub(super) fn change_world(&self, fields: &[(&str, Value)]) -> Result<()> {
        let text = fs::read_to_string(self.prefix.path(Self::WORLD))?;
        let mut world: Value = serde_json::from_str(&text).context("the scenario is no JSON")?;
        for (pointer, value) in fields {
            let field = world.pointer_mut(pointer);
            *field.with_context(|| format!("the scenario has no {pointer}"))? = value.clone();
        }
        self.set_world(&world)
    }

    /// What was called of the update agent.
    pub(super) fn calls(&self) -> String {
        let log = self.prefix.path("windows-update-double/calls.log");
        fs::read_to_string(log).unwrap_or_default()
    }

    /// Ends the agent's process as a crash does, and starts its service again.
    pub(super) fn kill_agent(&self) -> Result<()> {
        self.prefix
            .run(30, &["taskkill", "/f", "/im", "latarnik-agent.exe"])?
            .expect_success()?;
        let mut last = String::new();
        for _ in 0..20 {
            let started = self.prefix.run(60, &["net", "start", SERVICE])?;
            let query = self.prefix.run(30, &["sc", "query", SERVICE])?;
            if query.text.contains("RUNNING") {
                return Ok(());
            }
            last = started.text;
            std::thread::sleep(Duration::from_millis(500));
        }
        bail!("the service does not start again: {last}")
    }

    /// Ends everything and starts the machine anew: what Windows keeps in memory only is gone, and
    /// its services start by themselves.
    pub(super) fn restart(&mut self) -> Result<()> {
        self.prefix.end();
        self.hold = None;
        self.hold()?;
        let query = self.prefix.run(60, &["sc", "query", SERVICE])?;
        ensure!(
            query.text.contains("SERVICE_NAME"),
            "sc says\n{}",
            query.text
        );
        let running = |machine: &Self| -> Result<bool> {
            let query = machine.prefix.run(30, &["sc", "query", SERVICE])?;
            Ok(query.text.contains("RUNNING"))
        };
        children::wait_until("the agent's service", LIMIT, || running(self))
    }

    fn hold(&mut self) -> Result<()> {
        self.hold = Some(self.prefix.start("hold", &[super::MACHINE, "hold"])?);
        Ok(())
    }
}
