//! Updates over all devices, and their history on each.

use crate::{
    App, AppError, Context, Problem, listing::check_page, tenants::narrowed, text::check_search,
};
use jiff::SignedDuration;
use latarnik_model::{DeviceId, Permission, Scope, TenantId, UpdateId, UpdateState};
use latarnik_store::{
    DeviceUpdateRecord, Direction, KeyKind, Page, PageRequest, UpdateFilter, UpdateSort,
    UpdateStepRecord, UpdateSummary,
};

/// Which updates, in which order.
#[derive(Debug, Clone)]
pub struct UpdateQuery {
    /// On devices of one tenant only.
    pub tenant_id: Option<TenantId>,
    /// What they have to be.
    pub filter: UpdateFilter,
    /// What they are sorted by.
    pub sort: UpdateSort,
    /// In which direction.
    pub direction: Direction,
}

/// How long an update is kept that is installed, or no longer offered.
const KEPT: SignedDuration = SignedDuration::from_hours(2 * 365 * 24);
/// Most updates that are forgotten in one transaction.
const AT_ONCE: u32 = 1000;

impl App {
    /// Forgets updates whose time is over, with their history.
    pub(crate) async fn prune_ledgers(&self) -> Result<(), AppError> {
        let before = self.now() - KEPT;
        for tenant in self.store().tenants(&Scope::Everything).await? {
            loop {
                let transaction = self.store().begin(&Scope::one(tenant.id)).await?;
                let forgotten = transaction
                    .forget_updates_before(tenant.id, before, AT_ONCE)
                    .await?;
                transaction.commit().await?;
                if forgotten < AT_ONCE.into() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// A page of the updates that devices are or were offered.
    ///
    /// # Errors
    /// [`AppError::Invalid`].
    pub async fn list_updates(
        &self,
        context: &Context,
        query: &UpdateQuery,
        page: &PageRequest,
    ) -> Result<Page<UpdateSummary>, AppError> {
        context.authorize(Permission::ReadDevices)?;
        check_page(page, query.sort.key_kind())?;
        check_search("search", query.filter.search.as_deref())?;
        let scope = narrowed(&context.scope, query.tenant_id);
        let order = (query.sort, query.direction);
        Ok(self
            .store()
            .updates(&scope, &query.filter, order, page)
            .await?)
    }

    /// One update over all devices, or over those of one tenant.
    ///
    /// # Errors
    /// [`Problem::NotFound`] if no device that the caller may see is or was offered it.
    pub async fn read_update(
        &self,
        context: &Context,
        tenant: Option<TenantId>,
        id: UpdateId,
    ) -> Result<UpdateSummary, AppError> {
        context.authorize(Permission::ReadDevices)?;
        let scope = narrowed(&context.scope, tenant);
        let update = self.store().update(&scope, id).await?;
        update.ok_or_else(|| Problem::NotFound.into())
    }

    /// A page of the devices that are or were offered an update.
    ///
    /// # Errors
    /// As for [`App::read_update`].
    pub async fn list_update_devices(
        &self,
        context: &Context,
        tenant: Option<TenantId>,
        id: UpdateId,
        (states, page): (&[UpdateState], &PageRequest),
    ) -> Result<Page<DeviceUpdateRecord>, AppError> {
        self.read_update(context, tenant, id).await?;
        check_page(page, KeyKind::Text)?;
        let scope = narrowed(&context.scope, tenant);
        Ok(self
            .store()
            .devices_of_update(&scope, id, states, page)
            .await?)
    }

    /// A page of what has happened to the updates of a device, newest first; to one of them, if it
    /// is named.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn list_update_steps(
        &self,
        context: &Context,
        device: DeviceId,
        update: Option<UpdateId>,
        page: &PageRequest,
    ) -> Result<Page<UpdateStepRecord>, AppError> {
        context.authorize(Permission::ReadDevices)?;
        check_page(page, KeyKind::Number)?;
        self.store()
            .device(&context.scope, device)
            .await?
            .ok_or(Problem::NotFound)?;
        Ok(self
            .store()
            .update_steps(&context.scope, device, update, page)
            .await?)
    }
}
