//! The console's API, held against its own description by a generator of requests.
//!
//! Two passes: with an API token, which most operations take, and with a person's session, which
//! the others demand. Neither is to meet an answer that the description does not know.

use crate::{
    http::Client,
    json,
    programs::Programs,
    python,
    stack::{self, Fleet, Server, Settings, TokenTerms},
    step,
    workspace::Workspace,
};
use anyhow::{Context, Result};
use serde_json::json;
use std::process::Command;

/// What this suite needs.
pub(crate) const PACKAGES: &[&str] = python::PACKAGES;

/// So that there is something behind the ids.
const DEVICES: u32 = 5;
/// A failure can be made again; raise it to look further.
const SEED: &str = "1";
/// Requests that are made up for each operation, besides those that the description suggests.
const EXAMPLES: &str = "20";
/// The generator asks faster than any console.
const LIMITS: &str = "[limits]\naddress_burst = 1000000\naddress_per_second = 1000000\n\
                      caller_burst = 1000000\ncaller_per_second = 1000000\n";
/// `read_events` never ends by itself; the console's tests in Chromium read it.
const ENDLESS: &str = "read_events";
/// Who gets in is the matter of the access matrix, which knows all callers. That a request fits its
/// schema does not make it acceptable: an issuer may be unreachable, a name taken.
const PROVEN_ELSEWHERE: &str = "ignored_auth,positive_data_acceptance";
/// What would end the session that the second pass works with.
const ENDS_SESSION: &[&str] = &["sign_out", "delete_session"];

/// Starts a server on an empty SQLite database, and lets the generator loose on it.
pub(crate) fn run_suite(workspace: &Workspace, programs: &Programs) -> Result<()> {
    let schemathesis = python::program(workspace, "schemathesis")?;
    let mut settings = Settings::for_one_run(workspace, "api")?;
    settings.configuration = format!("{}{LIMITS}", stack::TRIAL);
    let mut server = step::work("start the server", || Server::start(programs, &settings))?;
    let owner = server.create_user("owner@example.test", "Owner", "owner")?;
    let client = server.client(&owner)?;
    let token = server.create_token(TokenTerms {
        name: "Devices",
        uses: DEVICES,
    })?;
    let mut fleet = Fleet::start(programs, &settings, &token, DEVICES)?;
    fleet.wait_for_scans(&client, DEVICES.into())?;

    let bearer = format!("Authorization: Bearer {}", api_token(&client)?);
    let session = server.client(&owner)?;
    let cookie = format!(
        "Cookie: {}",
        session.session().context("nobody is signed in")?
    );
    let origin = format!("Origin: {}", server.url);
    let run = |title: &str, headers: &[&str], exclude: &[&str]| -> Result<()> {
        let mut command = Command::new(&schemathesis);
        command
            .arg("run")
            .arg(workspace.root.join("openapi/console.json"))
            .args(["--url", &server.url, "--seed", SEED])
            .args(["--max-examples", EXAMPLES, "--continue-on-failure"])
            .args(["--exclude-checks", PROVEN_ELSEWHERE])
            .current_dir(&settings.folder)
            .env(
                "HYPOTHESIS_STORAGE_DIRECTORY",
                settings.folder.join("hypothesis"),
            );
        for header in headers {
            command.args(["--header", header]);
        }
        for operation in exclude.iter().chain([&ENDLESS]) {
            command.args(["--exclude-operation-id", operation]);
        }
        step::run_shown(title, &title.replace(' ', "-"), command)
    };
    run("API with a token", &[&bearer], &[])?;
    run("API with a session", &[&cookie, &origin], ENDS_SESSION)?;
    server.check()?;
    fleet.check()
}

fn api_token(client: &Client) -> Result<String> {
    let new = json!({ "name": "Requests", "role": "owner", "expires_in_days": 1 });
    let issued = client.post("/api-tokens", "api-suite", &new)?;
    json::text(&issued, "token")
        .map(str::to_owned)
        .context("the API token has no text")
}
