//! The unmodified agent in a Wine prefix, the real server beside it, and what the API then shows.

use super::Bench;
use crate::{
    children,
    http::Client,
    json,
    programs::{self, Build},
    stack::{Server, Settings, TokenTerms},
};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::{fs, time::Duration};

const AGENT: &str = r"C:\download\latarnik-agent.exe";
const MACHINE: &str = super::MACHINE;
/// As the agent names itself to Windows.
const SERVICE: &str = "LatarnikAgent";
/// Where Windows looks whether it may update by itself.
const POLICY: &str = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\AU";
const LIMIT: Duration = Duration::from_secs(120);
const CUMULATIVE: &str = "a1111111-1111-4111-8111-111111111111:200";
const BROKEN: &str = "b2222222-2222-4222-8222-222222222222:1";
const DRIVER: &str = "c3333333-3333-4333-8333-333333333333:1";

/// Three updates with Polish titles: one needs a restart, one fails, one is a driver.
fn scenario() -> Value {
    json!({ "updates": [
        {
            "id": "A1111111-1111-4111-8111-111111111111", "revision": 200,
            "title": "2026-11 Aktualizacja zbiorcza dla systemu Windows 11 (KB5070001)",
            "articles": ["5070001"], "severity": "Critical",
            "categories": ["0FA1201D-4330-4FA8-8AE9-B877473B6441"],
            "size_bytes": 734_003_200, "date": 46_340.75, "reboot_behavior": 2,
            "needs_eula": true, "needs_reboot": true,
        },
        {
            "id": "B2222222-2222-4222-8222-222222222222",
            "title": "Aktualizacja analizy zabezpieczeń (KB2267602)", "articles": ["2267602"],
            "categories": ["E0789628-CE08-4437-BE74-2495B842F43B"], "size_bytes": 123_456,
            "install_result": 4, "install_hresult": "0x80070643",
        },
        {
            "id": "C3333333-3333-4333-8333-333333333333", "is_driver": true,
            "title": "Sterownik karty sieciowej", "date": 46_300.0,
        },
    ]})
}

pub(super) fn run(bench: &Bench<'_>) -> Result<()> {
    let native = programs::build(bench.workspace, Build::Programs)?;
    let settings = Settings::for_one_run(bench.workspace, "windows-end-to-end")?;
    let mut server = Server::start(&native, &settings)?;
    let owner = server.create_user("owner@example.com", "Owner", "owner")?;
    let client = server.client(&owner)?;
    let token = server.create_token(TokenTerms {
        name: "windows",
        uses: 1,
    })?;

    let prefix = bench.prefix("agent")?;
    prefix.put(&bench.programs.agent, "download/latarnik-agent.exe")?;
    fs::write(
        prefix.path("windows-update-double/scenario.json"),
        scenario().to_string(),
    )?;
    let _hold = prefix.start("hold", &[MACHINE, "hold"])?;
    prefix
        .run(90, &[AGENT, "install", &token])?
        .expect_success()?;
    let query = prefix
        .run(30, &["sc", "query", SERVICE])?
        .expect_success()?;
    ensure!(query.contains("RUNNING"), "sc says\n{query}");

    let device = wait_for_scan(&mut server, &client)?;
    let id = json::text(&device, "id").context("a device has an id")?;
    expect_updates(&client, id, &[CUMULATIVE, BROKEN, DRIVER])?;
    let task = install_everything(&mut server, &client, id)?;
    expect_outcomes(&task)?;
    children::wait_until("the updates that are left", LIMIT, || {
        server.check()?;
        Ok(expect_updates(&client, id, &[BROKEN]).is_ok())
    })?;
    let device = client.get(&format!("/devices/{id}"))?;
    let required = json::text(json::field(&device, "restart"), "required");
    ensure!(
        required == Some("yes"),
        "the restart is not asked for: {device:#}"
    );

    let policy = || prefix.run(30, &["reg", "query", POLICY, "/v", "NoAutoUpdate"]);
    prefix
        .run(60, &[MACHINE, "take-control"])?
        .expect_success()?;
    let controlled = policy()?.expect_success()?;
    ensure!(controlled.contains("0x1"), "reg says\n{controlled}");

    prefix.run(90, &[AGENT, "uninstall"])?.expect_success()?;
    let given_back = policy()?;
    ensure!(
        given_back.code != Some(0),
        "Windows' own updating still rests:\n{}",
        given_back.text
    );
    let calls = fs::read_to_string(prefix.path("windows-update-double/calls.log"))?;
    ensure!(
        calls.contains("RemoveService"),
        "Microsoft Update is still there:\n{calls}"
    );
    let query = prefix.run(30, &["sc", "query", SERVICE])?;
    ensure!(!query.text.contains("RUNNING"), "sc says\n{}", query.text);
    ensure!(
        !prefix.path("ProgramData/Latarnik/Agent").exists(),
        "the state was left behind"
    );
    Ok(())
}

fn wait_for_scan(server: &mut Server, client: &Client) -> Result<Value> {
    let mut device = Value::Null;
    children::wait_until("the Windows device's first scan", LIMIT, || {
        server.check()?;
        let page = client.get("/devices?limit=10&os_family=windows")?;
        device = json::items(&page, "items")
            .first()
            .cloned()
            .unwrap_or_default();
        Ok(json::text(json::field(&device, "scan"), "state") == Some("succeeded"))
    })
    .with_context(|| format!("the server knows {device:#}"))?;
    let os = json::field(&device, "os");
    let name = json::text(os, "name").unwrap_or_default();
    ensure!(name.starts_with("Windows"), "the device is {os:#}");
    Ok(device)
}

fn expect_updates(client: &Client, device: &str, expected: &[&str]) -> Result<()> {
    let page = client.get(&format!("/devices/{device}/updates?limit=100"))?;
    let updates = json::items(&page, "items");
    let mut keys: Vec<_> = updates
        .iter()
        .filter_map(|update| json::text(update, "key"))
        .collect();
    keys.sort_unstable();
    ensure!(keys == expected, "the updates are {page:#}");
    for update in updates {
        let category = match json::text(update, "key") {
            Some(CUMULATIVE) => "security",
            Some(BROKEN) => "definition",
            _ => "driver",
        };
        ensure!(
            json::text(update, "category") == Some(category),
            "the update is {update:#}"
        );
    }
    Ok(())
}

fn install_everything(server: &mut Server, client: &Client, device: &str) -> Result<Value> {
    let body = json!({
        "kind": "install_updates", "device_ids": [device], "when": { "type": "now" },
    });
    let action = client.post("/actions", "0b5b2e3c-7f0e-4f0e-9a53-3b6f0f3a1c11", &body)?;
    let id = json::text(&action, "id").context("an action has an id")?;
    let mut task = Value::Null;
    children::wait_until("the installation", LIMIT, || {
        server.check()?;
        let page = client.get(&format!("/tasks?limit=10&action_id={id}"))?;
        task = json::items(&page, "items")
            .first()
            .cloned()
            .unwrap_or_default();
        Ok(json::text(&task, "finished_at").is_some())
    })
    .with_context(|| format!("the task is {task:#}"))?;
    Ok(task)
}

/// One failed, so the task did; the others are installed all the same.
fn expect_outcomes(task: &Value) -> Result<()> {
    ensure!(
        json::text(task, "state") == Some("failed"),
        "the task is {task:#}"
    );
    ensure!(
        json::text(task, "reason_code") == Some("installer_failed"),
        "the task is {task:#}"
    );
    let updates = json::items(task, "updates");
    for (key, outcome, code, hresult) in [
        (CUMULATIVE, "installed", 2, None),
        (BROKEN, "failed", 4, Some("0x80070643")),
        (DRIVER, "installed", 2, None),
    ] {
        let update = updates
            .iter()
            .find(|update| json::text(update, "key") == Some(key));
        let update = update.with_context(|| format!("{key} is not in {task:#}"))?;
        ensure!(
            json::text(update, "outcome") == Some(outcome)
                && json::field(update, "result_code").as_i64() == Some(code)
                && json::text(update, "hresult") == hresult,
            "the update is {update:#}"
        );
    }
    Ok(())
}
