//! Beginning an action, whoever it comes from.

use crate::{App, AppError, Problem, events::Event};
use jiff::Timestamp;
use latarnik_model::{
    ActionId, ActionKind, DeviceId, TaskId, TaskParameters, TaskState, TenantId, When,
};
use latarnik_store::{Creator, NewAction, NewTask, Transaction};
use std::collections::{BTreeMap, HashMap, HashSet};

/// An action that is decided on: by a person who asked for it, or by a policy.
#[derive(Debug, Clone)]
pub struct ActionOrder {
    /// What to do.
    pub parameters: TaskParameters,
    /// On which devices, each with its tenant.
    pub devices: Vec<(TenantId, DeviceId)>,
    /// What exactly to do on some of them, where that differs.
    pub own: HashMap<DeviceId, TaskParameters>,
    /// When.
    pub when: When,
    /// The devices whose maintenance windows it knowingly breaks.
    pub outside_windows: HashSet<DeviceId>,
    /// The latest time to begin: a task that has not begun by then expires.
    pub deadline: Option<Timestamp>,
    /// Who it comes from.
    pub created_by: Creator,
    /// The tenant of whom it comes from.
    pub tenant_id: TenantId,
    /// Makes a repeated order recognisable: the same key from the same creator is a conflict.
    pub idempotency_key: String,
}

/// An action whose tasks are written. Once that is committed, [`App::announce_action`] tells those
/// who wait for it.
#[derive(Debug, Clone)]
pub struct BegunAction {
    /// Its id.
    pub id: ActionId,
    tasks: Vec<NewTask>,
}

impl BegunAction {
    /// How many of its devices are of each tenant.
    #[must_use]
    pub fn tenants(&self) -> BTreeMap<TenantId, usize> {
        let mut tenants = BTreeMap::new();
        for task in &self.tasks {
            *tenants.entry(task.tenant_id).or_default() += 1;
        }
        tenants
    }
}

/// Up to so many tasks are told one by one; of more, consoles hear as an action.
pub(super) const TOLD_ONE_BY_ONE: usize = 50;

/// Longest run of a task, in seconds.
const fn timeout_seconds(kind: ActionKind) -> u32 {
    match kind {
        ActionKind::Scan => 60 * 60,
        ActionKind::InstallUpdates => 6 * 60 * 60,
        ActionKind::Restart => 2 * 60 * 60,
    }
}

impl App {
    /// Writes an action with its tasks. Neither authorises nor audits: a policy acts on behalf of
    /// whoever made it, and [`App::create_action`] has done both.
    ///
    /// # Errors
    /// [`Problem::NoDevices`] if none of the devices is there (any more).
    pub async fn begin_action(
        &self,
        transaction: &Transaction,
        mut order: ActionOrder,
    ) -> Result<BegunAction, AppError> {
        let now = self.now();
        let task = |(tenant_id, device_id)| NewTask {
            id: TaskId::generate(now, &self.ids()),
            tenant_id,
            device_id,
            parameters: order.own.remove(&device_id),
            breaks_windows: order.outside_windows.contains(&device_id),
        };
        let tasks: Vec<_> = order.devices.into_iter().map(task).collect();
        let action = NewAction {
            id: ActionId::generate(now, &self.ids()),
            tenant_id: order.tenant_id,
            timeout_seconds: timeout_seconds(order.parameters.kind()),
            parameters: order.parameters,
            when: order.when,
            deadline_at: order.deadline,
            created_at: now,
            created_by: order.created_by,
            idempotency_key: order.idempotency_key,
        };
        let tasks = transaction.insert_action(&action, tasks).await?;
        if tasks.is_empty() {
            return Err(Problem::NoDevices.into());
        }
        let id = action.id;
        Ok(BegunAction { id, tasks })
    }

    /// Wakes the devices of an action that is committed, and tells consoles.
    pub fn announce_action(&self, begun: &BegunAction) {
        let devices = begun.tasks.iter().map(|task| task.device_id);
        self.events().publish(Event::TasksWaiting {
            device_ids: devices.collect(),
        });
        for tenant in begun.tenants().into_keys() {
            self.action_board().note(begun.id, tenant);
        }
        if begun.tasks.len() > TOLD_ONE_BY_ONE {
            return;
        }
        for task in &begun.tasks {
            self.events().publish(Event::TaskChanged {
                task_id: task.id,
                device_id: task.device_id,
                action_id: begun.id,
                tenant_id: task.tenant_id,
                state: TaskState::Queued,
            });
        }
    }
}
