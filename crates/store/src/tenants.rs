//! Tenants.

use crate::{
    Store, StoreError, Transaction,
    row::{Row, milliseconds, number, optional_milliseconds},
    sql::{Sql, sql},
};
use jiff::Timestamp;
use latarnik_model::{Scope, TenantId};

/// A tenant: the provider (no parent) or one of its clients.
#[derive(Debug, Clone)]
pub struct TenantRecord {
    /// Its id.
    pub id: TenantId,
    /// The provider of a client.
    pub parent_id: Option<TenantId>,
    /// Its name, unique whatever the case.
    pub name: String,
    /// IANA zone for devices that do not know their own.
    pub time_zone: String,
    /// How long audit events are kept; `None` is for ever.
    pub audit_retention_days: Option<u64>,
    /// How far its deletion is, if it is being deleted.
    pub deletion: Option<TenantDeletion>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// How far the deletion of a tenant is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantDeletion {
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// By whom, by name.
    pub requested_by: String,
    /// How many rows there were.
    pub rows: u64,
    /// How many of them are gone.
    pub rows_done: u64,
}

/// What a tenant has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TenantSize {
    /// Devices that were not removed.
    pub devices: u64,
    /// People.
    pub users: u64,
}

impl TenantRecord {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let deletion = match row.optional_time("deletion_requested_at")? {
            Some(requested_at) => Some(TenantDeletion {
                requested_at,
                requested_by: row
                    .optional_text("deletion_requested_by")?
                    .unwrap_or_default(),
                rows: row.optional_count("deletion_rows")?.unwrap_or_default(),
                rows_done: row
                    .optional_count("deletion_rows_done")?
                    .unwrap_or_default(),
            }),
            None => None,
        };
        Ok(Self {
            id: TenantId(row.uuid("tenant_id")?),
            parent_id: row.optional_uuid("parent_id")?.map(TenantId),
            name: row.text("name")?,
            time_zone: row.text("time_zone")?,
            audit_retention_days: row.optional_count("audit_retention_days")?,
            deletion,
            created_at: row.time("created_at")?,
        })
    }
}

impl Transaction {
    /// Adds a tenant.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the name is taken.
    pub async fn insert_tenant(&self, tenant: &TenantRecord) -> Result<(), StoreError> {
        self.execute(sql!(
            "INSERT INTO tenants (tenant_id, parent_id, name, name_key, time_zone,
                audit_retention_days, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            tenant.id.0,
            tenant.parent_id.map(|id| id.0),
            tenant.name.as_str(),
            tenant.name.to_lowercase(),
            tenant.time_zone.as_str(),
            tenant.audit_retention_days.map(number),
            milliseconds(tenant.created_at),
        ))
        .await?;
        Ok(())
    }

    /// Keeps what may change about a tenant; whether it exists.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the name is taken.
    pub async fn update_tenant(&self, tenant: &TenantRecord) -> Result<bool, StoreError> {
        let deletion = tenant.deletion.as_ref();
        let affected = self
            .execute(sql!(
                "UPDATE tenants SET name = $2, name_key = $3, time_zone = $4,
                    audit_retention_days = $5, deletion_requested_at = $6,
                    deletion_requested_by = $7, deletion_rows = $8, deletion_rows_done = $9
                 WHERE tenant_id = $1",
                tenant.id.0,
                tenant.name.as_str(),
                tenant.name.to_lowercase(),
                tenant.time_zone.as_str(),
                tenant.audit_retention_days.map(number),
                optional_milliseconds(deletion.map(|deletion| deletion.requested_at)),
                deletion.map(|deletion| deletion.requested_by.as_str()),
                deletion.map(|deletion| number(deletion.rows)),
                deletion.map(|deletion| number(deletion.rows_done)),
            ))
            .await?;
        Ok(affected == 1)
    }

    /// One tenant, held until the transaction ends.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn lock_tenant(
        &self,
        scope: &Scope,
        id: TenantId,
    ) -> Result<Option<TenantRecord>, StoreError> {
        let mut sql = Sql::new("SELECT * FROM tenants WHERE tenant_id = ");
        sql.bind(id.0)
            .push(" AND ")
            .within("tenant_id", scope)
            .push(self.for_update());
        let row = self.one(sql).await?;
        row.as_ref().map(TenantRecord::read).transpose()
    }
}

impl Store {
    /// The tenants in scope, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn tenants(&self, scope: &Scope) -> Result<Vec<TenantRecord>, StoreError> {
        let mut sql = Sql::new("SELECT * FROM tenants WHERE ");
        sql.within("tenant_id", scope)
            .push(" ORDER BY parent_id IS NOT NULL, name_key");
        let rows = self.all(scope, sql).await?;
        rows.iter().map(TenantRecord::read).collect()
    }

    /// One tenant.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn tenant(
        &self,
        scope: &Scope,
        id: TenantId,
    ) -> Result<Option<TenantRecord>, StoreError> {
        let mut sql = Sql::new("SELECT * FROM tenants WHERE tenant_id = ");
        sql.bind(id.0).push(" AND ").within("tenant_id", scope);
        let row = self.one(scope, sql).await?;
        row.as_ref().map(TenantRecord::read).transpose()
    }

    /// The tenant of that name, whatever the case.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn tenant_named(
        &self,
        scope: &Scope,
        name: &str,
    ) -> Result<Option<TenantRecord>, StoreError> {
        let mut sql = Sql::new("SELECT * FROM tenants WHERE name_key = ");
        sql.bind(name.to_lowercase())
            .push(" AND ")
            .within("tenant_id", scope);
        let row = self.one(scope, sql).await?;
        row.as_ref().map(TenantRecord::read).transpose()
    }

    /// A tenant and, for a provider, its clients.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn tenant_with_clients(&self, tenant: TenantId) -> Result<Vec<TenantId>, StoreError> {
        let rows = self
            .all(
                &Scope::Everything,
                sql!(
                    "SELECT tenant_id FROM tenants WHERE tenant_id = $1 OR parent_id = $1 \
                     ORDER BY tenant_id",
                    tenant.0
                ),
            )
            .await?;
        rows.iter()
            .map(|row| row.uuid("tenant_id").map(TenantId))
            .collect()
    }

    /// What each tenant in scope has; those without anything are missing from the answer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn tenant_sizes(
        &self,
        scope: &Scope,
    ) -> Result<Vec<(TenantId, TenantSize)>, StoreError> {
        let mut devices = Sql::new(
            "SELECT tenant_id, COUNT(*) AS total FROM devices WHERE removed_at IS NULL AND ",
        );
        devices
            .within("tenant_id", scope)
            .push(" GROUP BY tenant_id");
        let mut users = Sql::new("SELECT tenant_id, COUNT(*) AS total FROM users WHERE ");
        users.within("tenant_id", scope).push(" GROUP BY tenant_id");
        let mut sizes: std::collections::HashMap<TenantId, TenantSize> =
            std::collections::HashMap::new();
        for row in self.all(scope, devices).await? {
            let size = sizes.entry(TenantId(row.uuid("tenant_id")?)).or_default();
            size.devices = row.count("total")?;
        }
        for row in self.all(scope, users).await? {
            let size = sizes.entry(TenantId(row.uuid("tenant_id")?)).or_default();
            size.users = row.count("total")?;
        }
        Ok(sizes.into_iter().collect())
    }
}
