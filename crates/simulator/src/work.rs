//! Working on tasks as a machine would: it takes time, tells how far it is, and sometimes fails.

use crate::{agent::Agent, random::Random};
use anyhow::Result;
use jiff::Timestamp;
use latarnik_agent_core::connection::CallError;
use latarnik_model::{
    OsFamily, ReasonCode, RestartBehavior, TaskId, TaskParameters, TaskState, UpdateCategory,
    UpdateOutcome,
};
use latarnik_protocol::{
    OutputExcerpt, RawTask, TaskEvent, TaskOutcome, TaskProgress, TaskReport, Update, UpdateResult,
    limits,
};
use std::{fmt::Write, time::Duration};
use tokio::time::sleep;

/// Longest time that an installation takes, however much there is to install.
const LONGEST_INSTALLATION: Duration = Duration::from_secs(30);
/// What stands for the delay of a restart and for the restart itself.
const RESTART: Duration = Duration::from_secs(4);
/// In so many of a hundred installations one update fails.
const FAILURES: u64 = 15;
/// Codes that Windows Update gives for updates that failed.
const HRESULTS: [&str; 6] = [
    "0x80070643",
    "0x800F0922",
    "0x80240022",
    "0x8024200D",
    "0x80073712",
    "0x80070005",
];

/// Works on one task that may begin, to its end.
pub(crate) async fn perform(agent: &Agent, raw: &RawTask) -> Result<()> {
    let Ok(task) = raw.read() else {
        let outcome = ended(TaskState::Failed, Some(ReasonCode::UnknownTaskKind));
        return Ok(finish(agent, raw.id, outcome).await?);
    };
    report(agent, raw.id, TaskEvent::Running).await?;
    let started_at = agent.now();
    let mut log = Log::default();
    log.line(
        started_at,
        &format!("task {} begins on {}", raw.id, agent.hostname()),
    );
    let mut outcome = match task.parameters {
        TaskParameters::Scan => scan(agent, &mut log).await,
        TaskParameters::InstallUpdates {
            update_keys,
            categories,
        } => {
            let choice = (update_keys.as_deref(), categories.as_deref());
            install(agent, raw.id, choice, &mut log).await?
        }
        TaskParameters::Restart {
            delay_minutes,
            if_pending,
            ..
        } => restart(agent, delay_minutes.minutes(), if_pending, &mut log).await,
    };
    outcome.started_at = Some(started_at);
    outcome.output.stdout = log.excerpt();
    log.line(agent.now(), &format!("task ends: {}", outcome.state.name()));
    upload(agent, raw.id, &log).await?;
    finish(agent, raw.id, outcome).await?;
    agent.changed();
    Ok(())
}

async fn scan(agent: &Agent, log: &mut Log) -> TaskOutcome {
    let mut random = agent.random();
    log.line(agent.now(), "asking the source of updates");
    sleep(Duration::from_millis(random.between(1_500, 6_000))).await;
    let now = agent.now();
    let mut machine = agent.machine();
    match machine.look(now) {
        Ok(()) => {
            for update in machine.inventory().updates() {
                let size = update.size_bytes.unwrap_or_default();
                log.line(
                    now,
                    &format!("offered: {} ({}, {size} bytes)", update.title, update.key),
                );
            }
            TaskOutcome {
                scan: machine.scan_report().number,
                ..ended(TaskState::Succeeded, None)
            }
        }
        Err((reason, detail)) => {
            log.line(now, &format!("the search failed: {detail}"));
            let reason_detail = Some(detail);
            TaskOutcome {
                reason_detail,
                ..ended(TaskState::Failed, Some(reason))
            }
        }
    }
}

async fn install(
    agent: &Agent,
    id: TaskId,
    (keys, categories): Choice<'_>,
    log: &mut Log,
) -> Result<TaskOutcome, CallError> {
    let chosen = chosen(agent, (keys, categories));
    if chosen.is_empty() {
        log.line(agent.now(), "nothing of that is offered");
        let reason = if keys.is_some() {
            ReasonCode::UpdateNotOffered
        } else {
            ReasonCode::NothingToInstall
        };
        let state = if keys.is_some() {
            TaskState::Failed
        } else {
            TaskState::Succeeded
        };
        return Ok(ended(state, Some(reason)));
    }
    let mut random = agent.random();
    let total = u32::try_from(chosen.len()).unwrap_or(u32::MAX);
    let each =
        (LONGEST_INSTALLATION / total).min(Duration::from_millis(random.between(900, 2_500)));
    let unlucky = random.percent(FAILURES).then(|| random.below(total.into()));
    let mut results = Vec::with_capacity(chosen.len());
    for (done, update) in (0..).zip(&chosen) {
        if agent.is_cancelled(id) {
            log.line(agent.now(), "cancelled");
            let outcome = ended(TaskState::Cancelled, Some(ReasonCode::CancelledByOperator));
            return Ok(TaskOutcome {
                updates: results,
                ..outcome
            });
        }
        let progress = TaskProgress {
            percent: u8::try_from(done * 100 / total).ok(),
            done: Some(done),
            total: Some(total),
            current: Some(update.title.clone()),
            ..TaskProgress::default()
        };
        report(agent, id, TaskEvent::Progress(progress)).await?;
        log.line(agent.now(), &format!("downloading {}", update.title));
        sleep(each / 2).await;
        log.line(agent.now(), &format!("installing {}", update.key));
        sleep(each / 2).await;
        let fails = unlucky == Some(done.into());
        results.push(if fails {
            fail_one(agent, &mut random, update, log)
        } else {
            install_one(agent, &mut random, update, log)
        });
    }
    let installed = results
        .iter()
        .filter(|result| result.outcome == UpdateOutcome::Installed);
    agent.remember_installed(installed.map(|result| result.key.clone()));
    Ok(installation_outcome(agent, results))
}

/// Keys and categories, either of which may be open.
type Choice<'a> = (Option<&'a [String]>, Option<&'a [UpdateCategory]>);

fn chosen(agent: &Agent, (keys, categories): Choice<'_>) -> Vec<Update> {
    let machine = agent.machine();
    let offered = machine.inventory().updates();
    offered
        .filter(|update| keys.is_none_or(|keys| keys.contains(&update.key)))
        .filter(|update| categories.is_none_or(|some| some.contains(&update.category)))
        .cloned()
        .collect()
}

fn fail_one(agent: &Agent, random: &mut Random, update: &Update, log: &mut Log) -> UpdateResult {
    let is_windows = agent.machine().facts.os_family == OsFamily::Windows;
    let hresult = is_windows.then(|| (*random.pick(&HRESULTS)).to_owned());
    let code = hresult.as_deref().unwrap_or("dpkg returned error code (1)");
    log.line(agent.now(), &format!("failed: {code}"));
    UpdateResult {
        key: update.key.clone(),
        title: update.title.clone(),
        outcome: UpdateOutcome::Failed,
        result_code: is_windows.then_some(4),
        hresult,
        reason: None,
        restart_required: false,
    }
}

fn install_one(agent: &Agent, random: &mut Random, update: &Update, log: &mut Log) -> UpdateResult {
    let restart_required = match update.restart {
        RestartBehavior::Always => true,
        RestartBehavior::CanRequest => random.percent(30),
        RestartBehavior::Never | RestartBehavior::Unknown => false,
    };
    let mut machine = agent.machine();
    machine.install(update, restart_required);
    let is_windows = machine.facts.os_family == OsFamily::Windows;
    log.line(
        agent.now(),
        "installed, and a new search no longer offers it",
    );
    UpdateResult {
        key: update.key.clone(),
        title: update.title.clone(),
        outcome: UpdateOutcome::Installed,
        result_code: is_windows.then_some(2),
        hresult: None,
        reason: None,
        restart_required,
    }
}

fn installation_outcome(agent: &Agent, updates: Vec<UpdateResult>) -> TaskOutcome {
    let is_windows = agent.machine().facts.os_family == OsFamily::Windows;
    let failed = updates
        .iter()
        .find(|result| result.outcome == UpdateOutcome::Failed);
    let outcome = match failed {
        None => ended(TaskState::Succeeded, None),
        Some(result) => TaskOutcome {
            reason_detail: result.hresult.clone(),
            exit_code: Some(if is_windows { 1 } else { 100 }),
            ..ended(TaskState::Failed, Some(ReasonCode::InstallerFailed))
        },
    };
    let mut machine = agent.machine();
    TaskOutcome {
        updates,
        scan: machine.confirm(agent.now()),
        boot_id: Some(machine.boot_id().to_owned()),
        ..outcome
    }
}

async fn restart(
    agent: &Agent,
    delay_minutes: u16,
    if_pending: bool,
    log: &mut Log,
) -> TaskOutcome {
    if !agent.machine().needs_restart() {
        log.line(agent.now(), "no strong signal asks for a restart");
        let state = match if_pending {
            true => TaskState::Cancelled,
            false => TaskState::Failed,
        };
        return ended(state, Some(ReasonCode::NoRestartPending));
    }
    log.line(
        agent.now(),
        &format!("the restart is due in {delay_minutes} min"),
    );
    sleep(RESTART).await;
    let now = agent.now();
    let mut machine = agent.machine();
    machine.restart(now);
    machine.confirm(now);
    drop(machine);
    agent.remember_restart();
    log.line(now, "the machine is up again");
    ended(TaskState::Succeeded, None)
}

pub(crate) fn ended(state: TaskState, reason: Option<ReasonCode>) -> TaskOutcome {
    TaskOutcome {
        state,
        reason,
        reason_detail: None,
        started_at: None,
        exit_code: Some(i32::from(state != TaskState::Succeeded)),
        output: OutputExcerpt::default(),
        updates: Vec::new(),
        scan: None,
        boot_id: None,
    }
}

async fn upload(agent: &Agent, id: TaskId, log: &Log) -> Result<()> {
    let file = agent.logs.join(format!("{id}.log"));
    tokio::fs::write(&file, &log.0).await?;
    let uploaded = agent.client().upload_log(id, &file).await;
    tokio::fs::remove_file(&file).await?;
    Ok(uploaded?)
}

/// Says how the task ended.
pub(crate) async fn finish(
    agent: &Agent,
    id: TaskId,
    outcome: TaskOutcome,
) -> Result<(), CallError> {
    report(agent, id, TaskEvent::Finished(outcome)).await
}

pub(crate) async fn report(
    agent: &Agent,
    task_id: TaskId,
    event: TaskEvent,
) -> Result<(), CallError> {
    let report = TaskReport {
        task_id,
        at: agent.now(),
        event,
    };
    let mut random = agent.random();
    let client = agent.client();
    crate::identity::patiently(&mut random, || client.report(&report))
        .await
        .map(drop)
}

/// The whole log of a task.
#[derive(Debug, Default)]
struct Log(String);

impl Log {
    fn line(&mut self, now: Timestamp, text: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "{now:.3} {text}");
    }

    /// The end, as far as it fits into a report.
    fn excerpt(&self) -> String {
        let surplus = self.0.len().saturating_sub(limits::OUTPUT_EXCERPT_BYTES);
        self.0
            .get(self.0.ceil_char_boundary(surplus)..)
            .unwrap_or_default()
            .to_owned()
    }
}
