//! Tasks on their way to the agent, and what becomes of them.

use super::{
    AgentError, AgentIdentity, DeliveredTask, UpdateResult,
    ledger::{self, TaskEnd},
};
use crate::{App, Event, Progress};
use jiff::Timestamp;
use latarnik_model::{ActionId, ActionKind, ReasonCode, Scope, TaskId, TaskState, WaitReason};
use latarnik_store::{NeverArrived, TaskResult};

/// What waits for an agent.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Tasks that it does not have yet.
    pub tasks: Vec<DeliveredTask>,
    /// Tasks that it should end.
    pub cancelled: Vec<TaskId>,
}

/// A step in the life of a task.
#[derive(Debug, Clone)]
pub enum Report {
    /// The agent waits until it may begin.
    Waiting {
        /// When it expects to begin.
        until: Option<Timestamp>,
        /// What it waits for.
        reason: Option<WaitReason>,
    },
    /// It began.
    Running,
    /// It goes on.
    Progress(Progress),
    /// It ended.
    Finished(Outcome),
}

/// How a task ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// A final state; anything else counts as failed.
    pub state: TaskState,
    /// Why.
    pub reason: Option<ReasonCode>,
    /// The system's own code for that.
    pub reason_detail: Option<String>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// Exit code.
    pub exit_code: Option<i32>,
    /// The end of standard output.
    pub stdout: String,
    /// The end of standard error.
    pub stderr: String,
    /// What became of each update.
    pub updates: Vec<UpdateResult>,
    /// Which of the device's successful searches came after its installation, if one did.
    pub scan: Option<u64>,
    /// The start of the machine during which it ended.
    pub boot_id: Option<String>,
}

/// The tasks beyond a sequence. Everything up to it is on the agent's disk: acknowledged.
///
/// # Errors
/// [`AgentError::Unavailable`].
pub async fn take_tasks(
    app: &App,
    agent: &AgentIdentity,
    after: u64,
) -> Result<Delivery, AgentError> {
    if after > 0 {
        acknowledge(app, agent, after).await?;
    }
    let waiting = app
        .store()
        .waiting_tasks(agent.tenant_id, agent.device_id, (after, app.now()))
        .await?;
    if !waiting.never_arrived.is_empty() {
        end_never_arrived(app, agent, &waiting.never_arrived).await?;
    }
    let tasks = if waiting.beyond == 0 {
        Vec::new()
    } else {
        let transaction = app.store().begin(&Scope::one(agent.tenant_id)).await?;
        let tasks = transaction
            .offer_tasks(agent.tenant_id, agent.device_id, after, app.now())
            .await?;
        transaction.commit().await?;
        tasks
    };
    Ok(Delivery {
        tasks,
        cancelled: waiting.cancelled,
    })
}

/// Ends tasks that were cancelled or came too late, and that the agent never received: it asks for
/// what lies beyond its last one, which proves that it does not have them.
async fn end_never_arrived(
    app: &App,
    agent: &AgentIdentity,
    tasks: &[NeverArrived],
) -> Result<(), AgentError> {
    let now = app.now();
    let transaction = app.store().begin(&Scope::one(agent.tenant_id)).await?;
    for task in tasks {
        let reason = match task.state {
            TaskState::Expired => ReasonCode::DeadlinePassed,
            _ => ReasonCode::CancelledByOperator,
        };
        let result = TaskResult {
            reason: Some(reason),
            ..TaskResult::default()
        };
        transaction
            .finish_task(agent.tenant_id, task.id, task.state, now, &result)
            .await?;
    }
    transaction.commit().await?;
    for task in tasks {
        publish(app, agent, task.id, task.action_id, task.state);
    }
    Ok(())
}

async fn acknowledge(app: &App, agent: &AgentIdentity, up_to: u64) -> Result<(), AgentError> {
    if !app.fleet().acknowledges(agent.device_id, up_to) {
        return Ok(());
    }
    let transaction = app.store().begin(&Scope::one(agent.tenant_id)).await?;
    transaction
        .lock_device(agent.tenant_id, agent.device_id)
        .await?;
    let acknowledged = transaction
        .acknowledge_tasks(agent.tenant_id, agent.device_id, up_to, app.now())
        .await?;
    for task in &acknowledged {
        ledger::approve(&transaction, agent, task, app.now()).await?;
    }
    transaction.commit().await?;
    app.fleet().acknowledged(agent.device_id, up_to);
    for task in acknowledged {
        publish(app, agent, task.id, task.action_id, TaskState::Delivered);
    }
    Ok(())
}

/// Takes a step in the life of a task; whether it was known already.
///
/// # Errors
/// [`AgentError::TaskUnknown`] if the device has no such task.
pub async fn report_task(
    app: &App,
    agent: &AgentIdentity,
    task: TaskId,
    at: Timestamp,
    report: Report,
) -> Result<bool, AgentError> {
    let at = at.min(app.now());
    let transaction = app.store().begin(&Scope::one(agent.tenant_id)).await?;
    transaction
        .lock_device(agent.tenant_id, agent.device_id)
        .await?;
    let standing = transaction
        .task_standing(&Scope::one(agent.tenant_id), task)
        .await?
        .filter(|standing| standing.device_id == agent.device_id)
        .ok_or(AgentError::TaskUnknown)?;
    let (state, action) = (standing.state, standing.action_id);
    let to = target(&report);
    // A task that has ended stays as it ended, and a step that was taken is not taken again. How far
    // it is, and what it waits for, may be told again.
    let goes_on = matches!(report, Report::Progress(_) | Report::Waiting { .. });
    if state.step(to).is_err() || (state == to && !goes_on) {
        return Ok(true);
    }
    // The report may overtake the poll that acknowledges the task.
    let first = state == TaskState::Queued;
    if first
        && standing.kind == ActionKind::InstallUpdates
        && let Some(acknowledged) = transaction.acknowledged_task(agent.tenant_id, task).await?
    {
        ledger::approve(&transaction, agent, &acknowledged, at).await?;
    }
    match report {
        Report::Waiting { until, reason } => {
            transaction
                .set_task_waiting(agent.tenant_id, task, at, until, reason)
                .await?;
        }
        Report::Running => {
            transaction
                .set_task_running(agent.tenant_id, task, at)
                .await?;
        }
        Report::Progress(progress) => {
            if state != to {
                transaction
                    .set_task_running(agent.tenant_id, task, at)
                    .await?;
            }
            app.progress().set(task, progress);
        }
        Report::Finished(mut outcome) => {
            if outcome.reason == Some(ReasonCode::CancelledByOperator) {
                outcome.reason = standing.cancel_reason.or(outcome.reason);
            }
            let ledger = (standing.kind == ActionKind::InstallUpdates)
                .then(|| TaskEnd::of(task, at, &outcome));
            let result = result(outcome);
            transaction
                .finish_task(agent.tenant_id, task, to, at, &result)
                .await?;
            if let Some(end) = ledger {
                ledger::settle_task(&transaction, agent, &end, &result.update_results).await?;
            }
        }
    }
    transaction.commit().await?;
    if to.is_final() {
        app.progress().clear(task);
        app.alert_board().note(agent.tenant_id);
    }
    if first {
        publish(app, agent, task, action, TaskState::Delivered);
    }
    publish(app, agent, task, action, to);
    Ok(false)
}

fn target(report: &Report) -> TaskState {
    match report {
        Report::Waiting { .. } => TaskState::WaitingForWindow,
        Report::Running | Report::Progress(_) => TaskState::Running,
        Report::Finished(outcome) if outcome.state.is_final() => outcome.state,
        Report::Finished(_) => TaskState::Failed,
    }
}

fn result(outcome: Outcome) -> TaskResult {
    TaskResult {
        reason: outcome.reason,
        reason_detail: outcome.reason_detail,
        started_at: outcome.started_at,
        exit_code: outcome.exit_code,
        stdout_excerpt: without_nul(outcome.stdout),
        stderr_excerpt: without_nul(outcome.stderr),
        update_results: outcome.updates,
    }
}

/// PostgreSQL keeps every character in text but NUL.
fn without_nul(text: String) -> String {
    if text.contains('\0') {
        text.replace('\0', "\u{fffd}")
    } else {
        text
    }
}

fn publish(
    app: &App,
    agent: &AgentIdentity,
    task_id: TaskId,
    action_id: ActionId,
    state: TaskState,
) {
    app.action_board().note(action_id, agent.tenant_id);
    app.events().publish(Event::TaskChanged {
        task_id,
        device_id: agent.device_id,
        action_id,
        tenant_id: agent.tenant_id,
        state,
    });
}
