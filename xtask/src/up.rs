//! `cargo xtask up`: everything on this machine, with this machine in it.

use crate::{
    children, demonstration,
    http::Client,
    json,
    programs::{self, Build, Programs},
    stack::{self, Agent, Fleet, Server, Settings, TokenTerms, User},
    step, windows,
    workspace::Workspace,
};
use anyhow::{Context, Result};
use clap::Args;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

const OWNER: &str = "owner@latarnik.local";

/// Builds and starts server, console and this machine's agent. Ctrl-C stops all of it.
#[derive(Debug, Args)]
pub(crate) struct Up {
    /// Adds a fleet of simulated devices.
    #[arg(long, value_name = "N", default_value_t = 0)]
    simulated_devices: u32,
    /// Where everything is kept between runs.
    #[arg(long, value_name = "DIR", default_value = "data")]
    data_folder: PathBuf,
    /// Port of the console.
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    port: u16,
    /// Port of the agents' gateway. Enrolled agents keep the one they know.
    #[arg(long, value_name = "PORT", default_value_t = 8443)]
    gateway_port: u16,
    /// Builds the Windows agent too, so that the console can hand it out.
    #[arg(long)]
    with_windows: bool,
}

pub(crate) fn run(workspace: &Workspace, up: &Up) -> Result<()> {
    let started = Instant::now();
    let folder = workspace.root.join(&up.data_folder);
    let settings = Settings {
        logs: folder.join("logs"),
        folder,
        console_port: up.port,
        gateway_port: up.gateway_port,
        database: None,
        configuration: stack::TRIAL.to_owned(),
        trusted_certificates: None,
    };
    let programs = programs::build(workspace, Build::Programs)?;
    if up.with_windows {
        let agent = windows::build(workspace, windows::Profile::Dev)?;
        stack::hand_out(&agent, "latarnik-agent-windows-x86_64.exe", &settings)?;
    }
    let mut server = step::work("start the server", || Server::start(&programs, &settings))?;
    let owner = first_owner(&server, &settings.folder)?;
    let client = owner
        .as_ref()
        .map(|owner| server.client(owner))
        .transpose()?;
    let mut fleet = start_fleet(
        &server,
        &programs,
        &settings,
        up.simulated_devices,
        client.as_ref(),
    )?;
    let (mut agent, device) = start_agent(&server, &programs, &settings, client.as_ref())?;
    print_summary(
        &server,
        owner.as_ref(),
        &device,
        &settings,
        started.elapsed(),
    );
    loop {
        children::check_interruption()?;
        server.check()?;
        agent.check()?;
        if let Some(fleet) = &mut fleet {
            fleet.check()?;
        }
        thread::sleep(Duration::from_millis(200));
    }
}

/// The first run makes the owner; later runs know that from a mark without any secret.
fn first_owner(server: &Server, folder: &Path) -> Result<Option<User>> {
    let mark = folder.join("owner.txt");
    if mark.exists() {
        return Ok(None);
    }
    let owner = step::work("create the owner", || {
        server.create_user(OWNER, "Owner", "owner")
    })?;
    fs::write(&mark, format!("{OWNER}\n"))
        .with_context(|| format!("could not write {}", mark.display()))?;
    Ok(Some(owner))
}

fn start_fleet(
    server: &Server,
    programs: &Programs,
    settings: &Settings,
    devices: u32,
    client: Option<&Client>,
) -> Result<Option<Fleet>> {
    if devices == 0 {
        return Ok(None);
    }
    step::work(&format!("start {devices} simulated devices"), || {
        let token = server.create_token(TokenTerms {
            name: "Simulated devices",
            uses: devices,
        })?;
        let mut fleet = Fleet::start(programs, settings, &token, devices)?;
        if let Some(client) = client {
            fleet.wait_for_scans(client, u64::from(devices))?;
            demonstration::set_up(client)?;
        }
        Ok(Some(fleet))
    })
}

/// This machine's agent, and its device if somebody is signed in who may see it.
fn start_agent(
    server: &Server,
    programs: &Programs,
    settings: &Settings,
    client: Option<&Client>,
) -> Result<(Agent, Value)> {
    if !Agent::is_enrolled(programs, settings) {
        step::work("enrol this machine", || {
            let token = server.create_token(TokenTerms {
                name: "This machine",
                uses: 1,
            })?;
            Agent::enroll(programs, settings, &token)
        })?;
    }
    let mut agent = step::work("start this machine's agent", || {
        let mut agent = Agent::start(programs, settings)?;
        agent.wait_for_contact()?;
        Ok(agent)
    })?;
    let device = match client {
        Some(client) => step::work("scan this machine", || agent.wait_for_scan(client))?,
        None => Value::Null,
    };
    Ok((agent, device))
}

fn print_summary(
    server: &Server,
    owner: Option<&User>,
    device: &Value,
    settings: &Settings,
    elapsed: Duration,
) {
    let pending = json::field(json::field(device, "pending_updates"), "total").as_u64();
    let pending = pending.map_or_else(String::new, |count| format!(" · {count} pending updates"));
    let password = owner.map_or_else(
        || {
            let folder = settings.folder.display();
            format!("printed at the first run; to start afresh, delete {folder}")
        },
        |owner| format!("{}   (shown only now)", owner.password),
    );
    step::say(&format!(
        "\nLatarnik is up after {}.\n\n  Console    {}\n  E-mail     {OWNER}\n  Password   {password}\n  \
         Device     {}{pending}\n  Logs       {}\n\nCtrl-C stops all of it.",
        step::duration(elapsed),
        server.url,
        stack::this_host(),
        settings.logs.display(),
    ));
}
