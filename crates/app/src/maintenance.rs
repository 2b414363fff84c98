//! Maintenance: when automatic work may run.

mod blackouts;
mod book;
mod checks;
mod description;
mod explanation;
mod feeds;
mod icalendar;
mod occurrences;
mod outlook;
mod plan;
mod room;
mod settings;
mod shelf;
mod spans;
mod surroundings;
mod window_batch;
mod windows;

pub(crate) use book::MaintenanceBook;
pub(crate) use shelf::Bookshelf;

pub use blackouts::{BlackoutChange, BlackoutEntry, BlackoutPreview, NewBlackout};
pub use explanation::DeviceMaintenance;
pub use feeds::{FeedSecret, IssuedCalendarFeed};
pub use occurrences::WindowOccurrence;
pub use outlook::WindowOutlook;
pub use plan::{MaintenancePlan, PlannedDevice, PlannedOpening};
pub use spans::SpanPreview;
pub use window_batch::{BatchedWindow, MaintenanceWindowBatch};
pub use windows::{
    MaintenanceWindowChange, MaintenanceWindowEntry, NewMaintenanceWindow, WindowForecast,
    WindowPreview,
};

use crate::{App, Event, context::Mutation};
use latarnik_model::{DeviceId, GroupId, Permission, TenantId};
use latarnik_store::StoreError;
use shelf::Renewed;

/// Most windows of a tenant, and most blackouts.
const MOST_DEFINITIONS: u64 = 200;

const fn manage(action: &'static str, target_kind: &'static str) -> Mutation {
    Mutation {
        permission: Some(Permission::ManageMaintenanceWindows),
        action,
        target_kind,
    }
}

impl App {
    /// Says that other windows and blackouts may count for the devices of a tenant from now on, and
    /// wakes the agents for which they do.
    pub(crate) async fn maintenance_changed(&self, tenant_id: TenantId) {
        self.regrouped(tenant_id, |_, group| group).await;
    }

    /// The same where devices may lie in other groups now: `place` says in which, by the group in
    /// which one lay.
    pub(crate) async fn regrouped(
        &self,
        tenant_id: TenantId,
        place: impl Fn(DeviceId, Option<GroupId>) -> Option<GroupId>,
    ) {
        if let Err(error) = self.renew_rules(tenant_id, place).await {
            // The agents get what counts with their next check-in.
            tracing::error!(
                error = &error as &dyn std::error::Error,
                tenant = %tenant_id,
                "maintenance windows could not be read after a change"
            );
        }
        self.events()
            .publish(Event::MaintenanceChanged { tenant_id });
    }

    async fn renew_rules(
        &self,
        tenant: TenantId,
        place: impl Fn(DeviceId, Option<GroupId>) -> Option<GroupId>,
    ) -> Result<(), StoreError> {
        let renewed = self.bookshelf().renew(self.store(), tenant).await;
        let changed = self.fleet().regroup(tenant, |device, before| {
            let after = place(device, before);
            let changes = match &renewed {
                Ok(Renewed {
                    before: Some(old),
                    now,
                }) => old.rules(device, before) != now.rules(device, after),
                Ok(_) | Err(_) => true,
            };
            (after, changes)
        });
        renewed?;
        if !changed.is_empty() {
            self.events().publish(Event::ConfigurationChanged {
                device_ids: changed.into(),
            });
        }
        Ok(())
    }
}
