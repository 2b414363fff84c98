//! What holds for maintenance in a whole tenant.

use crate::{
    Store, StoreError, Transaction,
    row::{Row, variant_name},
    sql::{Sql, sql},
};
use latarnik_model::{Scope, TenantId, WithoutWindows};

/// What holds for maintenance in a whole tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaintenanceSettings {
    /// The tenant.
    pub tenant_id: TenantId,
    /// Its name.
    pub tenant_name: String,
    /// IANA zone for devices that do not know their own.
    pub time_zone: String,
    /// What happens where no window is in force.
    pub without_windows: WithoutWindows,
}

impl MaintenanceSettings {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            tenant_id: TenantId(row.uuid("tenant_id")?),
            tenant_name: row.text("name")?,
            time_zone: row.text("time_zone")?,
            without_windows: WithoutWindows {
                update: row.name("without_window_update")?,
                restart: row.name("without_window_restart")?,
                backup: row.name("without_window_backup")?,
            },
        })
    }
}

impl Transaction {
    /// Keeps what happens where no window is in force. Whether there is such a tenant.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_without_windows(
        &self,
        tenant: TenantId,
        settings: WithoutWindows,
    ) -> Result<bool, StoreError> {
        let met = self
            .execute(sql!(
                "UPDATE tenants SET without_window_update = $2, without_window_restart = $3,
                    without_window_backup = $4 WHERE tenant_id = $1",
                tenant.0,
                variant_name(&settings.update),
                variant_name(&settings.restart),
                variant_name(&settings.backup),
            ))
            .await?;
        Ok(met == 1)
    }
}

impl Store {
    /// The settings of the tenants in scope.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn maintenance_settings(
        &self,
        scope: &Scope,
    ) -> Result<Vec<MaintenanceSettings>, StoreError> {
        let mut sql = Sql::new(
            "SELECT tenant_id, name, time_zone, without_window_update, without_window_restart,
                without_window_backup FROM tenants WHERE ",
        );
        sql.within("tenant_id", scope).push(" ORDER BY tenant_id");
        let rows = self.all(scope, sql).await?;
        rows.iter().map(MaintenanceSettings::read).collect()
    }
}
