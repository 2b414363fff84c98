//! The console in a real browser: a whole Latarnik for it, and the npm script that drives it.

use crate::{
    http::Client,
    packages,
    programs::Programs,
    stack::{self, Agent, Fleet, Server, Settings, TokenTerms, User},
    step,
    workspace::Workspace,
};
use anyhow::{Context, Result};
use std::{path::Path, process::Command};

/// What a browser run needs besides the programs.
pub(crate) const PACKAGES: &[&str] = &["chromium", "fonts-dejavu-core"];
/// So few that this machine, with its real updates, is on the first screen too.
const PICTURED_DEVICES: u32 = 12;
const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome"];

/// A running Latarnik with people and devices in it. Dropping it stops all of it.
#[derive(Debug)]
pub(crate) struct Scene {
    // In the order in which they are stopped.
    fleet: Fleet,
    agent: Agent,
    server: Server,
    owner: User,
    technician: User,
    viewer: User,
    devices: u32,
    database: &'static str,
}

impl Scene {
    /// Starts a server, this machine's agent and simulated devices, and waits until all are known.
    pub(crate) fn start(programs: &Programs, settings: &Settings, devices: u32) -> Result<Self> {
        let server = step::work("start the server", || Server::start(programs, settings))?;
        let owner = server.create_user("owner@example.test", "Owner", "owner")?;
        let technician =
            server.create_user("technician@example.test", "Technician", "technician")?;
        let viewer = server.create_user("viewer@example.test", "Viewer", "client_view")?;
        let client = server.client(&owner)?;
        let token = server.create_token(TokenTerms {
            name: "Devices",
            uses: devices + 1,
        })?;
        let fleet = step::work(&format!("start {devices} simulated devices"), || {
            let mut fleet = Fleet::start(programs, settings, &token, devices)?;
            fleet.wait_for_scans(&client, u64::from(devices))?;
            Ok(fleet)
        })?;
        let agent = start_agent(programs, settings, &token, &client)?;
        let database = if settings.database.is_some() {
            "postgresql"
        } else {
            "sqlite"
        };
        Ok(Self {
            fleet,
            agent,
            server,
            owner,
            technician,
            viewer,
            devices,
            database,
        })
    }

    /// An npm script of the console that knows this scene.
    pub(crate) fn npm(&self, workspace: &Workspace, script: &str) -> Result<Command> {
        let mut npm = npm(workspace, script, &self.server)?;
        npm.env("LATARNIK_THIS_DEVICE", stack::this_host())
            .env("LATARNIK_SIMULATED_DEVICES", self.devices.to_string())
            .env("LATARNIK_DATABASE", self.database);
        let users = [
            ("OWNER", &self.owner),
            ("TECHNICIAN", &self.technician),
            ("VIEWER", &self.viewer),
        ];
        for (name, user) in users {
            npm.env(format!("LATARNIK_{name}_EMAIL"), &user.email);
            npm.env(format!("LATARNIK_{name}_PASSWORD"), &user.password);
        }
        Ok(npm)
    }

    /// Fails if a part of the scene has ended by itself.
    pub(crate) fn check(&mut self) -> Result<()> {
        self.server.check()?;
        self.agent.check()?;
        self.fleet.check()
    }
}

/// An npm script of the console that drives a browser against this server.
pub(crate) fn npm(workspace: &Workspace, script: &str, server: &Server) -> Result<Command> {
    let browser = packages::find_program(BROWSERS).context("no Chromium is installed")?;
    let mut npm = workspace.npm();
    npm.args(["run", script])
        .env("LATARNIK_URL", &server.url)
        .env("LATARNIK_CHROMIUM", browser)
        .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    Ok(npm)
}

/// `cargo xtask screenshots`: the README's pictures, and one of every page.
pub(crate) fn take_screenshots(
    workspace: &Workspace,
    programs: &Programs,
    pictures: &Path,
) -> Result<()> {
    packages::install(PACKAGES)?;
    let settings = Settings::for_one_run(workspace, "screenshots")?;
    let mut scene = Scene::start(programs, &settings, PICTURED_DEVICES)?;
    let mut npm = scene.npm(workspace, "screenshots")?;
    let published = workspace.root.join("docs/images");
    std::fs::create_dir_all(&published)
        .with_context(|| format!("could not create {}", published.display()))?;
    npm.env("LATARNIK_PUBLISHED_IMAGES", &published)
        .env("LATARNIK_SCREENSHOTS", pictures);
    step::run_shown("take screenshots", "screenshots", npm)?;
    scene.check()?;
    step::say(&format!(
        "\nFor the README: {}\nEvery page: {}",
        published.display(),
        pictures.display()
    ));
    Ok(())
}

fn start_agent(
    programs: &Programs,
    settings: &Settings,
    token: &str,
    client: &Client,
) -> Result<Agent> {
    step::work("enrol and scan this machine", || {
        Agent::enroll(programs, settings, token)?;
        let mut agent = Agent::start(programs, settings)?;
        agent.wait_for_scan(client)?;
        Ok(agent)
    })
}
