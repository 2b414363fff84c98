//! Blackouts.

use crate::{
    Store, StoreError, Transaction, policy_scope,
    row::{Row, milliseconds, number, to_json},
    sql::sql,
};
use jiff::Timestamp;
use latarnik_model::{Blackout, BlackoutId, PolicyScope, Scope, TenantId};

/// A blackout of a tenant, a group or a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlackoutRecord {
    /// Its tenant.
    pub tenant_id: TenantId,
    /// Whose it is.
    pub scope: PolicyScope,
    /// What the group or device is called; not written.
    pub scope_name: Option<String>,
    /// The blackout itself.
    pub blackout: Blackout,
    /// Counts the changes.
    pub version: u64,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// By whom.
    pub updated_by_name: String,
}

impl BlackoutRecord {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            tenant_id: TenantId(row.uuid("tenant_id")?),
            scope: policy_scope::read(row)?,
            scope_name: row.optional_text("scope_name")?,
            blackout: Blackout {
                id: BlackoutId(row.uuid("id")?),
                name: row.text("name")?,
                definition: row.json("definition")?,
            },
            version: row.count("version")?,
            updated_at: row.time("updated_at")?,
            updated_by_name: row.text("updated_by_name")?,
        })
    }
}

impl Transaction {
    /// Adds a blackout.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn insert_blackout(&self, record: &BlackoutRecord) -> Result<(), StoreError> {
        let (group, device) = policy_scope::columns(record.scope);
        self.execute(sql!(
            "INSERT INTO blackouts (tenant_id, id, group_id, device_id, name, definition,
                version, updated_at, updated_by_name)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            record.tenant_id.0,
            record.blackout.id.0,
            group,
            device,
            record.blackout.name.as_str(),
            to_json(&record.blackout.definition),
            number(record.version),
            milliseconds(record.updated_at),
            record.updated_by_name.as_str(),
        ))
        .await?;
        Ok(())
    }

    /// Replaces a blackout, unless it was changed since the version before the record's. Whether it
    /// was replaced.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn replace_blackout(&self, record: &BlackoutRecord) -> Result<bool, StoreError> {
        let (group, device) = policy_scope::columns(record.scope);
        let met = self
            .execute(sql!(
                "UPDATE blackouts SET group_id = $3, device_id = $4, name = $5,
                    definition = $6, version = $7, updated_at = $8, updated_by_name = $9
                 WHERE tenant_id = $1 AND id = $2 AND version = $7 - 1",
                record.tenant_id.0,
                record.blackout.id.0,
                group,
                device,
                record.blackout.name.as_str(),
                to_json(&record.blackout.definition),
                number(record.version),
                milliseconds(record.updated_at),
                record.updated_by_name.as_str(),
            ))
            .await?;
        Ok(met == 1)
    }

    /// Deletes a blackout. Whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_blackout(
        &self,
        tenant: TenantId,
        id: BlackoutId,
    ) -> Result<bool, StoreError> {
        let met = self
            .execute(sql!(
                "DELETE FROM blackouts WHERE tenant_id = $1 AND id = $2",
                tenant.0,
                id.0
            ))
            .await?;
        Ok(met == 1)
    }

    /// How many blackouts a tenant has.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn count_blackouts(&self, tenant: TenantId) -> Result<u64, StoreError> {
        self.one(sql!(
            "SELECT COUNT(*) AS total FROM blackouts WHERE tenant_id = $1",
            tenant.0
        ))
        .await?
        .map_or(Ok(0), |row| row.count("total"))
    }
}

impl Store {
    /// The blackouts in scope: of each tenant first, then of its groups and of its devices, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn blackouts(&self, scope: &Scope) -> Result<Vec<BlackoutRecord>, StoreError> {
        let mut sql = policy_scope::select("blackouts");
        sql.within("p.tenant_id", scope).push(policy_scope::ORDER);
        let rows = self.all(scope, sql).await?;
        rows.iter().map(BlackoutRecord::read).collect()
    }

    /// One blackout.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn blackout(
        &self,
        scope: &Scope,
        id: BlackoutId,
    ) -> Result<Option<BlackoutRecord>, StoreError> {
        let mut sql = policy_scope::select("blackouts");
        sql.within("p.tenant_id", scope)
            .push(" AND p.id = ")
            .bind(id.0);
        let row = self.one(scope, sql).await?;
        row.as_ref().map(BlackoutRecord::read).transpose()
    }
}
