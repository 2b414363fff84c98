//! Keys for what is sealed at rest, each wrapped with the master key.

use crate::{Store, StoreError, Transaction, row::Row, row::milliseconds, sql::Sql, sql::sql};
use jiff::Timestamp;
use latarnik_model::{DataKeyId, Scope, TenantId};

/// A tenant's key, wrapped.
#[derive(Debug, Clone)]
pub struct DataKeyRecord {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The key's id: what was sealed names it.
    pub id: DataKeyId,
    /// The key, sealed with the master key.
    pub wrapped: Vec<u8>,
    /// Which master key.
    pub master_key_id: String,
    /// When it was made.
    pub created_at: Timestamp,
}

impl DataKeyRecord {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            tenant_id: TenantId(row.uuid("tenant_id")?),
            id: DataKeyId(row.uuid("id")?),
            wrapped: row.bytes("wrapped")?,
            master_key_id: row.text("master_key_id")?,
            created_at: row.time("created_at")?,
        })
    }
}

impl Transaction {
    /// Adds a tenant's key, unless it has one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn insert_data_key(&self, key: &DataKeyRecord) -> Result<(), StoreError> {
        self.execute(sql!(
            "INSERT INTO data_keys (tenant_id, id, wrapped, master_key_id, created_at)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id) DO NOTHING",
            key.tenant_id.0,
            key.id.0,
            key.wrapped.clone(),
            key.master_key_id.as_str(),
            milliseconds(key.created_at),
        ))
        .await?;
        Ok(())
    }

    /// All keys in scope, held until the transaction ends.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn lock_data_keys(&self, scope: &Scope) -> Result<Vec<DataKeyRecord>, StoreError> {
        let mut sql = Sql::new("SELECT * FROM data_keys WHERE ");
        sql.within("tenant_id", scope)
            .push(" ORDER BY tenant_id")
            .push(self.for_update());
        let rows = self.all(sql).await?;
        rows.iter().map(DataKeyRecord::read).collect()
    }

    /// Keeps a key as it is wrapped now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn rewrap_data_key(&self, key: &DataKeyRecord) -> Result<(), StoreError> {
        self.execute(sql!(
            "UPDATE data_keys SET wrapped = $3, master_key_id = $4 WHERE tenant_id = $1 AND id = $2",
            key.tenant_id.0,
            key.id.0,
            key.wrapped.clone(),
            key.master_key_id.as_str(),
        ))
        .await?;
        Ok(())
    }

    /// A tenant's key.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn data_key(&self, tenant: TenantId) -> Result<Option<DataKeyRecord>, StoreError> {
        let sql = sql!("SELECT * FROM data_keys WHERE tenant_id = $1", tenant.0);
        let row = self.one(sql).await?;
        row.as_ref().map(DataKeyRecord::read).transpose()
    }
}

impl Store {
    /// All keys in scope.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn data_keys(&self, scope: &Scope) -> Result<Vec<DataKeyRecord>, StoreError> {
        let mut sql = Sql::new("SELECT * FROM data_keys WHERE ");
        sql.within("tenant_id", scope).push(" ORDER BY tenant_id");
        let rows = self.all(scope, sql).await?;
        rows.iter().map(DataKeyRecord::read).collect()
    }
}
