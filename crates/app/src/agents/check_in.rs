//! The heartbeat and what travels with it.

use super::{
    AgentError, AgentIdentity, OfferedUpdate,
    ledger::{self, Search},
    registration::bounded,
};
use crate::{App, Event};
use jiff::Timestamp;
use latarnik_model::{ReasonCode, RestartSignal, ScanState, Scope, WorkNeeds};
use latarnik_store::{
    AgentState, CheckInChanges, DeviceFacts, LastRestart, RestartRecord, ScanRecord, StoreError,
    Transaction,
};
use std::collections::HashSet;

/// What an agent says; absent parts are as before.
#[derive(Debug, Clone, Default)]
pub struct CheckIn {
    /// Changes with every start of the machine.
    pub boot_id: String,
    /// When the machine started.
    pub booted_at: Option<Timestamp>,
    /// What the machine is.
    pub facts: Option<DeviceFacts>,
    /// The last look for updates.
    pub scan: Option<Scan>,
    /// The inventory of updates.
    pub updates: Option<UpdatesReport>,
    /// Restart signals.
    pub restart: Option<Restart>,
    /// The restart that the machine came out of.
    pub last_restart: Option<LastRestart>,
    /// How much time work needs there.
    pub needs: Option<WorkNeeds>,
}

/// The last look for updates.
#[derive(Debug, Clone)]
pub struct Scan {
    /// When the last attempt ended.
    pub attempted_at: Timestamp,
    /// When the last successful one ended.
    pub succeeded_at: Option<Timestamp>,
    /// Which of the device's successful ones that was.
    pub number: Option<u64>,
    /// The start of the machine during which the last attempt ran.
    pub boot_id: Option<String>,
    /// Why the last attempt failed.
    pub error: Option<ReasonCode>,
    /// The system's own code for that.
    pub error_detail: Option<String>,
}

/// What the machine says about a restart.
#[derive(Debug, Clone)]
pub struct Restart {
    /// Every signal that stands.
    pub signals: Vec<RestartSignal>,
    /// When a promised restart will happen.
    pub scheduled_at: Option<Timestamp>,
    /// How often the people at the machine have put it off.
    pub postponed: u8,
}

/// The inventory of updates.
#[derive(Debug, Clone)]
pub struct UpdatesReport {
    /// Its hash as it is now.
    pub hash: String,
    /// How to get there.
    pub change: Option<UpdatesChange>,
}

/// How to get from the inventory that the server has to the one that the device has.
#[derive(Debug, Clone)]
pub enum UpdatesChange {
    /// By these changes, starting from that hash.
    Delta {
        /// The hash that the changes start from.
        base: String,
        /// New and changed updates.
        changed: Vec<OfferedUpdate>,
        /// Keys that are gone.
        removed: Vec<String>,
    },
    /// By taking this instead.
    Full(Vec<OfferedUpdate>),
}

/// What the server needs from the agent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CheckInAnswer {
    /// The inventory in full.
    pub resend_updates: bool,
    /// Facts, scan and restart signals.
    pub resend_facts: bool,
}

/// Takes a check-in. One that changes nothing is written later, together with others.
///
/// # Errors
/// [`AgentError`].
pub async fn check_in(
    app: &App,
    agent: &AgentIdentity,
    check_in: CheckIn,
) -> Result<CheckInAnswer, AgentError> {
    let now = app.now();
    let (known, was_silent) = match app.fleet().seen(agent.device_id, now) {
        Some(known) => known,
        None => (load(app, agent, now).await?, true),
    };
    let answer = CheckInAnswer {
        resend_updates: lacks_updates(&known, check_in.updates.as_ref()),
        resend_facts: known.boot_id.as_deref() != Some(check_in.boot_id.as_str())
            && check_in.facts.is_none(),
    };
    let plan = Plan::new(&known, check_in, now);
    if plan.is_empty() {
        app.heartbeats().seen(agent.device_id, now);
        if was_silent {
            announce(app, agent);
        }
        return Ok(answer);
    }
    write(app, agent, plan, known, now).await?;
    Ok(answer)
}

async fn load(app: &App, agent: &AgentIdentity, now: Timestamp) -> Result<AgentState, AgentError> {
    loop {
        let moves = app.fleet().moves();
        let state = app
            .store()
            .agent_state(agent.tenant_id, agent.device_id)
            .await?;
        let state = state.ok_or(AgentError::DeviceRemoved)?;
        app.fleet().remember(*agent, state.clone(), now);
        if app.fleet().moves() == moves {
            return Ok(state);
        }
        // It may lie in another group by now.
        app.fleet().forget(agent.device_id);
    }
}

/// Whether the report leads to a hash that the server cannot reach from what it has.
fn lacks_updates(known: &AgentState, report: Option<&UpdatesReport>) -> bool {
    let Some(report) = report else { return false };
    match &report.change {
        Some(UpdatesChange::Full(_)) => false,
        Some(UpdatesChange::Delta { base, .. }) => known.updates_hash.as_ref() != Some(base),
        None => known.updates_hash.as_ref() != Some(&report.hash),
    }
}

/// What has to be written.
#[derive(Default)]
struct Plan {
    changes: CheckInChanges,
    updates: Option<(String, UpdatesChange)>,
    /// The search that what is offered comes from, if it is new or what it found is.
    search: Option<Search>,
}

impl Plan {
    fn new(known: &AgentState, check_in: CheckIn, now: Timestamp) -> Self {
        let rebooted = known.boot_id.as_deref() != Some(check_in.boot_id.as_str());
        let lacks = lacks_updates(known, check_in.updates.as_ref());
        let updates = check_in
            .updates
            .filter(|report| !lacks && known.updates_hash.as_ref() != Some(&report.hash))
            .and_then(|report| Some((report.hash, report.change?)));
        let told = check_in.scan.as_ref().filter(|scan| scan.error.is_none());
        let search = told.map(|scan| Search {
            number: scan.number,
            boot_id: scan.boot_id.clone(),
        });
        Self {
            search: search.or_else(|| updates.as_ref().map(|_| Search::default())),
            changes: CheckInChanges {
                // The start counts as known only together with the facts of that start.
                boot: (rebooted && check_in.facts.is_some())
                    .then_some((check_in.boot_id, check_in.booted_at)),
                facts: check_in.facts.map(bounded),
                scan: check_in.scan.map(|scan| scan_record(scan, now)),
                restart: check_in.restart.map(|restart| RestartRecord {
                    signals: restart.signals,
                    scheduled_at: restart.scheduled_at,
                    postponed: restart.postponed,
                }),
                last_restart: check_in.last_restart,
                needs: check_in.needs,
            },
            updates,
        }
    }

    fn is_empty(&self) -> bool {
        let CheckInChanges {
            boot,
            facts,
            scan,
            restart,
            last_restart,
            needs,
        } = &self.changes;
        boot.is_none()
            && facts.is_none()
            && scan.is_none()
            && restart.is_none()
            && last_restart.is_none()
            && needs.is_none()
            && self.updates.is_none()
    }
}

/// A scan as it is kept. A clock that runs ahead does not put scans into the future.
fn scan_record(scan: Scan, now: Timestamp) -> ScanRecord {
    ScanRecord {
        state: if scan.error.is_some() {
            ScanState::Failed
        } else {
            ScanState::Succeeded
        },
        attempted_at: Some(scan.attempted_at.min(now)),
        scanned_at: scan.succeeded_at.map(|at| at.min(now)),
        error: scan.error,
        error_detail: scan.error_detail,
    }
}

async fn write(
    app: &App,
    agent: &AgentIdentity,
    plan: Plan,
    known: AgentState,
    now: Timestamp,
) -> Result<(), AgentError> {
    let mut state = known;
    if let Some((boot_id, _)) = &plan.changes.boot {
        state.boot_id = Some(boot_id.clone());
    }
    let transaction = app.store().begin(&Scope::one(agent.tenant_id)).await?;
    transaction
        .update_device(agent.tenant_id, agent.device_id, now, &plan.changes)
        .await?;
    let mut new = HashSet::new();
    if let Some((hash, change)) = plan.updates {
        new = write_updates(&transaction, agent, &hash, change, now).await?;
        state.updates_hash = Some(hash);
    }
    if let Some(search) = plan.search {
        ledger::settle_search(&transaction, agent, &new, &search, now).await?;
    }
    if let Err(error) = transaction.commit().await {
        // Whether it was written is unknown: look again next time.
        app.fleet().forget(agent.device_id);
        return Err(error.into());
    }
    app.fleet().remember(*agent, state, now);
    announce(app, agent);
    Ok(())
}

/// Writes what is offered now; the keys that the device never had before.
async fn write_updates(
    transaction: &Transaction,
    agent: &AgentIdentity,
    hash: &str,
    change: UpdatesChange,
    now: Timestamp,
) -> Result<HashSet<String>, StoreError> {
    let (tenant, device) = (agent.tenant_id, agent.device_id);
    let ledger = transaction.ledger(tenant, device).await?;
    let (changed, removed) = match change {
        UpdatesChange::Delta {
            changed, removed, ..
        } => (changed, removed),
        UpdatesChange::Full(updates) => {
            let offered: HashSet<&str> = updates.iter().map(|u| u.key.as_str()).collect();
            let gone = ledger
                .iter()
                .filter(|entry| entry.offered && !offered.contains(entry.key.as_str()))
                .map(|entry| entry.key.clone())
                .collect();
            (updates, gone)
        }
    };
    let known: HashSet<&str> = ledger.iter().map(|entry| entry.key.as_str()).collect();
    let new = changed
        .iter()
        .filter(|update| !known.contains(update.key.as_str()))
        .map(|update| update.key.clone())
        .collect();
    let changed: Vec<_> = changed
        .into_iter()
        .map(|update| (ledger::update_id(&update), update))
        .collect();
    transaction
        .withdraw_updates(tenant, device, &removed)
        .await?;
    transaction
        .upsert_updates(tenant, device, now, &changed)
        .await?;
    transaction
        .refresh_update_counts(tenant, device, hash)
        .await?;
    Ok(new)
}

fn announce(app: &App, agent: &AgentIdentity) {
    app.events().publish(Event::DeviceChanged {
        device_id: agent.device_id,
        tenant_id: agent.tenant_id,
    });
}
