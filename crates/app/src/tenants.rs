//! Tenants and groups, for choosing.

use crate::{App, AppError, Context};
use latarnik_model::{Permission, Scope, TenantId};
use latarnik_store::{GroupRecord, TenantRecord};

impl App {
    /// The tenants that the caller may see.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub async fn list_tenants(&self, context: &Context) -> Result<Vec<TenantRecord>, AppError> {
        context.authorize(Permission::ReadDevices)?;
        Ok(self.store().tenants(&context.scope).await?)
    }

    /// The groups that the caller may see, of all tenants or of one.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub async fn list_groups(
        &self,
        context: &Context,
        tenant: Option<TenantId>,
    ) -> Result<Vec<GroupRecord>, AppError> {
        context.authorize(Permission::ReadDevices)?;
        Ok(self
            .store()
            .groups(&narrowed(&context.scope, tenant))
            .await?)
    }
}

/// The scope, or what of it one tenant leaves.
pub(crate) fn narrowed(scope: &Scope, tenant: Option<TenantId>) -> Scope {
    tenant.map_or_else(|| scope.clone(), |tenant| scope.narrowed_to(tenant))
}
