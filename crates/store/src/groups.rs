//! Groups of devices.

use crate::{
    Store, StoreError, Transaction,
    row::{Row, milliseconds},
    sql::{Sql, sql},
};
use jiff::Timestamp;
use latarnik_model::{GroupId, Scope, TenantId};

/// A group of devices in one tenant.
#[derive(Debug, Clone)]
pub struct GroupRecord {
    /// Its id.
    pub id: GroupId,
    /// The tenant that it belongs to.
    pub tenant_id: TenantId,
    /// The group that it lies in.
    pub parent_id: Option<GroupId>,
    /// Its name, unique in the tenant.
    pub name: String,
    /// When it was created.
    pub created_at: Timestamp,
}

impl GroupRecord {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: GroupId(row.uuid("id")?),
            tenant_id: TenantId(row.uuid("tenant_id")?),
            parent_id: row.optional_uuid("parent_id")?.map(GroupId),
            name: row.text("name")?,
            created_at: row.time("created_at")?,
        })
    }
}

impl Transaction {
    /// Adds a group.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the tenant has a group of that name.
    pub async fn insert_group(&self, group: &GroupRecord) -> Result<(), StoreError> {
        self.execute(sql!(
            "INSERT INTO device_groups (tenant_id, id, parent_id, name, created_at)
             VALUES ($1, $2, $3, $4, $5)",
            group.tenant_id.0,
            group.id.0,
            group.parent_id.map(|id| id.0),
            group.name.as_str(),
            milliseconds(group.created_at),
        ))
        .await?;
        Ok(())
    }
}

impl Store {
    /// The groups in scope, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn groups(&self, scope: &Scope) -> Result<Vec<GroupRecord>, StoreError> {
        let mut sql = Sql::new("SELECT * FROM device_groups WHERE ");
        sql.within("tenant_id", scope).push(" ORDER BY name, id");
        self.all(sql).await?.iter().map(GroupRecord::read).collect()
    }

    /// One group.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn group(
        &self,
        scope: &Scope,
        id: GroupId,
    ) -> Result<Option<GroupRecord>, StoreError> {
        let mut sql = Sql::new("SELECT * FROM device_groups WHERE id = ");
        sql.bind(id.0).push(" AND ").within("tenant_id", scope);
        self.one(sql)
            .await?
            .as_ref()
            .map(GroupRecord::read)
            .transpose()
    }
}
