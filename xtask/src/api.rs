//! The console's API, held against its own description by a generator of requests.
//!
//! Two passes: with a person's session, which some operations demand, and with an API token, which
//! the others take. Neither is to meet an answer that the description does not know.

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
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf, process::Command};

/// What this suite needs.
pub(crate) const PACKAGES: &[&str] = python::PACKAGES;

/// So that there is something behind the ids.
const DEVICES: u32 = 5;
/// A failure can be made again; another number looks elsewhere.
const SEED: &str = "1";
/// Requests that are made up for each operation, besides those that the description suggests.
const EXAMPLES: &str = "40";
/// Who gets in is the matter of the access matrix, which knows all callers. That a request fits its
/// schema does not make it acceptable: an issuer may be unreachable, a name taken.
const PROVEN_ELSEWHERE: &str = "ignored_auth,positive_data_acceptance";
/// It never ends by itself; the console's tests in Chromium read it.
const ENDLESS: &str = "read_events";
/// They could end the session or the token that a pass works with.
const ENDS_SESSION: &[&str] = &["delete_session", "delete_own_session"];
const ENDS_TOKEN: &str = "delete_api_token";
/// What a person alone may call, in the description.
const PERSON: &str = "person";
/// How many ids in paths are those of something that exists; the others are made up.
const KNOWN_IDS: f64 = 0.8;

/// No generator thinks up an e-mail address that is accepted.
const ADDRESSES: &str = r#"
[dictionaries.addresses]
values = ["anna@bakery.example", "jan@bakery.example", "ewa+rmm@bakery.example"]

[[operations]]
include-operation-id = "create_user"
[operations.parameters]
"body.email" = { dictionary = "addresses", probability = 0.7 }
"#;

/// Starts a server on an empty SQLite database, and lets the generator loose on it.
pub(crate) fn run_suite(workspace: &Workspace, programs: &Programs) -> Result<()> {
    let schemathesis = python::program(workspace, "schemathesis")?;
    let mut settings = Settings::for_one_run(workspace, "api")?;
    settings.configuration = format!("{}{}", stack::TRIAL, stack::WIDE_LIMITS);
    let mut server = step::work("start the server", || Server::start(programs, &settings))?;
    let owner = server.create_user("owner@example.test", "Owner", "owner")?;
    server.create_user("technician@example.test", "Technician", "technician")?;
    let client = server.client(&owner)?;
    let token = server.create_token(TokenTerms {
        name: "Devices",
        uses: DEVICES,
    })?;
    let mut fleet = Fleet::start(programs, &settings, &token, DEVICES)?;
    fleet.wait_for_scans(&client, DEVICES.into())?;

    let description_file = workspace.root.join("openapi/console.json");
    let generator = Generator {
        program: schemathesis,
        description: serde_json::from_str(&fs::read_to_string(&description_file)?)?,
        description_file,
        url: server.url.clone(),
        folder: settings.folder.clone(),
        ids: known_ids(&client)?,
    };
    // First, because the second pass signs people out.
    let (_, session) = client
        .session()
        .and_then(|cookie| cookie.split_once('='))
        .context("nobody is signed in")?;
    let of_people = generator
        .operations(|operation| operation.access == PERSON || operation.id == ENDS_TOKEN)?;
    let session = Secret::Session(session.to_owned());
    generator.run("API with a session", &session, &of_people)?;
    let others = generator
        .operations(|operation| operation.access != PERSON && operation.id != ENDS_TOKEN)?;
    let token = Secret::Token(api_token(&client)?);
    generator.run("API with a token", &token, &others)?;
    // The devices may be gone by now: the generator found out how to remove them.
    server.check()
}

struct Generator {
    program: PathBuf,
    description: Value,
    description_file: PathBuf,
    url: String,
    folder: PathBuf,
    /// What exists, by the collection that it is in.
    ids: BTreeMap<&'static str, Vec<String>>,
}

struct Operation<'a> {
    id: &'a str,
    access: &'a str,
    path: &'a str,
    /// Whether it removes what its path names.
    deletes_target: bool,
}

enum Secret {
    Token(String),
    /// The value of the cookie.
    Session(String),
}

impl Generator {
    /// The operations that are wanted, without those that cannot be tried.
    fn operations(&self, is_wanted: impl Fn(&Operation<'_>) -> bool) -> Result<Vec<String>> {
        let paths = json::field(&self.description, "paths").as_object();
        let mut wanted = Vec::new();
        for (path, methods) in paths.context("the description has no paths")? {
            for (method, operation) in methods.as_object().into_iter().flatten() {
                let operation = Operation {
                    id: json::text(operation, "operationId").unwrap_or_default(),
                    access: json::text(operation, "x-access").unwrap_or_default(),
                    path,
                    deletes_target: method == "delete" && path.ends_with('}'),
                };
                let can_be_tried = operation.id != ENDLESS && !ENDS_SESSION.contains(&operation.id);
                if can_be_tried && is_wanted(&operation) {
                    wanted.push(operation.id.to_owned());
                }
            }
        }
        Ok(wanted)
    }

    fn run(&self, title: &str, secret: &Secret, operations: &[String]) -> Result<()> {
        let name = title.replace(' ', "-").to_lowercase();
        let configuration = self.folder.join(&name).with_extension("toml");
        fs::write(&configuration, self.configuration(secret)?)
            .with_context(|| format!("could not write {}", configuration.display()))?;
        let mut command = Command::new(&self.program);
        command
            .arg("--config-file")
            .arg(&configuration)
            .arg("run")
            .arg(&self.description_file)
            .args(["--url", &self.url, "--seed", SEED])
            .args(["--max-examples", EXAMPLES, "--continue-on-failure"])
            .args(["--exclude-checks", PROVEN_ELSEWHERE])
            .args([
                "--report",
                "ndjson",
                "--report-ndjson-path",
                &format!("{name}.ndjson"),
            ])
            .args(["--header", &format!("Origin: {}", self.url)])
            .current_dir(&self.folder);
        for operation in operations {
            command.args(["--include-operation-id", operation]);
        }
        step::run_shown(title, &name, command)
    }

    /// How callers prove who they are, and which ids lead somewhere. What a request may delete is
    /// left to be found, so that the other operations still have something to work on.
    fn configuration(&self, secret: &Secret) -> Result<String> {
        let mut text = match secret {
            Secret::Token(token) => format!("[auth.openapi.api_token]\nbearer = {token:?}\n"),
            Secret::Session(value) => format!("[auth.openapi.session]\napi_key = {value:?}\n"),
        };
        text.push_str(ADDRESSES);
        for (collection, ids) in self.ids.iter().filter(|(_, ids)| !ids.is_empty()) {
            let below = format!("/api/v1/{collection}/{{id}}");
            let operations = self.operations(|operation| {
                operation.path.starts_with(&below) && !operation.deletes_target
            })?;
            write!(
                text,
                "\n[dictionaries.{collection}]\nvalues = {ids:?}\n\
                 \n[[operations]]\ninclude-operation-id = {operations:?}\n\
                 [operations.parameters]\n\
                 \"path.id\" = {{ dictionary = \"{collection}\", probability = {KNOWN_IDS} }}\n"
            )?;
        }
        Ok(text)
    }
}

/// The ids that the generator cannot guess.
fn known_ids(client: &Client) -> Result<BTreeMap<&'static str, Vec<String>>> {
    let devices = client.get("/devices")?;
    let first = json::items(&devices, "items")
        .first()
        .context("there is no device")?;
    let scan = json!({
        "kind": "scan",
        "device_ids": [json::text(first, "id")],
        "when": { "type": "now" },
    });
    let action = client.post("/actions", "api-suite-scan", &scan)?;
    let mut ids = BTreeMap::new();
    client.post("/groups", "api-suite-group", &json!({ "name": "Office" }))?;
    for collection in ["devices", "groups", "tasks", "tenants", "users"] {
        let page = client.get(&format!("/{collection}"))?;
        let known = json::items(&page, "items")
            .iter()
            .filter_map(|item| json::text(item, "id"));
        ids.insert(collection, known.map(str::to_owned).collect());
    }
    let action = json::text(&action, "id").context("the action has no id")?;
    ids.insert("actions", vec![action.to_owned()]);
    Ok(ids)
}

fn api_token(client: &Client) -> Result<String> {
    let new = json!({ "name": "Requests", "role": "owner", "expires_in_days": 1 });
    let issued = client.post("/api-tokens", "api-suite-token", &new)?;
    json::text(&issued, "token")
        .map(str::to_owned)
        .context("the API token has no text")
}
