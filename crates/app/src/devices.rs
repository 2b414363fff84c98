//! Managed machines, as people see them.

use crate::{
    App, AppError, Context, FieldCode, Problem, WindowOutlook,
    context::{Done, Mutation, Target},
    error::invalid,
    events::Event,
    listing::check_page,
    tenants::narrowed,
    text::check_search,
};
use latarnik_model::{DeviceId, GroupId, Permission, RestartRequired, TenantId};
use latarnik_store::{
    DeviceFilter, DeviceRecord, DeviceSort, Direction, Page, PageRequest, UpdateRecord,
};

/// A device and what the caller may do with it.
#[derive(Debug, Clone)]
pub struct Device {
    /// What is known.
    pub record: DeviceRecord,
    /// Whether it was heard of lately.
    pub online: bool,
    /// Whether updates may install themselves now, and when they may next.
    pub maintenance_window: Option<WindowOutlook>,
    /// Whether the caller may have it scanned.
    pub scan: Result<(), Refusal>,
    /// Whether the caller may have updates installed on it.
    pub install: Result<(), Refusal>,
    /// Whether the caller may have it restarted.
    pub restart: Result<(), Refusal>,
    /// Whether the caller may remove it.
    pub remove: Result<(), Refusal>,
}

/// Why something cannot be done with a device now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The caller's role does not allow it.
    Forbidden,
    /// No strong signal asks for a restart.
    NoRestartPending,
    /// The device is known to be up to date.
    NoPendingUpdates,
}

impl Refusal {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Forbidden => "forbidden",
            Self::NoRestartPending => "no_restart_pending",
            Self::NoPendingUpdates => "no_pending_updates",
        }
    }
}

/// Which devices, in which order.
#[derive(Debug, Clone)]
pub struct DeviceQuery {
    /// Of one tenant only.
    pub tenant_id: Option<TenantId>,
    /// Conditions. Those about "seen" follow from `online`.
    pub filter: DeviceFilter,
    /// Only those heard of lately, or only the others.
    pub online: Option<bool>,
    /// Sorted by.
    pub sort: DeviceSort,
    /// Sorted which way.
    pub direction: Direction,
}

const REMOVE: Mutation = Mutation {
    permission: Some(Permission::RemoveDevices),
    action: "remove_device",
    target_kind: "device",
};
const MOVE: Mutation = Mutation {
    permission: Some(Permission::MoveDevices),
    action: "move_device",
    target_kind: "device",
};

/// Refuses what no device has in its name.
pub(crate) fn check_query(query: &DeviceQuery) -> Result<(), AppError> {
    check_search("search", query.filter.search.as_deref())
}

impl App {
    /// A page of the devices that the caller may see.
    ///
    /// # Errors
    /// [`AppError::Invalid`] if the cursor is of another list.
    pub async fn list_devices(
        &self,
        context: &Context,
        query: &DeviceQuery,
        page: &PageRequest,
    ) -> Result<Page<Device>, AppError> {
        context.authorize(Permission::ReadDevices)?;
        check_page(page, query.sort.key_kind())?;
        check_query(query)?;
        let scope = narrowed(&context.scope, query.tenant_id);
        let filter = self.complete(query);
        let (sort, direction) = (query.sort, query.direction);
        let page = self
            .store()
            .devices(&scope, &filter, sort, direction, page)
            .await?;
        let mut outlooks = self.window_outlooks(&page.items).await?.into_iter();
        Ok(page.map(|record| self.device_for(context, record, outlooks.next().flatten())))
    }

    /// How many devices the caller may see match.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub async fn count_devices(
        &self,
        context: &Context,
        query: &DeviceQuery,
    ) -> Result<u64, AppError> {
        context.authorize(Permission::ReadDevices)?;
        check_query(query)?;
        let scope = narrowed(&context.scope, query.tenant_id);
        Ok(self
            .store()
            .count_devices(&scope, &self.complete(query))
            .await?)
    }

    /// One device.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn read_device(&self, context: &Context, id: DeviceId) -> Result<Device, AppError> {
        context.authorize(Permission::ReadDevices)?;
        let record = self
            .store()
            .device(&context.scope, id)
            .await?
            .ok_or(Problem::NotFound)?;
        let outlooks = self.window_outlooks(std::slice::from_ref(&record)).await?;
        let outlook = outlooks.into_iter().next().flatten();
        Ok(self.device_for(context, record, outlook))
    }

    /// What is offered to a device.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn list_device_updates(
        &self,
        context: &Context,
        id: DeviceId,
    ) -> Result<Vec<UpdateRecord>, AppError> {
        context.authorize(Permission::ReadDevices)?;
        self.store()
            .device(&context.scope, id)
            .await?
            .ok_or(Problem::NotFound)?;
        Ok(self.store().updates_of_device(&context.scope, id).await?)
    }

    /// Moves a device to a group of its tenant, or out of any.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`AppError::Invalid`] for a group of another tenant.
    pub async fn move_device(
        &self,
        context: &Context,
        id: DeviceId,
        group: Option<GroupId>,
    ) -> Result<Device, AppError> {
        let tenant_id = self
            .mutate(context, &MOVE, async |transaction| {
                let device = self.store().device(&context.scope, id).await?;
                let device = device.ok_or(Problem::NotFound)?;
                let mut name = "none".to_owned();
                if let Some(group) = group {
                    let group = self.store().group(&context.scope, group).await?;
                    let group = group.filter(|group| group.tenant_id == device.tenant_id);
                    let group = group.ok_or_else(|| invalid("group_id", FieldCode::Unknown))?;
                    name = group.name;
                }
                if !transaction.move_device(&context.scope, id, group).await? {
                    return Err(Problem::NotFound.into());
                }
                let target =
                    Target::new(device.tenant_id, id, device.facts.hostname).with("group", name);
                Ok(Done::to(target, device.tenant_id))
            })
            .await?;
        self.moved(tenant_id, id, group).await;
        self.events().publish(Event::DeviceChanged {
            device_id: id,
            tenant_id,
        });
        self.read_device(context, id).await
    }

    /// Has the agent of a device that lies in another group now set up as that group says.
    async fn moved(&self, tenant_id: TenantId, id: DeviceId, group: Option<GroupId>) {
        let place = |device, lay| if device == id { group } else { lay };
        self.regrouped(tenant_id, place).await;
    }

    /// Removes a device: its certificate stops working at once, its open tasks end.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn remove_device(&self, context: &Context, id: DeviceId) -> Result<(), AppError> {
        let (tenant_id, ended) = self
            .mutate(context, &REMOVE, async |transaction| {
                let device = self.store().device(&context.scope, id).await?;
                let device = device.ok_or(Problem::NotFound)?;
                let ended = transaction
                    .remove_device(&context.scope, id, self.now())
                    .await?
                    .ok_or(Problem::NotFound)?;
                let target = Target::new(device.tenant_id, id, device.facts.hostname);
                Ok(Done::to(target, (device.tenant_id, ended)))
            })
            .await?;
        self.fleet().forget(id);
        self.tell_taken(&ended);
        self.events().publish(Event::DeviceRemoved {
            device_id: id,
            tenant_id,
        });
        Ok(())
    }

    /// The conditions with those that depend on the time.
    pub(crate) fn complete(&self, query: &DeviceQuery) -> DeviceFilter {
        let limit = self.now() - self.online_for();
        let mut filter = query.filter.clone();
        filter.seen_since = (query.online == Some(true)).then_some(limit);
        filter.silent_since = (query.online == Some(false)).then_some(limit);
        filter
    }

    fn device_for(
        &self,
        context: &Context,
        record: DeviceRecord,
        maintenance_window: Option<WindowOutlook>,
    ) -> Device {
        let allowed = |permission, condition: Result<(), Refusal>| {
            if context.may(permission) {
                condition
            } else {
                Err(Refusal::Forbidden)
            }
        };
        let pending = match (record.pending_updates, record.pending_definitions) {
            (Some(0), None | Some(0)) => Err(Refusal::NoPendingUpdates),
            _ => Ok(()),
        };
        let waiting = match record.restart_required {
            RestartRequired::Yes => Ok(()),
            RestartRequired::No | RestartRequired::Unknown => Err(Refusal::NoRestartPending),
        };
        Device {
            online: self.now().duration_since(record.last_seen_at) <= self.online_for(),
            maintenance_window,
            scan: allowed(Permission::ScanDevices, Ok(())),
            install: allowed(Permission::InstallUpdates, pending),
            restart: allowed(Permission::RestartDevices, waiting),
            remove: allowed(Permission::RemoveDevices, Ok(())),
            record,
        }
    }
}
