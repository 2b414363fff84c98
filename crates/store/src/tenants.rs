//! Tenants.

use crate::{
    Store, StoreError, Transaction,
    row::{Row, milliseconds},
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
    /// When it was created.
    pub created_at: Timestamp,
}

impl TenantRecord {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: TenantId(row.uuid("tenant_id")?),
            parent_id: row.optional_uuid("parent_id")?.map(TenantId),
            name: row.text("name")?,
            time_zone: row.text("time_zone")?,
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
            "INSERT INTO tenants (tenant_id, parent_id, name, name_key, time_zone, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
            tenant.id.0,
            tenant.parent_id.map(|id| id.0),
            tenant.name.as_str(),
            tenant.name.to_lowercase(),
            tenant.time_zone.as_str(),
            milliseconds(tenant.created_at),
        ))
        .await?;
        Ok(())
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
        self.all(sql)
            .await?
            .iter()
            .map(TenantRecord::read)
            .collect()
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
        self.one(sql)
            .await?
            .as_ref()
            .map(TenantRecord::read)
            .transpose()
    }

    /// What a user of the tenant may see: the tenant itself and, for a provider, its clients.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn scope_of_tenant(&self, tenant: TenantId) -> Result<Scope, StoreError> {
        let rows = self
            .all(sql!(
                "SELECT tenant_id FROM tenants WHERE tenant_id = $1 OR parent_id = $1",
                tenant.0
            ))
            .await?;
        let tenants: Result<Vec<_>, _> = rows
            .iter()
            .map(|row| row.uuid("tenant_id").map(TenantId))
            .collect();
        Ok(Scope::Tenants(tenants?))
    }
}
