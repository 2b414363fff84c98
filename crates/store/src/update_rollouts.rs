//! The way of updates through the rings of a tenant.

use crate::{
    Store, StoreError, Transaction,
    row::{Row, milliseconds, titles_json, variant_name},
    sql::{Sql, sql},
};
use jiff::Timestamp;
use latarnik_model::{
    DeviceId, Rollout, RolloutId, RolloutState, Scope, TenantId, Titles, UpdateCategory, UpdateId,
    UpdateState,
};

/// Where an update stands in a tenant's rings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutRecord {
    /// Its id.
    pub id: RolloutId,
    /// Its tenant.
    pub tenant_id: TenantId,
    /// The update.
    pub update_id: UpdateId,
    /// Its title.
    pub title: String,
    /// What it is called in other languages (BCP 47), where that is known.
    pub titles: Titles,
    /// Its article.
    pub kb: Option<String>,
    /// How far it is.
    pub rollout: Rollout,
    /// When it began.
    pub begun_at: Timestamp,
    /// Who stopped it or let it go on.
    pub changed_by_name: Option<String>,
}

/// Where an update stands on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpdateOnDevice {
    /// The update.
    pub id: UpdateId,
    /// The device.
    pub device_id: DeviceId,
    /// Its kind.
    pub category: UpdateCategory,
    /// Where it stands.
    pub state: UpdateState,
}

impl RolloutRecord {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let ring = row.count("ring")?;
        Ok(Self {
            id: RolloutId(row.uuid("id")?),
            tenant_id: TenantId(row.uuid("tenant_id")?),
            update_id: UpdateId(row.uuid("update_id")?),
            title: row.text("title")?,
            titles: row.titles()?,
            kb: row.optional_text("kb")?,
            rollout: Rollout {
                ring: u8::try_from(ring).unwrap_or(u8::MAX),
                since: row.time("since")?,
                state: row.name("state")?,
                forgiven: u32::try_from(row.count("forgiven")?).unwrap_or(u32::MAX),
            },
            begun_at: row.time("begun_at")?,
            changed_by_name: row.optional_text("changed_by_name")?,
        })
    }
}

impl Transaction {
    /// Notes that an update sets out on its way, unless it has.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn begin_rollout(&self, record: &RolloutRecord) -> Result<(), StoreError> {
        self.execute(sql!(
            "INSERT INTO update_rollouts (tenant_id, id, update_id, title, kb, ring, since, state,
                forgiven, begun_at, changed_by_name, titles)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
             ON CONFLICT (tenant_id, update_id) DO NOTHING",
            record.tenant_id.0,
            record.id.0,
            record.update_id.0,
            record.title.as_str(),
            record.kb.as_deref(),
            i64::from(record.rollout.ring),
            milliseconds(record.rollout.since),
            variant_name(&record.rollout.state),
            i64::from(record.rollout.forgiven),
            milliseconds(record.begun_at),
            record.changed_by_name.as_deref(),
            titles_json(&record.titles),
        ))
        .await?;
        Ok(())
    }

    /// Moves an update on, unless it stands elsewhere by now than where the caller saw it. Whether
    /// it moved.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn move_rollout(
        &self,
        seen: &RolloutRecord,
        to: Rollout,
        by: Option<&str>,
    ) -> Result<bool, StoreError> {
        let met = self
            .execute(sql!(
                "UPDATE update_rollouts SET ring = $5, since = $6, state = $7, forgiven = $8,
                    changed_by_name = COALESCE($9, changed_by_name)
                 WHERE tenant_id = $1 AND id = $2 AND ring = $3 AND state = $4",
                seen.tenant_id.0,
                seen.id.0,
                i64::from(seen.rollout.ring),
                variant_name(&seen.rollout.state),
                i64::from(to.ring),
                milliseconds(to.since),
                variant_name(&to.state),
                i64::from(to.forgiven),
                by,
            ))
            .await?;
        Ok(met == 1)
    }
}

impl Store {
    /// The rollouts in scope, newest first; those in one of these states, if any is named.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn rollouts(
        &self,
        scope: &Scope,
        states: &[RolloutState],
    ) -> Result<Vec<RolloutRecord>, StoreError> {
        let mut sql = Sql::new("SELECT * FROM update_rollouts WHERE ");
        sql.within("tenant_id", scope);
        if !states.is_empty() {
            sql.push(" AND state IN (")
                .bind_all(states.iter().map(variant_name))
                .push(")");
        }
        sql.push(" ORDER BY begun_at DESC, id DESC");
        let rows = self.all(scope, sql).await?;
        rows.iter().map(RolloutRecord::read).collect()
    }

    /// One rollout.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn rollout(
        &self,
        scope: &Scope,
        id: RolloutId,
    ) -> Result<Option<RolloutRecord>, StoreError> {
        let mut sql = Sql::new("SELECT * FROM update_rollouts WHERE ");
        sql.within("tenant_id", scope).push(" AND id = ").bind(id.0);
        let row = self.one(scope, sql).await?;
        row.as_ref().map(RolloutRecord::read).transpose()
    }

    /// Where these updates stand on the devices of a tenant that are or were offered them, with their
    /// category there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn update_standings(
        &self,
        tenant: TenantId,
        updates: &[UpdateId],
    ) -> Result<Vec<UpdateOnDevice>, StoreError> {
        let mut standings = Vec::new();
        for updates in updates.chunks(500) {
            let mut sql = Sql::new(
                "SELECT u.id, u.device_id, u.category, u.state FROM device_updates u
                 JOIN devices d ON d.tenant_id = u.tenant_id AND d.id = u.device_id
                 WHERE d.removed_at IS NULL AND u.tenant_id = ",
            );
            sql.bind(tenant.0)
                .push(" AND u.id IN (")
                .bind_all(updates.iter().map(|id| id.0))
                .push(")");
            for row in self.all(&Scope::one(tenant), sql).await? {
                standings.push(UpdateOnDevice {
                    id: UpdateId(row.uuid("id")?),
                    device_id: DeviceId(row.uuid("device_id")?),
                    category: row.name("category")?,
                    state: row.name("state")?,
                });
            }
        }
        Ok(standings)
    }
}
