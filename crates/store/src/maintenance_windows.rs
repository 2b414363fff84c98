//! Maintenance windows.

use crate::{
    Store, StoreError, Transaction, policy_scope,
    row::{Row, milliseconds, number, to_json},
    sql::sql,
};
use jiff::Timestamp;
use latarnik_model::{MaintenanceWindow, MaintenanceWindowId, PolicyScope, Scope, TenantId};

/// A window of a tenant, a group or a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaintenanceWindowRecord {
    /// Its tenant.
    pub tenant_id: TenantId,
    /// Whose it is.
    pub scope: PolicyScope,
    /// What the group or device is called; not written.
    pub scope_name: Option<String>,
    /// The window itself.
    pub window: MaintenanceWindow,
    /// Counts the changes.
    pub version: u64,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// By whom.
    pub updated_by_name: String,
}

impl MaintenanceWindowRecord {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            tenant_id: TenantId(row.uuid("tenant_id")?),
            scope: policy_scope::read(row)?,
            scope_name: row.optional_text("scope_name")?,
            window: MaintenanceWindow {
                id: MaintenanceWindowId(row.uuid("id")?),
                name: row.text("name")?,
                enabled: row.integer("enabled")? == 1,
                definition: row.json("definition")?,
            },
            version: row.count("version")?,
            updated_at: row.time("updated_at")?,
            updated_by_name: row.text("updated_by_name")?,
        })
    }
}

impl Transaction {
    /// Adds a window.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn insert_maintenance_window(
        &self,
        record: &MaintenanceWindowRecord,
    ) -> Result<(), StoreError> {
        let (group, device) = policy_scope::columns(record.scope);
        self.execute(sql!(
            "INSERT INTO maintenance_windows (tenant_id, id, group_id, device_id, name, enabled,
                definition, version, updated_at, updated_by_name)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            record.tenant_id.0,
            record.window.id.0,
            group,
            device,
            record.window.name.as_str(),
            i64::from(record.window.enabled),
            to_json(&record.window.definition),
            number(record.version),
            milliseconds(record.updated_at),
            record.updated_by_name.as_str(),
        ))
        .await?;
        Ok(())
    }

    /// Replaces a window, unless it was changed since the version before the record's. Whether it
    /// was replaced.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn replace_maintenance_window(
        &self,
        record: &MaintenanceWindowRecord,
    ) -> Result<bool, StoreError> {
        let (group, device) = policy_scope::columns(record.scope);
        let met = self
            .execute(sql!(
                "UPDATE maintenance_windows SET group_id = $3, device_id = $4, name = $5,
                    enabled = $6, definition = $7, version = $8, updated_at = $9,
                    updated_by_name = $10
                 WHERE tenant_id = $1 AND id = $2 AND version = $8 - 1",
                record.tenant_id.0,
                record.window.id.0,
                group,
                device,
                record.window.name.as_str(),
                i64::from(record.window.enabled),
                to_json(&record.window.definition),
                number(record.version),
                milliseconds(record.updated_at),
                record.updated_by_name.as_str(),
            ))
            .await?;
        Ok(met == 1)
    }

    /// Deletes a window. Whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_maintenance_window(
        &self,
        tenant: TenantId,
        id: MaintenanceWindowId,
    ) -> Result<bool, StoreError> {
        let met = self
            .execute(sql!(
                "DELETE FROM maintenance_windows WHERE tenant_id = $1 AND id = $2",
                tenant.0,
                id.0
            ))
            .await?;
        Ok(met == 1)
    }

    /// How many windows a tenant has.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn count_maintenance_windows(&self, tenant: TenantId) -> Result<u64, StoreError> {
        self.one(sql!(
            "SELECT COUNT(*) AS total FROM maintenance_windows WHERE tenant_id = $1",
            tenant.0
        ))
        .await?
        .map_or(Ok(0), |row| row.count("total"))
    }
}

impl Store {
    /// The windows in scope: of each tenant first, then of its groups and of its devices, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn maintenance_windows(
        &self,
        scope: &Scope,
    ) -> Result<Vec<MaintenanceWindowRecord>, StoreError> {
        let mut sql = policy_scope::select("maintenance_windows");
        sql.within("p.tenant_id", scope).push(policy_scope::ORDER);
        let rows = self.all(scope, sql).await?;
        rows.iter().map(MaintenanceWindowRecord::read).collect()
    }

    /// One window.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn maintenance_window(
        &self,
        scope: &Scope,
        id: MaintenanceWindowId,
    ) -> Result<Option<MaintenanceWindowRecord>, StoreError> {
        let mut sql = policy_scope::select("maintenance_windows");
        sql.within("p.tenant_id", scope)
            .push(" AND p.id = ")
            .bind(id.0);
        let row = self.one(scope, sql).await?;
        row.as_ref().map(MaintenanceWindowRecord::read).transpose()
    }
}
