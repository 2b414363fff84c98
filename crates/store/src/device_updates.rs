//! Updates that are offered to a device.

use crate::{
    Store, StoreError, Transaction,
    row::{Row, milliseconds, number, optional_milliseconds, variant_name},
    sql::{Sql, sql},
};
use jiff::Timestamp;
use latarnik_model::{
    DeviceId, RestartBehavior, Scope, Severity, TenantId, UpdateCategory, UpdateSource,
};

/// An update that is offered to a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateRecord {
    /// What identifies it on the device.
    pub key: String,
    /// Where the offer comes from.
    pub source: UpdateSource,
    /// For people.
    pub title: String,
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
    /// When the device was first offered it; kept by the store, so that what a caller writes here
    /// counts for a new row only.
    pub first_offered_at: Timestamp,
}

impl UpdateRecord {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            key: row.text("update_key")?,
            source: row.name("source")?,
            title: row.text("title")?,
            category: row.name("category")?,
            severity: row.optional_name("severity")?,
            kb: row.optional_text("kb")?,
            update_id: row.optional_text("update_id")?,
            revision: row
                .optional_integer("revision")?
                .and_then(|n| i32::try_from(n).ok()),
            package: row.optional_text("package")?,
            installed_version: row.optional_text("installed_version")?,
            available_version: row.optional_text("available_version")?,
            size_bytes: row.optional_count("size_bytes")?,
            released_at: row.optional_time("released_at")?,
            restart: row.name("restart_behavior")?,
            first_offered_at: row.time("first_offered_at")?,
        })
    }
}

impl Transaction {
    /// Writes new and changed updates.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn upsert_updates(
        &self,
        tenant: TenantId,
        device: DeviceId,
        updates: &[UpdateRecord],
    ) -> Result<(), StoreError> {
        for updates in updates.chunks(200) {
            let mut sql = Sql::new(
                "INSERT INTO device_updates (tenant_id, device_id, update_key, source, title,
                    category, severity, kb, update_id, revision, package, installed_version,
                    available_version, size_bytes, released_at, restart_behavior, first_offered_at)
                 VALUES ",
            );
            for (position, update) in updates.iter().enumerate() {
                sql.push(if position == 0 { "(" } else { ", (" });
                sql.bind_all(values(tenant, device, update)).push(")");
            }
            sql.push(
                " ON CONFLICT (tenant_id, device_id, update_key) DO UPDATE SET
                    source = excluded.source, title = excluded.title,
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

    /// Forgets updates that are no longer offered.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_updates(
        &self,
        tenant: TenantId,
        device: DeviceId,
        keys: &[String],
    ) -> Result<(), StoreError> {
        for keys in keys.chunks(500) {
            let mut sql = Sql::new("DELETE FROM device_updates WHERE tenant_id = ");
            sql.bind(tenant.0)
                .push(" AND device_id = ")
                .bind(device.0)
                .push(" AND update_key IN (")
                .bind_all(keys.iter().map(String::as_str))
                .push(")");
            self.execute(sql).await?;
        }
        Ok(())
    }

    /// The keys of what is offered to a device, as far as the server knows.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn update_keys(
        &self,
        tenant: TenantId,
        device: DeviceId,
    ) -> Result<Vec<String>, StoreError> {
        let rows = self
            .all(sql!(
                "SELECT update_key FROM device_updates WHERE tenant_id = $1 AND device_id = $2",
                tenant.0,
                device.0
            ))
            .await?;
        rows.iter().map(|row| row.text("update_key")).collect()
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
                    WHERE u.tenant_id = $1 AND u.device_id = $2),
                pending_security = (SELECT COUNT(*) FROM device_updates u
                    WHERE u.tenant_id = $1 AND u.device_id = $2 AND u.category = 'security')
             WHERE tenant_id = $1 AND id = $2",
            tenant.0,
            device.0,
            hash
        ))
        .await?;
        Ok(())
    }
}

fn values(tenant: TenantId, device: DeviceId, update: &UpdateRecord) -> [sea_orm::Value; 17] {
    [
        tenant.0.into(),
        device.0.into(),
        update.key.as_str().into(),
        variant_name(&update.source).into(),
        update.title.as_str().into(),
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
        milliseconds(update.first_offered_at).into(),
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
        let mut sql = Sql::new("SELECT * FROM device_updates WHERE device_id = ");
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
