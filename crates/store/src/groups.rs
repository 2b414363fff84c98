//! Groups of devices: a tree in each tenant.

use crate::{
    Store, StoreError, Transaction, policy_scope,
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
    /// Its name, unique among its siblings.
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
    /// [`StoreError::Conflict`] if a sibling has that name.
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

    /// All groups of a tenant, held until the transaction ends, so that two changes of the tree
    /// never make a circle together.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn lock_groups(&self, tenant: TenantId) -> Result<Vec<GroupRecord>, StoreError> {
        let mut sql = Sql::new("SELECT * FROM device_groups WHERE tenant_id = ");
        sql.bind(tenant.0)
            .push(" ORDER BY id")
            .push(self.for_update());
        self.all(sql).await?.iter().map(GroupRecord::read).collect()
    }

    /// Keeps a group's name and place.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if a sibling has that name.
    pub async fn update_group(&self, group: &GroupRecord) -> Result<(), StoreError> {
        self.execute(sql!(
            "UPDATE device_groups SET name = $3, parent_id = $4 WHERE tenant_id = $1 AND id = $2",
            group.tenant_id.0,
            group.id.0,
            group.name.as_str(),
            group.parent_id.map(|id| id.0),
        ))
        .await?;
        Ok(())
    }

    /// Deletes a group with what its policies say; what lies in it moves to the group around it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if a group in it has the name of a sibling there.
    pub async fn delete_group(&self, group: &GroupRecord) -> Result<(), StoreError> {
        let parent = group.parent_id.map(|id| id.0);
        for (table, column) in [
            ("device_groups", "parent_id"),
            ("devices", "group_id"),
            ("enrollment_tokens", "group_id"),
        ] {
            let text =
                format!("UPDATE {table} SET {column} = $3 WHERE tenant_id = $1 AND {column} = $2");
            self.execute(sql!(&text, group.tenant_id.0, group.id.0, parent))
                .await?;
        }
        for table in policy_scope::TABLES {
            let text = format!("DELETE FROM {table} WHERE tenant_id = $1 AND group_id = $2");
            self.execute(sql!(&text, group.tenant_id.0, group.id.0))
                .await?;
        }
        self.execute(sql!(
            "DELETE FROM device_groups WHERE tenant_id = $1 AND id = $2",
            group.tenant_id.0,
            group.id.0
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
        let rows = self.all(scope, sql).await?;
        rows.iter().map(GroupRecord::read).collect()
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
        let row = self.one(scope, sql).await?;
        row.as_ref().map(GroupRecord::read).transpose()
    }

    /// How many devices lie directly in each group in scope; groups without any are missing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn group_sizes(&self, scope: &Scope) -> Result<Vec<(GroupId, u64)>, StoreError> {
        let mut sql = Sql::new(
            "SELECT group_id, COUNT(*) AS total FROM devices
             WHERE removed_at IS NULL AND group_id IS NOT NULL AND ",
        );
        sql.within("tenant_id", scope).push(" GROUP BY group_id");
        let rows = self.all(scope, sql).await?;
        rows.iter()
            .map(|row| Ok((GroupId(row.uuid("group_id")?), row.count("total")?)))
            .collect()
    }
}
