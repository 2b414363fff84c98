//! Maintenance: when automatic work may run.

mod blackouts;
mod book;
mod checks;
mod description;
mod explanation;
mod settings;
mod spans;
mod surroundings;
mod windows;

pub(crate) use book::MaintenanceBook;

pub use blackouts::{BlackoutChange, BlackoutEntry, BlackoutPreview, NewBlackout};
pub use explanation::DeviceMaintenance;
pub use spans::SpanPreview;
pub use windows::{
    MaintenanceWindowChange, MaintenanceWindowEntry, NewMaintenanceWindow, WindowPreview,
};

use crate::{App, Event, context::Mutation};
use latarnik_model::{Permission, TenantId};

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
    /// Says that other windows and blackouts may count for the devices of a tenant from now on.
    pub(crate) fn maintenance_changed(&self, tenant_id: TenantId) {
        self.events()
            .publish(Event::MaintenanceChanged { tenant_id });
    }
}
