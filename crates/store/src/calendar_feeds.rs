//! Feeds for programs that show calendars.

use crate::{
    Store, StoreError, Transaction, policy_scope,
    row::{Row, milliseconds},
    sql::sql,
};
use jiff::Timestamp;
use latarnik_model::{CalendarFeedId, PolicyScope, Scope, TenantId};

/// Who knows its secret may read the openings of a tenant, a group or a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarFeedRecord {
    /// Its id.
    pub id: CalendarFeedId,
    /// Its tenant.
    pub tenant_id: TenantId,
    /// Whose openings it tells.
    pub scope: PolicyScope,
    /// What the group or device is called; not written.
    pub scope_name: Option<String>,
    /// SHA-256 of the secret.
    pub secret_hash: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by_name: String,
}

impl CalendarFeedRecord {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: CalendarFeedId(row.uuid("id")?),
            tenant_id: TenantId(row.uuid("tenant_id")?),
            scope: policy_scope::read(row)?,
            scope_name: row.optional_text("scope_name")?,
            secret_hash: row.hash("secret_hash")?,
            created_at: row.time("created_at")?,
            created_by_name: row.text("created_by_name")?,
        })
    }
}

impl Transaction {
    /// Adds a feed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn insert_calendar_feed(
        &self,
        record: &CalendarFeedRecord,
    ) -> Result<(), StoreError> {
        let (group, device) = policy_scope::columns(record.scope);
        self.execute(sql!(
            "INSERT INTO calendar_feeds (tenant_id, id, group_id, device_id, secret_hash,
                created_at, created_by_name) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            record.tenant_id.0,
            record.id.0,
            group,
            device,
            record.secret_hash.to_vec(),
            milliseconds(record.created_at),
            record.created_by_name.as_str(),
        ))
        .await?;
        Ok(())
    }

    /// Deletes a feed. Whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_calendar_feed(
        &self,
        tenant: TenantId,
        id: CalendarFeedId,
    ) -> Result<bool, StoreError> {
        let met = self
            .execute(sql!(
                "DELETE FROM calendar_feeds WHERE tenant_id = $1 AND id = $2",
                tenant.0,
                id.0
            ))
            .await?;
        Ok(met == 1)
    }

    /// How many feeds a tenant has.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn count_calendar_feeds(&self, tenant: TenantId) -> Result<u64, StoreError> {
        self.one(sql!(
            "SELECT COUNT(*) AS total FROM calendar_feeds WHERE tenant_id = $1",
            tenant.0
        ))
        .await?
        .map_or(Ok(0), |row| row.count("total"))
    }
}

impl Store {
    /// The feeds in scope: of each tenant first, then of its groups and of its devices, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn calendar_feeds(
        &self,
        scope: &Scope,
    ) -> Result<Vec<CalendarFeedRecord>, StoreError> {
        let mut sql = policy_scope::select("calendar_feeds");
        sql.within("p.tenant_id", scope).push(policy_scope::ORDER);
        let rows = self.all(scope, sql).await?;
        rows.iter().map(CalendarFeedRecord::read).collect()
    }

    /// One feed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn calendar_feed(
        &self,
        scope: &Scope,
        id: CalendarFeedId,
    ) -> Result<Option<CalendarFeedRecord>, StoreError> {
        let mut sql = policy_scope::select("calendar_feeds");
        sql.within("p.tenant_id", scope)
            .push(" AND p.id = ")
            .bind(id.0);
        let row = self.one(scope, sql).await?;
        row.as_ref().map(CalendarFeedRecord::read).transpose()
    }

    /// The feed with this secret, whosever it is: who knows the secret has no other name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn calendar_feed_by_secret(
        &self,
        secret_hash: [u8; 32],
    ) -> Result<Option<CalendarFeedRecord>, StoreError> {
        let mut sql = policy_scope::select("calendar_feeds");
        sql.push("p.secret_hash = ").bind(secret_hash.to_vec());
        let row = self.one(&Scope::Everything, sql).await?;
        row.as_ref().map(CalendarFeedRecord::read).transpose()
    }
}
