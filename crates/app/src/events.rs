//! What happened, for everyone who watches: consoles and waiting agents.

use latarnik_model::{ActionId, DeviceId, Scope, TaskId, TaskState, TenantId};
use std::sync::Arc;
use tokio::sync::broadcast;

/// Something that happened. Carries ids, not content: who may see what is decided when they ask.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Devices have a new task, or one of their tasks is to be cancelled.
    TasksWaiting {
        /// The devices.
        device_ids: Arc<[DeviceId]>,
    },
    /// Agents are to be set up otherwise than before.
    ConfigurationChanged {
        /// The devices.
        device_ids: Arc<[DeviceId]>,
    },
    /// Something about a device changed.
    DeviceChanged {
        /// The device.
        device_id: DeviceId,
        /// Its tenant.
        tenant_id: TenantId,
    },
    /// A device was removed: its certificate must not open anything any more.
    DeviceRemoved {
        /// The device.
        device_id: DeviceId,
        /// Its tenant.
        tenant_id: TenantId,
    },
    /// Something about tenants changed: one is being deleted, or is gone.
    TenantsChanged {
        /// The tenant whose people may hear of it.
        tenant_id: TenantId,
    },
    /// Policies of a tenant changed, decisions on updates, or how far its rings are.
    PoliciesChanged {
        /// The tenant.
        tenant_id: TenantId,
    },
    /// Windows or blackouts of a tenant changed, or what else decides when automatic work may run.
    MaintenanceChanged {
        /// The tenant.
        tenant_id: TenantId,
    },
    /// Alerts were raised, changed or closed, or somebody acknowledged some. Comes once for a look
    /// at all tenants.
    AlertsChanged {
        /// Whose alerts.
        tenant_ids: Arc<[TenantId]>,
    },
    /// A tenant is being deleted: none of its certificates opens anything any more.
    TenantDeleted {
        /// The tenant.
        tenant_id: TenantId,
    },
    /// Tasks of an action went on. Comes at most twice a second for one action.
    ActionChanged {
        /// The action.
        action_id: ActionId,
        /// The tenants of the devices on which they did.
        tenant_ids: Arc<[TenantId]>,
    },
    /// A task went on.
    TaskChanged {
        /// The task.
        task_id: TaskId,
        /// Its device.
        device_id: DeviceId,
        /// Its action.
        action_id: ActionId,
        /// Its tenant.
        tenant_id: TenantId,
        /// Where it stands now.
        state: TaskState,
    },
}

impl Event {
    /// Whether somebody who sees these tenants may hear of it.
    #[must_use]
    pub fn is_visible_in(&self, scope: &Scope) -> bool {
        match self {
            Self::TasksWaiting { .. }
            | Self::ConfigurationChanged { .. }
            | Self::TenantDeleted { .. } => false,
            Self::ActionChanged { tenant_ids, .. } | Self::AlertsChanged { tenant_ids } => {
                tenant_ids.iter().any(|tenant| scope.contains(*tenant))
            }
            Self::TenantsChanged { tenant_id }
            | Self::PoliciesChanged { tenant_id }
            | Self::MaintenanceChanged { tenant_id }
            | Self::DeviceChanged { tenant_id, .. }
            | Self::DeviceRemoved { tenant_id, .. }
            | Self::TaskChanged { tenant_id, .. } => scope.contains(*tenant_id),
        }
    }
}

/// How many events a slow watcher may lag behind before it has to look at everything again.
const CAPACITY: usize = 16_384;

/// The stream of events of this process.
#[derive(Debug, Clone)]
pub struct Events(broadcast::Sender<Event>);

impl Events {
    pub(crate) fn new() -> Self {
        Self(broadcast::channel(CAPACITY).0)
    }

    /// Watches from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.0.subscribe()
    }

    pub(crate) fn publish(&self, event: Event) {
        // Nobody watching is fine.
        let _ = self.0.send(event);
    }
}
