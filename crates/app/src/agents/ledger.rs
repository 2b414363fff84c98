//! The ledger of a device's updates: what searches and tasks do to it.
//!
//! All of a device's steps are worked out and written in one transaction that holds the device: that
//! keeps a check-in and a report of the same device from overtaking each other.

use super::{AgentIdentity, OfferedUpdate, Outcome, UpdateResult};
use jiff::Timestamp;
use latarnik_model::{
    LedgerStep, ReasonCode, Sighting, TaskId, TaskParameters, UpdateCategory, UpdateId,
    UpdateSource, UpdateState,
};
use latarnik_store::{AcknowledgedTask, LedgerEntry, NewUpdateStep, StoreError, Transaction};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};

/// What a successful search rests on.
#[derive(Debug, Clone, Default)]
pub(super) struct Search {
    /// Which of the device's successful searches it was.
    pub(super) number: Option<u64>,
    /// The start of the machine during which it ran.
    pub(super) boot_id: Option<String>,
}

/// An update's id: Windows has one for it, of anything else it follows from source and key, which
/// are the same on all devices.
pub(super) fn update_id(update: &OfferedUpdate) -> UpdateId {
    let given = update.update_id.as_deref().and_then(|id| id.parse().ok());
    given.unwrap_or_else(|| {
        let source = match update.source {
            UpdateSource::WindowsUpdate => "windows_update",
            UpdateSource::Apt => "apt",
            UpdateSource::Other => "other",
        };
        let name = format!("{source}\n{}", update.key);
        let digest: [u8; 32] = Sha256::digest(name).into();
        let bytes = *digest.first_chunk().expect("a digest has 32 bytes");
        UpdateId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    })
}

/// Takes the steps that a search leads to, whose offers are written by now; `new` are the keys that
/// the ledger did not have before.
pub(super) async fn settle_search(
    transaction: &Transaction,
    agent: &AgentIdentity,
    new: &HashSet<String>,
    search: &Search,
    now: Timestamp,
) -> Result<(), StoreError> {
    let installing = transaction
        .is_installing(agent.tenant_id, agent.device_id)
        .await?;
    let mut steps = Vec::new();
    let mut forgotten = Vec::new();
    for entry in transaction.ledger(agent.tenant_id, agent.device_id).await? {
        let step = if new.contains(&entry.key) {
            Some(LedgerStep {
                state: UpdateState::Offered,
                reason: None,
            })
        } else if is_newer(search, &entry) {
            entry.state.seen(Sighting {
                offered: entry.offered,
                restarted: restarted(&entry, search),
                installing,
            })
        } else {
            None
        };
        let Some(step) = step else { continue };
        if passes_unnoticed(&entry) {
            if step.state == UpdateState::Superseded {
                forgotten.push(entry.key);
            }
            continue;
        }
        steps.push(NewUpdateStep {
            key: entry.key,
            state: step.state,
            at: now,
            reason: step.reason,
            task_id: None,
            scan: search.number,
            boot_id: search.boot_id.clone(),
            result_code: None,
            hresult: None,
        });
    }
    transaction
        .take_update_steps(agent.tenant_id, agent.device_id, &steps)
        .await?;
    transaction
        .forget_updates(agent.tenant_id, agent.device_id, &forgotten)
        .await
}

/// New signatures of protection programs come several times a day and replace each other. They
/// leave a history only when a task had to do with them.
fn passes_unnoticed(entry: &LedgerEntry) -> bool {
    entry.category == UpdateCategory::Definition && entry.task_id.is_none()
}

/// Whether the search came after what the update's latest step rests on. An agent that does not
/// count its searches tells them in order, at least.
fn is_newer(search: &Search, entry: &LedgerEntry) -> bool {
    match (search.number, entry.scan) {
        (Some(number), Some(known)) => number > known,
        _ => true,
    }
}

fn restarted(entry: &LedgerEntry, search: &Search) -> bool {
    match (&entry.boot_id, &search.boot_id) {
        (Some(before), Some(after)) => before != after,
        _ => false,
    }
}

/// Notes that the device has a task on its disk that is to install updates.
pub(super) async fn approve(
    transaction: &Transaction,
    agent: &AgentIdentity,
    task: &AcknowledgedTask,
    now: Timestamp,
) -> Result<(), StoreError> {
    let TaskParameters::InstallUpdates {
        update_keys,
        categories,
    } = &task.parameters
    else {
        return Ok(());
    };
    let chosen: Option<HashSet<&str>> = update_keys
        .as_ref()
        .map(|keys| keys.iter().map(String::as_str).collect());
    let is_chosen = |entry: &LedgerEntry| {
        let of_category = |categories: &Vec<_>| categories.contains(&entry.category);
        chosen
            .as_ref()
            .is_none_or(|chosen| chosen.contains(entry.key.as_str()))
            && categories.as_ref().is_none_or(of_category)
    };
    let ledger = transaction.ledger(agent.tenant_id, agent.device_id).await?;
    let steps: Vec<_> = ledger
        .into_iter()
        .filter(|entry| entry.offered && is_chosen(entry))
        .filter_map(|entry| {
            let step = entry.state.approved()?;
            Some(NewUpdateStep {
                key: entry.key,
                state: step.state,
                at: now,
                reason: None,
                task_id: Some(task.id),
                scan: None,
                boot_id: None,
                result_code: None,
                hresult: None,
            })
        })
        .collect();
    transaction
        .take_update_steps(agent.tenant_id, agent.device_id, &steps)
        .await
}

/// The end of a task that was to install updates, and what it rests on.
#[derive(Debug)]
pub(super) struct TaskEnd {
    task_id: TaskId,
    at: Timestamp,
    reason: Option<ReasonCode>,
    scan: Option<u64>,
    boot_id: Option<String>,
}

impl TaskEnd {
    pub(super) fn of(task_id: TaskId, at: Timestamp, outcome: &Outcome) -> Self {
        Self {
            task_id,
            at,
            reason: outcome.reason,
            scan: outcome.scan,
            boot_id: outcome.boot_id.clone(),
        }
    }

    fn step(&self, key: String, step: LedgerStep) -> NewUpdateStep {
        NewUpdateStep {
            key,
            state: step.state,
            at: self.at,
            reason: step.reason,
            task_id: Some(self.task_id),
            scan: self.scan,
            boot_id: self.boot_id.clone(),
            result_code: None,
            hresult: None,
        }
    }
}

/// Takes the steps that the end of a task leads to: what became of each update, and of those that
/// it never got to.
pub(super) async fn settle_task(
    transaction: &Transaction,
    agent: &AgentIdentity,
    end: &TaskEnd,
    results: &[UpdateResult],
) -> Result<(), StoreError> {
    let results: HashMap<&str, &UpdateResult> = results
        .iter()
        .map(|result| (result.key.as_str(), result))
        .collect();
    let ledger = transaction.ledger(agent.tenant_id, agent.device_id).await?;
    let steps: Vec<_> = ledger
        .into_iter()
        .filter_map(|entry| match results.get(entry.key.as_str()) {
            Some(result) => after_attempt(entry, end, result),
            None if entry.task_id == Some(end.task_id) => after_end(entry, end),
            None => None,
        })
        .collect();
    transaction
        .take_update_steps(agent.tenant_id, agent.device_id, &steps)
        .await
}

fn after_attempt(
    entry: LedgerEntry,
    end: &TaskEnd,
    result: &UpdateResult,
) -> Option<NewUpdateStep> {
    // A code says more than what is true of the task as a whole.
    let of_task = end.reason.filter(|_| result.hresult.is_none());
    let step = entry.state.attempted(
        result.outcome,
        result.restart_required,
        result.reason.or(of_task),
    );
    match step {
        // A search that was told first has shown it already.
        Some(step) if step.state == entry.state && step.state == UpdateState::Installed => None,
        Some(step) => Some(NewUpdateStep {
            result_code: result.result_code,
            hresult: result.hresult.clone(),
            ..end.step(entry.key, step)
        }),
        None => after_end(entry, end),
    }
}

/// What the task never got to is as it was, or gone: a search that was told while it ran left that
/// for now.
fn after_end(entry: LedgerEntry, end: &TaskEnd) -> Option<NewUpdateStep> {
    let step = if entry.offered {
        entry.state.released(end.reason)
    } else {
        entry.state.seen(Sighting {
            offered: false,
            restarted: false,
            installing: false,
        })
    };
    step.map(|step| end.step(entry.key, step))
}
