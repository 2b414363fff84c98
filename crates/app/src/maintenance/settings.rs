//! What happens in a tenant where no window is in force.

use crate::{
    App, AppError, Context, Problem,
    context::{Done, Mutation, Target},
};
use latarnik_model::{MaintenanceAction, Permission, TenantId, WithoutWindow, WithoutWindows};

const CHANGE: Mutation = super::manage("change_maintenance_settings", "tenant");

impl App {
    /// What happens in a tenant where no window is in force.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn read_maintenance_settings(
        &self,
        context: &Context,
        id: TenantId,
    ) -> Result<WithoutWindows, AppError> {
        context.authorize(Permission::ReadDevices)?;
        let scope = context.scope.narrowed_to(id);
        let mut settings = self.store().maintenance_settings(&scope).await?;
        let found = settings.pop().map(|settings| settings.without_windows);
        found.ok_or_else(|| Problem::NotFound.into())
    }

    /// Replaces what happens in a tenant where no window is in force.
    ///
    /// # Errors
    /// [`Problem::NotFound`], [`Problem::TenantBeingDeleted`].
    pub async fn replace_maintenance_settings(
        &self,
        context: &Context,
        id: TenantId,
        settings: WithoutWindows,
    ) -> Result<WithoutWindows, AppError> {
        self.mutate(context, &CHANGE, async |transaction| {
            let tenant = transaction.lock_tenant(&context.scope, id).await?;
            let tenant = tenant.ok_or(Problem::NotFound)?;
            if tenant.deletion.is_some() {
                return Err(Problem::TenantBeingDeleted.into());
            }
            transaction.set_without_windows(id, settings).await?;
            let target = Target::new(id, id, tenant.name);
            let target = MaintenanceAction::ALL
                .into_iter()
                .fold(target, |target, action| {
                    target.with(action.name(), name(settings.of(action)))
                });
            Ok(Done::to(target, ()))
        })
        .await?;
        self.maintenance_changed(id).await;
        Ok(settings)
    }
}

const fn name(setting: WithoutWindow) -> &'static str {
    match setting {
        WithoutWindow::Run => "run",
        WithoutWindow::Hold => "hold",
    }
}
