//! Maintenance windows: in force wherever something is measured, and how fast a change of one
//! reaches an agent.

use super::{
    Bench,
    times::{Spread, Times},
};
use crate::{
    children, demonstration,
    http::Client,
    json,
    stack::{Agent, Server, Settings, TokenTerms},
    step,
    workspace::Workspace,
};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::{fs, path::Path, thread, time::Duration};

const CHANGES: u32 = 30;
const LIMIT: Duration = Duration::from_secs(30);
/// How often the agent's status file is looked at.
const LOOK: Duration = Duration::from_millis(2);
/// Changes do not follow each other more closely than that, and not in step with anything either.
const BETWEEN: Duration = Duration::from_millis(370);

/// What does not depend on the database.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// Next openings of a thousand devices, on a processor.
    pub(super) next_openings_ms: f64,
    /// From the request that changes a window until the agent's status tells of it.
    pub(super) change: Spread,
}

/// Windows and a blackout for all devices of the provider.
pub(super) fn put_in_force(client: &Client) -> Result<()> {
    demonstration::set_up_in(client, &tenant(client)?)
}

fn tenant(client: &Client) -> Result<Value> {
    let tenants = client.get("/tenants")?;
    let id = tenants.pointer("/items/0/id").cloned();
    id.context("there is no tenant")
}

pub(super) fn measure(workspace: &Workspace, bench: &Bench<'_>) -> Result<Reach> {
    let next_openings_ms = step::work("next openings of 1,000 devices", || {
        bench.studies.next_openings()
    })?;
    let change = step::work("changes of a window until the agent knows", || {
        changes(workspace, bench)
    })?;
    Ok(Reach {
        next_openings_ms,
        change,
    })
}

/// One agent that waits for tasks, on this machine, and a window that is changed again and again.
fn changes(workspace: &Workspace, bench: &Bench<'_>) -> Result<Spread> {
    let settings = Settings::for_one_run(workspace, "bench-window-changes")?;
    let server = Server::start(bench.programs, &settings)?;
    let owner = server.create_user("owner@example.test", "Owner", "owner")?;
    let client = server.client(&owner)?;
    let token = server.create_token(TokenTerms {
        name: "Load",
        uses: 1,
    })?;
    Agent::enroll(bench.programs, &settings, &token)?;
    let mut agent = Agent::start(bench.programs, &settings)?;
    agent.wait_for_contact()?;
    let status = settings.agent_folder().join("status.json");
    let tenant = tenant(&client)?;
    let made = client.post("/maintenance-windows", "bench", &window(&tenant, 0))?;
    let id = json::text(&made, "id").context("the window has no id")?;
    wait_until_told(&mut agent, &status, 0)?;
    let mut times = Times::default();
    for number in 1..=CHANGES {
        thread::sleep(BETWEEN);
        let mut window = window(&tenant, number);
        set(&mut window, "version", json!(number));
        times.take(|| {
            client.put(&format!("/maintenance-windows/{id}"), &window)?;
            wait_until_told(&mut agent, &status, number)
        })?;
    }
    times.spread()
}

/// Told apart by its name, which the agent's verdicts and the status file have.
fn window(tenant: &Value, number: u32) -> Value {
    let days = json!([
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday"
    ]);
    json!({
        "tenant_id": tenant, "name": name(number), "enabled": true,
        "definition": {
            "recurrence": { "type": "weekly", "days": days },
            "start_time": "00:00", "duration_minutes": 24 * 60, "actions": ["update"],
        },
    })
}

fn name(number: u32) -> String {
    format!("change {number}.")
}

fn set(window: &mut Value, field: &str, value: Value) {
    if let Some(fields) = window.as_object_mut() {
        fields.remove("tenant_id");
        fields.insert(field.to_owned(), value);
    }
}

fn wait_until_told(agent: &mut Agent, status: &Path, number: u32) -> Result<()> {
    let name = name(number);
    let begun = std::time::Instant::now();
    while begun.elapsed() < LIMIT {
        let text = fs::read_to_string(status).unwrap_or_default();
        if text.contains(&name) {
            return Ok(());
        }
        agent.check()?;
        children::check_interruption()?;
        thread::sleep(LOOK);
    }
    anyhow::bail!("the agent has not heard of \"{name}\" in {LIMIT:?}")
}
