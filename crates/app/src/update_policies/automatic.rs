//! Applying policies: what is due becomes a task, and what is not due any more is taken back.

use super::{
    book::{PolicyBook, offer},
    restarts::{self, Cause},
};
use crate::{
    App, AppError, Event,
    actions::{ActionOrder, BegunAction},
    audit::Entry,
    context::{Mutation, Target},
};
use jiff::{SignedDuration, Timestamp};
use latarnik_model::{
    ActionKind, CreatorKind, DeviceId, OsFamily, PolicyVerdict, ReasonCode, RestartBehavior,
    RestartRequired, Scope, SourceSettings, TaskId, TaskParameters, TaskState, TenantId,
    UpdateCategory, UpdateState, When,
};
use latarnik_store::{
    AutomaticTask, Creator, PastRestart, PolicyCandidate, PolicyDevice, StoreError, TaskResult,
    TaskTaken, Transaction,
};
use std::collections::{BTreeSet, HashMap, HashSet};

const INSTALL: Mutation = Mutation {
    permission: None,
    action: "install_updates",
    target_kind: "action",
};

const RESTART: Mutation = Mutation {
    permission: None,
    action: "restart_devices",
    target_kind: "action",
};

/// New signatures of protection programs come several times a day. A task that waits is made anew
/// for them once a day at most.
const SIGNATURES_WAIT: SignedDuration = SignedDuration::from_hours(24);

/// What is to happen on the devices of a tenant.
#[derive(Debug, Default)]
struct Plan {
    /// What devices are to install that have no task for it.
    install: Vec<(DeviceId, TaskParameters)>,
    /// How devices are to restart that have no task for it.
    restart: Vec<(DeviceId, TaskParameters)>,
    /// Tasks whose time is over before they began.
    withdraw: Vec<AutomaticTask>,
    /// How devices are to be set up from now on.
    set_up: HashMap<SourceSettings, Vec<DeviceId>>,
}

impl Plan {
    fn is_empty(&self) -> bool {
        self.install.is_empty()
            && self.restart.is_empty()
            && self.withdraw.is_empty()
            && self.set_up.is_empty()
    }
}

impl App {
    /// Applies every tenant's policies: lets updates go on in the rings, makes tasks of what is due,
    /// takes back what is not due any more.
    ///
    /// # Errors
    /// The first of what went wrong; the trouble of one tenant holds up no other.
    pub async fn apply_update_policies(&self) -> Result<(), AppError> {
        let mut outcome = Ok(());
        for tenant in self.store().tenants_with_policies().await? {
            let found = self.store().tenant(&Scope::one(tenant), tenant).await?;
            if found.is_some_and(|tenant| tenant.deletion.is_none()) {
                outcome = outcome.and(self.apply_policies_of(tenant).await);
            }
        }
        outcome
    }

    async fn apply_policies_of(&self, tenant: TenantId) -> Result<(), AppError> {
        let mut book = PolicyBook::load(self.store(), tenant).await?;
        let devices = self.store().policy_devices(tenant).await?;
        let candidates = self.store().policy_candidates(tenant, None).await?;
        self.advance_rollouts(tenant, &mut book, &devices, &candidates)
            .await?;
        let tasks = self.store().automatic_tasks(tenant).await?;
        let now = self.now();
        let past = self
            .store()
            .past_restarts(tenant, restarts::resting_since(now))
            .await?;
        let plan = plan(&book, &devices, &candidates, tasks, &past, now);
        if !plan.is_empty() {
            self.carry_out(tenant, plan).await?;
        }
        let settings = devices
            .iter()
            .map(|device| (device.id, source(&book, device)));
        let changed = self.fleet().set_up(settings);
        if !changed.is_empty() {
            self.events().publish(Event::ConfigurationChanged {
                device_ids: changed.into(),
            });
        }
        Ok(())
    }

    async fn carry_out(&self, tenant: TenantId, plan: Plan) -> Result<(), AppError> {
        let now = self.now();
        let transaction = self.store().begin(&Scope::one(tenant)).await?;
        let mut taken = Vec::new();
        for task in &plan.withdraw {
            taken.extend(withdraw(&transaction, tenant, task, now).await?);
        }
        for (settings, devices) in &plan.set_up {
            transaction
                .set_up_devices(tenant, devices, *settings)
                .await?;
        }
        let mut begun = Vec::new();
        for (mutation, own) in [(&INSTALL, plan.install), (&RESTART, plan.restart)] {
            let action = self.begin_automatic(&transaction, tenant, mutation, own);
            begun.extend(action.await?);
        }
        transaction.commit().await?;
        let devices = taken.iter().map(|task| task.device_id).collect();
        self.events().publish(Event::TasksWaiting {
            device_ids: devices,
        });
        self.tell_taken(&taken);
        for action in &begun {
            self.announce_action(action);
        }
        Ok(())
    }

    async fn begin_automatic(
        &self,
        transaction: &Transaction,
        tenant: TenantId,
        mutation: &Mutation,
        own: Vec<(DeviceId, TaskParameters)>,
    ) -> Result<Option<BegunAction>, AppError> {
        let Some((_, first)) = own.first() else {
            return Ok(None);
        };
        let order = ActionOrder {
            // Each task says for itself what is due on its device.
            parameters: match first {
                TaskParameters::InstallUpdates { .. } => installation(None),
                other => other.clone(),
            },
            devices: own.iter().map(|(device, _)| (tenant, *device)).collect(),
            own: own.into_iter().collect(),
            when: When::InWindow,
            outside_windows: HashSet::new(),
            deadline: None,
            created_by: Creator {
                kind: CreatorKind::Policy,
                id: tenant.0,
                name: "policy".to_owned(),
            },
            tenant_id: tenant,
            idempotency_key: TaskId::generate(self.now(), &self.ids()).to_string(),
        };
        let begun = self.begin_action(transaction, order).await?;
        let target = Target {
            name: None,
            ..Target::new(tenant, begun.id, "")
        }
        .with("devices", begun.tenants().values().sum::<usize>());
        self.write_audit(transaction, Entry::by_system(mutation, target))
            .await?;
        Ok(Some(begun))
    }
}

fn installation(update_keys: Option<Vec<String>>) -> TaskParameters {
    TaskParameters::InstallUpdates {
        update_keys,
        categories: None,
    }
}

/// How a device's own source of updates is to be set: only Windows has something to set.
fn source(book: &PolicyBook, device: &PolicyDevice) -> SourceSettings {
    match device.os_family {
        OsFamily::Windows => book.rules(device.id, device.group_id).source_settings(),
        _ => SourceSettings::default(),
    }
}

async fn withdraw(
    transaction: &Transaction,
    tenant: TenantId,
    task: &AutomaticTask,
    now: Timestamp,
) -> Result<Option<TaskTaken>, StoreError> {
    let scope = Scope::one(tenant);
    let Some(mut standing) = transaction.task_standing(&scope, task.id).await? else {
        return Ok(None);
    };
    if standing.state.is_final() || standing.state == TaskState::Running {
        return Ok(None);
    }
    let reason = Some(ReasonCode::ReplacedByPolicy);
    transaction
        .request_cancellation(tenant, task.id, now, reason)
        .await?;
    if !standing.offered {
        standing.state = TaskState::Cancelled;
        let result = TaskResult {
            reason,
            ..TaskResult::default()
        };
        transaction
            .finish_task(tenant, task.id, standing.state, now, &result)
            .await?;
    }
    Ok(Some(TaskTaken {
        id: task.id,
        action_id: standing.action_id,
        device_id: task.device_id,
        tenant_id: tenant,
        state: standing.state,
    }))
}

fn plan(
    book: &PolicyBook,
    devices: &[PolicyDevice],
    candidates: &[PolicyCandidate],
    tasks: Vec<AutomaticTask>,
    past: &HashMap<DeviceId, PastRestart>,
    now: Timestamp,
) -> Plan {
    let mut of_devices: HashMap<DeviceId, Vec<&PolicyCandidate>> = HashMap::new();
    for candidate in candidates {
        let of_device = of_devices.entry(candidate.device_id).or_default();
        of_device.push(candidate);
    }
    let mut open: HashMap<DeviceId, Vec<AutomaticTask>> = HashMap::new();
    for task in tasks {
        open.entry(task.device_id).or_default().push(task);
    }
    let mut plan = Plan::default();
    for device in devices {
        let offered = of_devices.remove(&device.id).unwrap_or_default();
        let (tasks, restarts): (Vec<_>, Vec<_>) = open
            .remove(&device.id)
            .unwrap_or_default()
            .into_iter()
            .partition(|task| task.parameters.kind() == ActionKind::InstallUpdates);
        let wanted = wanted(book, device, &offered, &tasks, now);
        let cause = cause(device, &offered, &tasks, &wanted);
        let rule = book.rules(device.id, device.group_id).restart();
        let past = past.get(&device.id).copied();
        let restart = restarts::plan(rule.map(|(_, rule)| rule), cause, past, restarts);
        plan.restart
            .extend(restart.make.map(|restart| (device.id, restart)));
        plan.withdraw.extend(restart.withdraw);
        let settings = source(book, device);
        if settings != device.settings {
            plan.set_up.entry(settings).or_default().push(device.id);
        }
        plan.plan_installation(device.id, &offered, wanted, tasks, now);
    }
    plan
}

impl Plan {
    fn plan_installation(
        &mut self,
        device: DeviceId,
        offered: &[&PolicyCandidate],
        wanted: HashMap<String, UpdateCategory>,
        tasks: Vec<AutomaticTask>,
        now: Timestamp,
    ) {
        let (busy, waiting): (Vec<_>, Vec<_>) = tasks
            .into_iter()
            .partition(|task| task.state == TaskState::Running || task.is_cancelled);
        let (mut right, wrong): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|task| still_right(task, offered, &wanted, now));
        self.withdraw.extend(wrong);
        let has_one = right.pop().is_some();
        self.withdraw.extend(right);
        // While one is at work, what else there is to do is not known.
        let runs = busy.iter().any(|task| task.state == TaskState::Running);
        if !has_one && !runs && !wanted.is_empty() {
            let mut keys: Vec<_> = wanted.into_keys().collect();
            keys.sort_unstable();
            self.install.push((device, installation(Some(keys))));
        }
    }
}

/// Why a device may have to restart.
fn cause(
    device: &PolicyDevice,
    offered: &[&PolicyCandidate],
    tasks: &[AutomaticTask],
    wanted: &HashMap<String, UpdateCategory>,
) -> Option<Cause> {
    if device.restart_required == RestartRequired::Yes {
        return Some(Cause::Pending);
    }
    let runs = |task: &&AutomaticTask| task.state == TaskState::Running;
    let at_work: BTreeSet<&str> = tasks.iter().filter(runs).flat_map(keys).collect();
    let may_restart = |candidate: &&&PolicyCandidate| {
        let key = candidate.key.as_str();
        let installs = at_work.contains(key) || wanted.contains_key(key);
        candidate.restart != RestartBehavior::Never && installs
    };
    let waits = |candidate: &&PolicyCandidate| candidate.state == UpdateState::RestartPending;
    if offered.iter().any(|candidate| may_restart(&candidate)) {
        Some(Cause::Installation)
    } else if offered.iter().any(waits) {
        Some(Cause::Installed)
    } else {
        None
    }
}

/// The keys of what the device is to install, with their category. What waits in a task of a policy
/// is looked at as if it did not.
fn wanted(
    book: &PolicyBook,
    device: &PolicyDevice,
    offered: &[&PolicyCandidate],
    tasks: &[AutomaticTask],
    now: Timestamp,
) -> HashMap<String, UpdateCategory> {
    let rules = book.rules(device.id, device.group_id);
    let waiting = tasks.iter().filter(|task| task.state != TaskState::Running);
    let keys: BTreeSet<&str> = waiting.flat_map(keys).collect();
    let is_due = |candidate: &&&PolicyCandidate| {
        let mut offer = offer(candidate);
        if offer.state == UpdateState::Approved && keys.contains(candidate.key.as_str()) {
            offer.state = UpdateState::Offered;
        }
        let access = book.access(&rules, candidate.id, candidate.category);
        matches!(
            rules.decide(&offer, access, now).verdict,
            PolicyVerdict::Due(_)
        )
    };
    let due = offered.iter().filter(is_due);
    due.map(|candidate| (candidate.key.clone(), candidate.category))
        .collect()
}

/// Whether a task that waits has nothing that is not wanted any more, and lacks nothing. What is no
/// longer offered does no harm: the agent leaves it out.
fn still_right(
    task: &AutomaticTask,
    offered: &[&PolicyCandidate],
    wanted: &HashMap<String, UpdateCategory>,
    now: Timestamp,
) -> bool {
    let keys = keys(task);
    let unwanted = offered.iter().any(|candidate| {
        let key = candidate.key.as_str();
        keys.contains(key) && !wanted.contains_key(key)
    });
    let young = now.duration_since(task.created_at) < SIGNATURES_WAIT;
    let lacks = wanted.iter().any(|(key, category)| {
        let can_wait = young && *category == UpdateCategory::Definition;
        !keys.contains(key.as_str()) && !can_wait
    });
    !wanted.is_empty() && !unwanted && !lacks
}

fn keys(task: &AutomaticTask) -> BTreeSet<&str> {
    match &task.parameters {
        TaskParameters::InstallUpdates {
            update_keys: Some(keys),
            ..
        } => keys.iter().map(String::as_str).collect(),
        _ => BTreeSet::new(),
    }
}
