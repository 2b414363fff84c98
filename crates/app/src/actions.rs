//! What operators ask for: one action becomes one task for each device.

use crate::{
    Actor, App, AppError, Context, DeviceQuery, FieldCode, Problem,
    context::{Done, Mutation, Target},
    devices::check_query,
    error::invalid,
    events::Event,
    tenants::narrowed,
};
use latarnik_model::{
    ActionId, ActionKind, DeviceId, Permission, Postponements, RestartDelay, RestartRequired,
    TaskId, TaskParameters, TaskState, TenantId, When,
};
use latarnik_store::{
    ActionRecord, DeviceRecord, DeviceSort, Direction, NewAction, NewTask, PageRequest, Transaction,
};

use std::collections::BTreeMap;
use uuid::Uuid;

/// What someone asks for.
#[derive(Debug, Clone)]
pub struct ActionRequest {
    /// What to do.
    pub parameters: RequestedParameters,
    /// On which devices.
    pub target: ActionTarget,
    /// When.
    pub when: When,
    /// Makes a repeated request recognisable: the same key is the same action.
    pub idempotency_key: String,
}

/// What to do.
#[derive(Debug, Clone)]
pub enum RequestedParameters {
    /// Look for updates.
    Scan,
    /// Install updates.
    InstallUpdates {
        /// These, or everything that is offered.
        update_keys: Option<Vec<String>>,
    },
    /// Restart.
    Restart {
        /// Time for the person at the machine.
        delay: RestartDelay,
        /// Whether that person may put it off.
        postponements: Option<Postponements>,
    },
}

/// On which devices.
#[derive(Debug, Clone)]
pub enum ActionTarget {
    /// These.
    Devices(Vec<DeviceId>),
    /// All that match at this moment.
    Matching(Box<DeviceQuery>),
}

/// Most devices in one action.
const MOST_DEVICES: usize = 50_000;
/// Most updates in one action.
const MOST_UPDATES: usize = 1000;

impl RequestedParameters {
    const fn mutation(&self) -> Mutation {
        let (permission, action) = match self {
            Self::Scan => (Permission::ScanDevices, "scan_devices"),
            Self::InstallUpdates { .. } => (Permission::InstallUpdates, "install_updates"),
            Self::Restart { .. } => (Permission::RestartDevices, "restart_devices"),
        };
        Mutation {
            permission: Some(permission),
            action,
            target_kind: "action",
        }
    }

    const fn kind(&self) -> ActionKind {
        match self {
            Self::Scan => ActionKind::Scan,
            Self::InstallUpdates { .. } => ActionKind::InstallUpdates,
            Self::Restart { .. } => ActionKind::Restart,
        }
    }

    fn parameters(&self) -> TaskParameters {
        match self {
            Self::Scan => TaskParameters::Scan,
            Self::InstallUpdates { update_keys } => TaskParameters::InstallUpdates {
                update_keys: update_keys.clone(),
            },
            Self::Restart {
                delay,
                postponements,
            } => TaskParameters::Restart {
                delay_minutes: *delay,
                postponements: *postponements,
            },
        }
    }

    /// Longest run of a task, in seconds.
    const fn timeout_seconds(&self) -> u32 {
        match self {
            Self::Scan => 60 * 60,
            Self::InstallUpdates { .. } => 6 * 60 * 60,
            Self::Restart { .. } => 2 * 60 * 60,
        }
    }
}

impl App {
    /// Begins an action: its tasks are on their way when this returns.
    ///
    /// # Errors
    /// [`Problem::NotFound`] for a device that the caller may not see;
    /// [`Problem::NoRestartPending`] for a restart that no device needs; [`Problem::NoDevices`],
    /// [`Problem::TooManyDevices`]; [`AppError::Invalid`].
    pub async fn create_action(
        &self,
        context: &Context,
        request: ActionRequest,
    ) -> Result<ActionRecord, AppError> {
        let (operator, tenant) = match &context.actor {
            Actor::User { id, tenant_id, .. } => (id.0, *tenant_id),
            Actor::ApiToken { id, tenant_id, .. } => (id.0, *tenant_id),
            Actor::CommandLine => return Err(Problem::Forbidden.into()),
        };
        let mutation = request.parameters.mutation();
        let (id, tasks) = self
            .mutate(context, &mutation, async |transaction| {
                self.check_request(&request)?;
                let key = request.idempotency_key.as_str();
                if let Some(id) = transaction.action_of_key(tenant, operator, key).await? {
                    return Ok(Done::nothing((id, Vec::new())));
                }
                self.insert_action(context, transaction, &request, (operator, tenant))
                    .await
            })
            .await?;
        for task in tasks {
            self.events().publish(Event::TasksWaiting {
                device_id: task.device_id,
            });
            self.events().publish(Event::TaskChanged {
                task_id: task.id,
                device_id: task.device_id,
                action_id: id,
                tenant_id: task.tenant_id,
                state: TaskState::Queued,
            });
        }
        self.read_action(context, id).await
    }

    async fn insert_action(
        &self,
        context: &Context,
        transaction: &Transaction,
        request: &ActionRequest,
        (operator, tenant): (Uuid, TenantId),
    ) -> Result<Done<(ActionId, Vec<NewTask>)>, AppError> {
        let now = self.now();
        let devices = self.targets(context, request).await?;
        let action = NewAction {
            id: ActionId::generate(now, &self.ids()),
            tenant_id: tenant,
            kind: request.parameters.kind(),
            when: request.when,
            created_at: now,
            created_by: operator,
            created_by_name: context.actor_name().to_owned(),
            idempotency_key: request.idempotency_key.clone(),
        };
        let parameters = request.parameters.parameters();
        let tasks: Vec<_> = devices
            .iter()
            .map(|device| NewTask {
                id: TaskId::generate(now, &self.ids()),
                tenant_id: device.tenant_id,
                device_id: device.id,
                parameters: parameters.clone(),
                deadline_at: None,
                timeout_seconds: request.parameters.timeout_seconds(),
            })
            .collect();
        transaction.insert_action(&action, &tasks).await?;
        // Every tenant's audit says what was asked of its own devices.
        let mut devices: BTreeMap<TenantId, usize> = BTreeMap::new();
        for task in &tasks {
            *devices.entry(task.tenant_id).or_default() += 1;
        }
        let targets = devices.into_iter().map(|(tenant, count)| {
            Target {
                name: None,
                ..Target::new(tenant, action.id, "")
            }
            .with("devices", count)
        });
        Ok(Done {
            targets: targets.collect(),
            value: (action.id, tasks),
        })
    }

    fn check_request(&self, request: &ActionRequest) -> Result<(), AppError> {
        let key = request.idempotency_key.trim();
        if !(1..=200).contains(&key.len()) {
            return Err(invalid("idempotency_key", FieldCode::Malformed));
        }
        if let ActionTarget::Matching(query) = &request.target {
            check_query(query)?;
        }
        if let When::At { at } = request.when
            && at < self.now()
        {
            return Err(invalid("when", FieldCode::InThePast));
        }
        if let RequestedParameters::InstallUpdates {
            update_keys: Some(keys),
        } = &request.parameters
        {
            if keys.is_empty() {
                return Err(invalid("update_keys", FieldCode::Required));
            }
            if keys.len() > MOST_UPDATES || keys.iter().any(|key| key.len() > 512) {
                return Err(invalid("update_keys", FieldCode::TooLong));
            }
            // No device offers one with a NUL.
            if keys.iter().any(|key| key.contains('\0')) {
                return Err(invalid("update_keys", FieldCode::Malformed));
            }
        }
        Ok(())
    }

    /// The devices of an action. Named ones must all be there and fit; of those that merely match,
    /// the ones that do not fit are left out.
    async fn targets(
        &self,
        context: &Context,
        request: &ActionRequest,
    ) -> Result<Vec<DeviceRecord>, AppError> {
        let restart = matches!(request.parameters, RequestedParameters::Restart { .. });
        let needs = |device: &DeviceRecord| device.restart_required == RestartRequired::Yes;
        let devices = match &request.target {
            ActionTarget::Devices(ids) => {
                let mut ids = ids.clone();
                ids.sort_unstable();
                ids.dedup();
                if ids.len() > MOST_DEVICES {
                    return Err(Problem::TooManyDevices.into());
                }
                let devices = self.store().devices_by_id(&context.scope, &ids).await?;
                if devices.len() != ids.len() {
                    return Err(Problem::NotFound.into());
                }
                if restart && !devices.iter().all(needs) {
                    return Err(Problem::NoRestartPending.into());
                }
                devices
            }
            ActionTarget::Matching(query) => {
                let mut devices = self.all_matching(context, query).await?;
                if restart {
                    devices.retain(needs);
                }
                devices
            }
        };
        if devices.is_empty() {
            Err(Problem::NoDevices.into())
        } else {
            Ok(devices)
        }
    }

    async fn all_matching(
        &self,
        context: &Context,
        query: &DeviceQuery,
    ) -> Result<Vec<DeviceRecord>, AppError> {
        let scope = narrowed(&context.scope, query.tenant_id);
        let filter = self.complete(query);
        let (sort, direction) = (DeviceSort::Hostname, Direction::Ascending);
        let mut devices = Vec::new();
        let mut page = PageRequest {
            limit: 5000,
            after: None,
        };
        loop {
            let found = self
                .store()
                .devices(&scope, &filter, sort, direction, &page)
                .await?;
            devices.extend(found.items);
            if devices.len() > MOST_DEVICES {
                return Err(Problem::TooManyDevices.into());
            }
            match found.next {
                Some(next) => page.after = Some(next),
                None => return Ok(devices),
            }
        }
    }

    /// An action with what the caller may see of its tasks.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn read_action(
        &self,
        context: &Context,
        id: ActionId,
    ) -> Result<ActionRecord, AppError> {
        context.authorize(Permission::ReadDevices)?;
        let action = self.store().action(&context.scope, id).await?;
        action.ok_or_else(|| Problem::NotFound.into())
    }
}
