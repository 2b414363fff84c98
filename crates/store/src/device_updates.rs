//! Updates, and where they stand on each device.

use crate::{
    Store, StoreError, Transaction,
    row::{Row, milliseconds, number, optional_milliseconds, titles_json, variant_name},
    sql::{Sql, sql},
};
use jiff::Timestamp;
use latarnik_model::{
    DeviceId, ReasonCode, RestartBehavior, Scope, Severity, TaskId, TenantId, Titles,
    UpdateCategory, UpdateId, UpdateSource, UpdateState,
};

/// An update as a device tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedUpdate {
    /// What identifies it on the device.
    pub key: String,
    /// Where the offer comes from.
    pub source: UpdateSource,
    /// For people.
    pub title: String,
    /// What it is called in other languages (BCP 47), where that is known.
    pub titles: Titles,
    /// Kind of update.
    pub category: UpdateCategory,
    /// Severity of what it closes.
    pub severity: Option<Severity>,
    /// Knowledge base article.
    pub kb: Option<String>,
    /// Windows: UpdateID.
    pub update_id: Option<String>,
    /// Windows: revision.
    pub revision: Option<i32>,
    /// Linux: package.
    pub package: Option<String>,
    /// Installed now.
    pub installed_version: Option<String>,
    /// Offered.
    pub available_version: Option<String>,
    /// Bytes to download, at most.
    pub size_bytes: Option<u64>,
    /// When it was published.
    pub released_at: Option<Timestamp>,
    /// Whether it restarts the machine.
    pub restart: RestartBehavior,
}

/// An update and where it stands on a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateRecord {
    /// The same on all devices.
    pub id: UpdateId,
    /// What it is.
    pub offer: OfferedUpdate,
    /// When the device was first offered it.
    pub first_offered_at: Timestamp,
    /// Where it stands, and since when.
    pub standing: UpdateStanding,
    /// Attempts that failed since it was last installed.
    pub failures: u32,
}

/// Where an update stands on a device, and what the latest step rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateStanding {
    /// Where.
    pub state: UpdateState,
    /// Since when.
    pub since: Timestamp,
    /// Why, where the state alone does not say it.
    pub reason: Option<ReasonCode>,
    /// Windows: the result code of its installer.
    pub result_code: Option<i32>,
    /// Windows: the HRESULT of its installer.
    pub hresult: Option<String>,
    /// The latest task that had to do with it.
    pub task_id: Option<TaskId>,
}

impl OfferedUpdate {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            key: row.text("update_key")?,
            source: row.name("source")?,
            title: row.text("title")?,
            titles: row.titles()?,
            category: row.name("category")?,
            severity: row.optional_name("severity")?,
            kb: row.optional_text("kb")?,
            update_id: row.optional_text("update_id")?,
            revision: row.optional_small("revision")?,
            package: row.optional_text("package")?,
            installed_version: row.optional_text("installed_version")?,
            available_version: row.optional_text("available_version")?,
            size_bytes: row.optional_count("size_bytes")?,
            released_at: row.optional_time("released_at")?,
            restart: row.name("restart_behavior")?,
        })
    }
}

impl UpdateRecord {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: UpdateId(row.uuid("id")?),
            offer: OfferedUpdate::read(row)?,
            first_offered_at: row.time("first_offered_at")?,
            standing: UpdateStanding::read(row)?,
            failures: u32::try_from(row.count("failures")?).unwrap_or(u32::MAX),
        })
    }
}

impl UpdateStanding {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            state: row.name("state")?,
            since: row.time("state_at")?,
            reason: row.optional_name("reason")?,
            result_code: row.optional_small("result_code")?,
            hresult: row.optional_text("hresult")?,
            task_id: row.optional_uuid("task_id")?.map(TaskId),
        })
    }
}

impl Transaction {
    /// Writes what a device is offered: new updates, and what is new about known ones. Where known
    /// ones stand does not change by it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn upsert_updates(
        &self,
        tenant: TenantId,
        device: DeviceId,
        now: Timestamp,
        updates: &[(UpdateId, OfferedUpdate)],
    ) -> Result<(), StoreError> {
        for updates in updates.chunks(200) {
            let mut sql = Sql::new(
                "INSERT INTO device_updates (tenant_id, device_id, update_key, id, source, title,
                    titles, category, severity, kb, update_id, revision, package, installed_version,
                    available_version, size_bytes, released_at, restart_behavior,
                    first_offered_at, offered, state, state_at)
                 VALUES ",
            );
            for (position, (id, update)) in updates.iter().enumerate() {
                sql.push(if position == 0 { "(" } else { ", (" });
                sql.bind_all([tenant.0, device.0]).push(", ");
                sql.bind(update.key.as_str()).push(", ").bind(id.0);
                sql.push(", ").bind_all(values(update));
                sql.push(", ").bind(milliseconds(now)).push(", 1, ");
                sql.bind(UpdateState::Offered.name());
                sql.push(", ").bind(milliseconds(now)).push(")");
            }
            sql.push(
                " ON CONFLICT (tenant_id, device_id, update_key) DO UPDATE SET
                    offered = 1, id = excluded.id,
                    source = excluded.source, title = excluded.title, titles = excluded.titles,
                    category = excluded.category, severity = excluded.severity, kb = excluded.kb,
                    update_id = excluded.update_id, revision = excluded.revision,
                    package = excluded.package, installed_version = excluded.installed_version,
                    available_version = excluded.available_version,
                    size_bytes = excluded.size_bytes, released_at = excluded.released_at,
                    restart_behavior = excluded.restart_behavior",
            );
            self.execute(sql).await?;
        }
        Ok(())
    }

    /// Notes that a device is no longer offered these.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn withdraw_updates(
        &self,
        tenant: TenantId,
        device: DeviceId,
        keys: &[String],
    ) -> Result<(), StoreError> {
        for keys in keys.chunks(500) {
            let mut sql = Sql::new("UPDATE device_updates SET offered = 0 WHERE tenant_id = ");
            of_device(&mut sql, (tenant, device), keys);
            self.execute(sql).await?;
        }
        Ok(())
    }

    /// Forgets updates with all of their steps.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn forget_updates(
        &self,
        tenant: TenantId,
        device: DeviceId,
        keys: &[String],
    ) -> Result<(), StoreError> {
        for table in ["update_steps", "device_updates"] {
            for keys in keys.chunks(500) {
                let mut sql = Sql::new(&format!("DELETE FROM {table} WHERE tenant_id = "));
                of_device(&mut sql, (tenant, device), keys);
                self.execute(sql).await?;
            }
        }
        Ok(())
    }

    /// Brings the device's own columns in line with its updates: counts and the inventory's hash.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn refresh_update_counts(
        &self,
        tenant: TenantId,
        device: DeviceId,
        hash: &str,
    ) -> Result<(), StoreError> {
        self.execute(sql!(
            "UPDATE devices SET updates_hash = $3,
                pending_updates = (SELECT COUNT(*) FROM device_updates u
                    WHERE u.tenant_id = $1 AND u.device_id = $2 AND u.offered = 1
                        AND u.category <> 'definition'),
                pending_security = (SELECT COUNT(*) FROM device_updates u
                    WHERE u.tenant_id = $1 AND u.device_id = $2 AND u.offered = 1
                        AND u.category = 'security'),
                pending_definitions = (SELECT COUNT(*) FROM device_updates u
                    WHERE u.tenant_id = $1 AND u.device_id = $2 AND u.offered = 1
                        AND u.category = 'definition')
             WHERE tenant_id = $1 AND id = $2",
            tenant.0,
            device.0,
            hash
        ))
        .await?;
        Ok(())
    }
}

/// The rest of a condition on the keys of one device.
fn of_device(sql: &mut Sql, (tenant, device): (TenantId, DeviceId), keys: &[String]) {
    sql.bind(tenant.0)
        .push(" AND device_id = ")
        .bind(device.0)
        .push(" AND update_key IN (")
        .bind_all(keys.iter().map(String::as_str))
        .push(")");
}

fn values(update: &OfferedUpdate) -> [sea_orm::Value; 14] {
    [
        variant_name(&update.source).into(),
        update.title.as_str().into(),
        titles_json(&update.titles).into(),
        variant_name(&update.category).into(),
        update.severity.as_ref().map(variant_name).into(),
        update.kb.as_deref().into(),
        update.update_id.as_deref().into(),
        update.revision.map(i64::from).into(),
        update.package.as_deref().into(),
        update.installed_version.as_deref().into(),
        update.available_version.as_deref().into(),
        update.size_bytes.map(number).into(),
        optional_milliseconds(update.released_at).into(),
        variant_name(&update.restart).into(),
    ]
}

impl Store {
    /// What is offered to a device, security first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn updates_of_device(
        &self,
        scope: &Scope,
        device: DeviceId,
    ) -> Result<Vec<UpdateRecord>, StoreError> {
        let mut sql = Sql::new("SELECT * FROM device_updates WHERE offered = 1 AND device_id = ");
        sql.bind(device.0)
            .push(" AND ")
            .within("tenant_id", scope)
            .push(
                " ORDER BY CASE category WHEN 'security' THEN 0 WHEN 'critical' THEN 1 ELSE 2 END,
              title, update_key",
            );
        self.all(scope, sql)
            .await?
            .iter()
            .map(UpdateRecord::read)
            .collect()
    }
}
