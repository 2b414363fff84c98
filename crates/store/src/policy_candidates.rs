//! What policies are applied to: the updates that a tenant's devices are offered, and the tasks that
//! policies made of them.

use crate::{
    Store, StoreError, Transaction, devices,
    row::{Row, milliseconds},
    sql::{Sql, sql},
};
use jiff::Timestamp;
use latarnik_model::{
    DeviceId, GroupId, OsFamily, ReasonCode, RestartBehavior, RestartRequired, Scope,
    SourceSettings, TaskId, TaskParameters, TaskState, TenantId, Titles, UpdateCategory, UpdateId,
    UpdateState,
};
use std::collections::HashMap;

/// A device, as far as policies ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDevice {
    /// Its id.
    pub id: DeviceId,
    /// Its name.
    pub hostname: String,
    /// The group that it lies in.
    pub group_id: Option<GroupId>,
    /// Its operating system.
    pub os_family: OsFamily,
    /// Whether it waits for a restart.
    pub restart_required: RestartRequired,
    /// How policies have set its own source of updates up.
    pub settings: SourceSettings,
}

/// An update that a device is offered, as far as policies ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyCandidate {
    /// The device.
    pub device_id: DeviceId,
    /// What identifies the update there.
    pub key: String,
    /// The same on all devices.
    pub id: UpdateId,
    /// Its title.
    pub title: String,
    /// What it is called in other languages (BCP 47), where that is known.
    pub titles: Titles,
    /// Its kind.
    pub category: UpdateCategory,
    /// Its article.
    pub kb: Option<String>,
    /// Its package.
    pub package: Option<String>,
    /// When the device was first offered it.
    pub first_offered_at: Timestamp,
    /// Where it stands.
    pub state: UpdateState,
    /// Since when.
    pub since: Timestamp,
    /// Attempts that failed since it was last installed.
    pub failures: u32,
    /// Whether it restarts the machine.
    pub restart: RestartBehavior,
}

/// A task of a policy that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutomaticTask {
    /// Its id.
    pub id: TaskId,
    /// Its device.
    pub device_id: DeviceId,
    /// Where it stands.
    pub state: TaskState,
    /// What it is to install.
    pub parameters: TaskParameters,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether it is being taken back.
    pub is_cancelled: bool,
}

/// A restart that keeps policies from making another one. The greater counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PastRestart {
    /// It was not needed.
    NotNeeded,
    /// A person asked for it, or it came to another end.
    Other,
}

impl PolicyCandidate {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            device_id: DeviceId(row.uuid("device_id")?),
            key: row.text("update_key")?,
            id: UpdateId(row.uuid("id")?),
            title: row.text("title")?,
            titles: row.titles()?,
            category: row.name("category")?,
            kb: row.optional_text("kb")?,
            package: row.optional_text("package")?,
            first_offered_at: row.time("first_offered_at")?,
            state: row.name("state")?,
            since: row.time("state_at")?,
            failures: u32::try_from(row.count("failures")?).unwrap_or(u32::MAX),
            restart: row.name("restart_behavior")?,
        })
    }
}

impl Store {
    /// Tenants that have policies, decisions, or what is left of them: open tasks, devices that are
    /// set up.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn tenants_with_policies(&self) -> Result<Vec<TenantId>, StoreError> {
        let sql = sql!(
            "SELECT tenant_id FROM update_policies UNION SELECT tenant_id FROM update_decisions
             UNION SELECT k.tenant_id FROM tasks k
                WHERE k.created_by_kind = 'policy'
                AND k.state IN ('queued', 'delivered', 'waiting_for_window', 'running')
             UNION SELECT tenant_id FROM devices
                WHERE microsoft_update = 1 OR control_automatic_updates = 1"
        );
        let rows = self.all(&Scope::Everything, sql).await?;
        rows.iter()
            .map(|row| row.uuid("tenant_id").map(TenantId))
            .collect()
    }

    /// The devices of a tenant.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn policy_devices(&self, tenant: TenantId) -> Result<Vec<PolicyDevice>, StoreError> {
        let sql = sql!(
            "SELECT id, hostname, group_id, os_family, restart_required, microsoft_update,
                control_automatic_updates FROM devices
             WHERE tenant_id = $1 AND removed_at IS NULL",
            tenant.0
        );
        let read = |row: &Row| {
            Ok(PolicyDevice {
                id: DeviceId(row.uuid("id")?),
                hostname: row.text("hostname")?,
                group_id: row.optional_uuid("group_id")?.map(GroupId),
                os_family: OsFamily::from_name(&row.text("os_family")?),
                restart_required: devices::restart_required(row.integer("restart_required")?),
                settings: devices::source_settings(row)?,
            })
        };
        let rows = self.all(&Scope::one(tenant), sql).await?;
        rows.iter().map(read).collect()
    }

    /// What the devices of a tenant are offered.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn policy_candidates(
        &self,
        tenant: TenantId,
        device: Option<DeviceId>,
    ) -> Result<Vec<PolicyCandidate>, StoreError> {
        let mut sql = Sql::new(
            "SELECT u.device_id, u.update_key, u.id, u.title, u.titles, u.category, u.kb, u.package,
                u.first_offered_at, u.state, u.state_at, u.failures,
                u.restart_behavior
             FROM device_updates u
             JOIN devices d ON d.tenant_id = u.tenant_id AND d.id = u.device_id
             WHERE u.offered = 1 AND d.removed_at IS NULL AND u.tenant_id = ",
        );
        sql.bind(tenant.0);
        if let Some(device) = device {
            sql.push(" AND u.device_id = ").bind(device.0);
        }
        let rows = self.all(&Scope::one(tenant), sql).await?;
        rows.iter().map(PolicyCandidate::read).collect()
    }

    /// The open tasks on a tenant's devices that its policies made.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn automatic_tasks(
        &self,
        tenant: TenantId,
    ) -> Result<Vec<AutomaticTask>, StoreError> {
        let sql = sql!(
            "SELECT k.id, k.device_id, k.state, k.parameters, k.created_at, k.cancel_requested_at
             FROM tasks k
             WHERE k.tenant_id = $1 AND k.created_by_kind = 'policy'
                AND k.state IN ('queued', 'delivered', 'waiting_for_window', 'running')",
            tenant.0
        );
        let read = |row: &Row| {
            Ok(AutomaticTask {
                id: TaskId(row.uuid("id")?),
                device_id: DeviceId(row.uuid("device_id")?),
                state: row.name("state")?,
                parameters: row.json("parameters")?,
                created_at: row.time("created_at")?,
                is_cancelled: row.optional_time("cancel_requested_at")?.is_some(),
            })
        };
        let rows = self.all(&Scope::one(tenant), sql).await?;
        rows.iter().map(read).collect()
    }

    /// Restarts that keep policies from making another one, by device: those that people asked for
    /// and that have not ended, and those of policies that ended after `since`. One that was taken
    /// back is none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn past_restarts(
        &self,
        tenant: TenantId,
        since: Timestamp,
    ) -> Result<HashMap<DeviceId, PastRestart>, StoreError> {
        let sql = sql!(
            "SELECT device_id, reason FROM tasks
             WHERE tenant_id = $1 AND kind = 'restart' AND created_by_kind <> 'policy'
                AND finished_at IS NULL
             UNION ALL SELECT device_id, reason FROM tasks
             WHERE tenant_id = $1 AND kind = 'restart' AND created_by_kind = 'policy'
                AND finished_at > $2 AND COALESCE(reason, '') <> 'replaced_by_policy'",
            tenant.0,
            milliseconds(since)
        );
        let mut past = HashMap::new();
        for row in self.all(&Scope::one(tenant), sql).await? {
            let restart = match row.optional_name("reason")? {
                Some(ReasonCode::NoRestartPending) => PastRestart::NotNeeded,
                _ => PastRestart::Other,
            };
            let of_device = past.entry(DeviceId(row.uuid("device_id")?));
            let known = of_device.or_insert(restart);
            *known = (*known).max(restart);
        }
        Ok(past)
    }
}

impl Transaction {
    /// Notes how devices of a tenant are to be set up from now on.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_up_devices(
        &self,
        tenant: TenantId,
        devices: &[DeviceId],
        settings: SourceSettings,
    ) -> Result<(), StoreError> {
        for devices in devices.chunks(500) {
            let mut sql = Sql::new("UPDATE devices SET microsoft_update = ");
            sql.bind(i64::from(settings.microsoft_update))
                .push(", control_automatic_updates = ")
                .bind(i64::from(settings.control_automatic_updates))
                .push(" WHERE tenant_id = ")
                .bind(tenant.0)
                .push(" AND id IN (")
                .bind_all(devices.iter().map(|device| device.0))
                .push(")");
            self.execute(sql).await?;
        }
        Ok(())
    }
}
