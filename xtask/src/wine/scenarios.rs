//! Updates in every way in which they end, on the unmodified agent, as the API then shows them.

use super::{
    Bench,
    stage::{Machine, Stage},
};
use crate::json;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::time::Instant;

const CLEAN: &str = "a0000000-0000-4000-8000-000000000001:1";
const FAILS: &str = "a0000000-0000-4000-8000-000000000002:1";
const WITH_ERRORS: &str = "a0000000-0000-4000-8000-000000000003:1";
const STILL_OFFERED: &str = "a0000000-0000-4000-8000-000000000004:1";
const SUPERSEDED: &str = "a0000000-0000-4000-8000-000000000005:1";
const BUSY: &str = "a0000000-0000-4000-8000-000000000006:1";
const CLEAN_ID: &str = "a0000000-0000-4000-8000-000000000001";
const OFFICE_ID: &str = "a0000000-0000-4000-8000-000000000006";

/// The scenarios by name, in the order in which they are played.
type Scenario = fn(&mut Stage<'_>) -> Result<()>;
pub(super) const ALL: [(&str, Scenario); 5] = [
    ("updates end in six ways, in any language", outcomes),
    ("a restart is verified by a search after it", restart),
    (
        "an agent that is killed while installing tells what it knows",
        killed,
    ),
    ("a download is cancelled while it goes on", cancelled),
    (
        "a machine that has to restart first installs nothing",
        refused,
    ),
];

/// Opens the stage for all of them.
pub(super) fn stage<'a>(bench: &'a Bench<'a>) -> Result<Stage<'a>> {
    Stage::open(bench)
}

fn id(key: &str) -> &str {
    key.split(':').next().unwrap_or(key)
}

fn expect(task: &Value, state: &str, reason: Option<&str>) -> Result<()> {
    ensure!(
        json::text(task, "state") == Some(state) && json::text(task, "reason_code") == reason,
        "the task is {task:#}"
    );
    Ok(())
}

fn expect_outcome(task: &Value, key: &str, outcome: &str, hresult: Option<&str>) -> Result<()> {
    let updates = json::items(task, "updates");
    let update = updates
        .iter()
        .find(|update| json::text(update, "key") == Some(key));
    let update = update.with_context(|| format!("{key} is not in {task:#}"))?;
    ensure!(
        json::text(update, "outcome") == Some(outcome) && json::text(update, "hresult") == hresult,
        "the update is {update:#}"
    );
    Ok(())
}

/// One that installs alone; then all the others at once: one fails, one succeeds with errors, one
/// only claims success, one was replaced meanwhile, and for one Windows has no time twice.
fn outcomes(stage: &mut Stage<'_>) -> Result<()> {
    let polish = json!({ "updates": [
        { "id": CLEAN_ID, "title": "Aktualizacja zbiorcza (KB5070001)", "size_bytes": 1000 },
        { "id": id(FAILS), "title": "Aktualizacja platformy .NET",
          "install_result": 4, "install_hresult": "0x80070643" },
        { "id": id(WITH_ERRORS), "title": "Sterownik drukarki",
          "install_result": 3, "install_hresult": "0x00240003" },
        { "id": id(STILL_OFFERED), "title": "Narzędzie do usuwania", "still_offered": true },
        { "id": id(SUPERSEDED), "title": "Zastąpiona", "superseded_by": OFFICE_ID,
          "install_result": 4, "install_hresult": "0x80240017" },
        { "id": OFFICE_ID, "title": "Pakiet biurowy",
          "install_result": 4, "install_hresult": "0x80240016", "install_failures": 2 },
    ]});
    let machine = stage.machine("outcomes", &polish)?;
    let in_polish = stage.offered(&machine)?;
    let titles: Vec<_> = (0..in_polish.len())
        .map(|number| format!("/updates/{number}/title"))
        .collect();
    let into_english: Vec<_> = titles
        .iter()
        .map(|title| (title.as_str(), json!("Update")))
        .collect();
    machine.change_world(&into_english)?;
    expect(&stage.run(&machine, "scan", &[])?, "succeeded", None)?;
    ensure!(
        stage.offered(&machine)? == in_polish,
        "the keys depend on the language: {in_polish:?}"
    );

    let clean = stage.run(&machine, "install_updates", &[CLEAN])?;
    expect(&clean, "succeeded", None)?;
    expect_outcome(&clean, CLEAN, "installed", None)?;
    stage.expect_state(&machine, CLEAN, "installed")?;

    let all = stage.run(&machine, "install_updates", &[])?;
    expect(&all, "failed", Some("installer_failed"))?;
    expect_outcome(&all, FAILS, "failed", Some("0x80070643"))?;
    expect_outcome(&all, WITH_ERRORS, "installed", Some("0x00240003"))?;
    expect_outcome(&all, STILL_OFFERED, "failed", None)?;
    expect_outcome(&all, SUPERSEDED, "superseded", Some("0x80240017"))?;
    expect_outcome(&all, BUSY, "installed", None)?;
    for (key, state) in [
        (FAILS, "failed"),
        (WITH_ERRORS, "installed"),
        (STILL_OFFERED, "failed"),
        (SUPERSEDED, "superseded"),
        (BUSY, "installed"),
    ] {
        stage.expect_state(&machine, key, state)?;
    }
    let asked = machine
        .calls()
        .matches(&format!("Install {OFFICE_ID}"))
        .count();
    ensure!(asked == 3, "the busy installer was asked {asked} times");
    Ok(())
}

/// An update that waits for the restart is not called installed before a search of the new start.
fn restart(stage: &mut Stage<'_>) -> Result<()> {
    let world = json!({ "updates": [{
        "id": CLEAN_ID, "title": "Aktualizacja zbiorcza",
        "needs_reboot": true, "listed_until_reboot": true, "reboot_behavior": 2,
    }]});
    let mut machine = stage.machine("restart-verified", &world)?;
    let task = stage.run(&machine, "install_updates", &[])?;
    expect(&task, "succeeded", None)?;
    stage.expect_state(&machine, CLEAN, "restart_pending")?;
    expect(&stage.run(&machine, "scan", &[])?, "succeeded", None)?;
    stage.expect_state(&machine, CLEAN, "restart_pending")?;
    machine.change_world(&[
        ("/reboot_required", json!(false)),
        ("/updates/0/listed_until_reboot", json!(false)),
    ])?;
    machine.restart()?;
    expect(&stage.run(&machine, "scan", &[])?, "succeeded", None)?;
    stage.expect_state(&machine, CLEAN, "installed")
}

fn begun(stage: &Stage<'_>, machine: &Machine, call: &str) -> Result<()> {
    stage.wait(call, |_| Ok(machine.calls().contains(call)))
}

/// Windows goes on without its client: what became of the update is seen by a later search.
fn killed(stage: &mut Stage<'_>) -> Result<()> {
    let world = json!({ "updates": [
        { "id": CLEAN_ID, "title": "Aktualizacja zbiorcza", "install_ms": 60_000 },
        { "id": id(FAILS), "title": "Druga" },
    ]});
    let machine = stage.machine("killed", &world)?;
    let id = stage.begin(&machine, "install_updates", &[])?;
    begun(stage, &machine, &format!("Install {CLEAN_ID}"))?;
    machine.kill_agent()?;
    let task = stage.finished(&id)?;
    expect(&task, "failed", Some("interrupted"))?;
    expect_outcome(&task, CLEAN, "unconfirmed", None)?;
    expect_outcome(&task, FAILS, "skipped", None)?;
    stage.expect_state(&machine, CLEAN, "unconfirmed")?;
    let begun = machine.calls().matches("Install ").count();
    ensure!(begun == 1, "something was installed {begun} times");
    machine.change_world(&[("/updates/0/is_installed", json!(true))])?;
    expect(&stage.run(&machine, "scan", &[])?, "succeeded", None)?;
    stage.expect_state(&machine, CLEAN, "installed")
}

/// The download is seen to move, ends at once, and is offered as before.
fn cancelled(stage: &mut Stage<'_>) -> Result<()> {
    let world = json!({ "updates": [{
        "id": CLEAN_ID, "title": "Aktualizacja zbiorcza", "size_bytes": 700_000_000,
        "download_ms": 60_000,
    }]});
    let machine = stage.machine("cancelled", &world)?;
    let id = stage.begin(&machine, "install_updates", &[])?;
    let mut percents = Vec::new();
    stage
        .wait("a download that moves", |_| {
            let task = stage.task(&id)?;
            let percent = json::field(json::field(&task, "progress"), "percent").as_u64();
            percents.extend(percent.filter(|percent| percents.last() != Some(percent)));
            Ok(percents.len() >= 3)
        })
        .with_context(|| format!("the progress was {percents:?}"))?;
    ensure!(
        percents.is_sorted() && percents.iter().all(|&percent| percent < 50),
        "the progress was {percents:?}"
    );
    let asked = Instant::now();
    stage.cancel(&id)?;
    let task = stage.finished(&id)?;
    ensure!(
        asked.elapsed().as_secs() < 20,
        "the download went on for {} s",
        asked.elapsed().as_secs()
    );
    expect(&task, "cancelled", Some("cancelled_by_operator"))?;
    expect_outcome(&task, CLEAN, "skipped", None)?;
    let abort = format!("RequestAbort download {CLEAN_ID}");
    ensure!(machine.calls().contains(&abort), "{}", machine.calls());
    stage.expect_state(&machine, CLEAN, "offered")?;
    ensure!(
        stage.offered(&machine)? == [CLEAN],
        "it is not offered any more"
    );
    Ok(())
}

fn refused(stage: &mut Stage<'_>) -> Result<()> {
    let world = json!({
        "updates": [{ "id": CLEAN_ID, "title": "Aktualizacja zbiorcza" }],
        "reboot_required_before_installation": true,
    });
    let machine = stage.machine("refused", &world)?;
    let task = stage.run(&machine, "install_updates", &[])?;
    expect(&task, "failed", Some("restart_pending"))?;
    ensure!(
        !machine.calls().contains("Download "),
        "{}",
        machine.calls()
    );
    Ok(())
}
