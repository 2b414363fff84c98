//! Managed machines.

use crate::{
    Store, StoreError, TaskTaken, Transaction, policy_scope,
    row::{Row, milliseconds, optional_milliseconds, to_json, variant_name},
    sql::{Sql, sql},
};
use jiff::Timestamp;
use latarnik_model::{
    DeviceId, EnrollmentTokenId, GroupId, OsFamily, ReasonCode, RestartRequired, RestartSignal,
    ScanState, Scope, SourceSettings, TenantId, WorkNeeds,
};
use serde::{Deserialize, Serialize};

/// What a machine is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceFacts {
    /// Its name.
    pub hostname: String,
    /// Kind of operating system.
    pub os_family: OsFamily,
    /// The system's own name.
    pub os_name: String,
    /// Version or build.
    pub os_version: String,
    /// Processor.
    pub architecture: String,
    /// The agent program's version.
    pub agent_version: String,
    /// Its IANA time zone.
    pub time_zone: Option<String>,
}

/// A managed machine as last reported.
#[derive(Debug, Clone)]
pub struct DeviceRecord {
    /// Its id.
    pub id: DeviceId,
    /// Its tenant.
    pub tenant_id: TenantId,
    /// The tenant's name.
    pub tenant_name: String,
    /// Its group.
    pub group_id: Option<GroupId>,
    /// The group's name.
    pub group_name: Option<String>,
    /// What it is.
    pub facts: DeviceFacts,
    /// When it started.
    pub booted_at: Option<Timestamp>,
    /// The restart that it came out of, as far as its system knows.
    pub last_restart: Option<LastRestart>,
    /// When it registered.
    pub enrolled_at: Timestamp,
    /// When it last said anything.
    pub last_seen_at: Timestamp,
    /// The last look for updates.
    pub scan: ScanRecord,
    /// Updates offered, without definitions; `None` is unknown.
    pub pending_updates: Option<u64>,
    /// Of these, how many close security holes.
    pub pending_security: Option<u64>,
    /// Definitions offered: new signatures of protection programs.
    pub pending_definitions: Option<u64>,
    /// Whether it waits for a restart.
    pub restart_required: RestartRequired,
    /// The signs of that.
    pub restart_signals: Vec<RestartSignal>,
    /// When a promised restart will happen.
    pub restart_scheduled_at: Option<Timestamp>,
    /// How often the people at the machine have put it off.
    pub restart_postponed: u8,
    /// How much time work needs there; `None` if its agent has not told.
    pub needs: Option<WorkNeeds>,
    /// Tasks that have not ended.
    pub open_tasks: u64,
}

/// The last look for updates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanRecord {
    /// How it ended.
    pub state: ScanState,
    /// When the last attempt ended.
    pub attempted_at: Option<Timestamp>,
    /// When the last successful one ended.
    pub scanned_at: Option<Timestamp>,
    /// Why the last attempt failed.
    pub error: Option<ReasonCode>,
    /// The system's own code for that.
    pub error_detail: Option<String>,
}

/// A machine that registers.
#[derive(Debug, Clone)]
pub struct NewDevice {
    /// Its id.
    pub id: DeviceId,
    /// The tenant that it joins.
    pub tenant_id: TenantId,
    /// The group that it joins.
    pub group_id: Option<GroupId>,
    /// The token that let it in.
    pub enrollment_token_id: EnrollmentTokenId,
    /// SHA-256 of its public key.
    pub key_fingerprint: [u8; 32],
    /// What it is.
    pub facts: DeviceFacts,
    /// When.
    pub enrolled_at: Timestamp,
}

/// What the server already knows of a device, as far as check-ins need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentState {
    /// Hash of the inventory of updates that the server has.
    pub updates_hash: Option<String>,
    /// The start of the machine that the server knows of.
    pub boot_id: Option<String>,
    /// How its own source of updates should be set.
    pub settings: SourceSettings,
    /// The group in which it lies.
    pub group_id: Option<GroupId>,
}

/// What a check-in changes.
#[derive(Debug, Clone, Default)]
pub struct CheckInChanges {
    /// The machine's start.
    pub boot: Option<(String, Option<Timestamp>)>,
    /// What it is.
    pub facts: Option<DeviceFacts>,
    /// The last look for updates.
    pub scan: Option<ScanRecord>,
    /// Restart signals and a promised restart.
    pub restart: Option<RestartRecord>,
    /// The restart that the machine came out of.
    pub last_restart: Option<LastRestart>,
    /// How much time work needs there.
    pub needs: Option<WorkNeeds>,
}

/// A restart that a machine came out of, as its system tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastRestart {
    /// When it was asked for, by the machine's clock.
    pub at: Timestamp,
    /// The account that asked.
    pub by: Option<String>,
    /// The program that asked.
    pub process: Option<String>,
    /// The system's code for the reason.
    pub reason: Option<String>,
    /// What was said to the people at the machine.
    pub comment: Option<String>,
}

/// What a machine says about a restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestartRecord {
    /// Every signal that stands.
    pub signals: Vec<RestartSignal>,
    /// When a promised restart will happen.
    pub scheduled_at: Option<Timestamp>,
    /// How often the people at the machine have put it off.
    pub postponed: u8,
}

/// Columns of a device as [`DeviceRecord`] reads them; the statement goes on with conditions.
pub(crate) const SELECT: &str = "SELECT d.*, t.name AS tenant_name, g.name AS group_name,
        (SELECT COUNT(*) FROM tasks k WHERE k.device_id = d.id
            AND k.state IN ('queued', 'delivered', 'waiting_for_window', 'running')) AS open_tasks
    FROM devices d JOIN tenants t ON t.tenant_id = d.tenant_id
    LEFT JOIN device_groups g ON g.tenant_id = d.tenant_id AND g.id = d.group_id
    WHERE d.removed_at IS NULL AND ";

/// Larger is more urgent, so that the column sorts.
fn restart_rank(required: RestartRequired) -> i64 {
    match required {
        RestartRequired::No => 0,
        RestartRequired::Unknown => 1,
        RestartRequired::Yes => 2,
    }
}

pub(crate) fn restart_required(rank: i64) -> RestartRequired {
    match rank {
        0 => RestartRequired::No,
        2 => RestartRequired::Yes,
        _ => RestartRequired::Unknown,
    }
}

pub(crate) fn source_settings(row: &Row) -> Result<SourceSettings, StoreError> {
    Ok(SourceSettings {
        microsoft_update: row.integer("microsoft_update")? == 1,
        control_automatic_updates: row.integer("control_automatic_updates")? == 1,
    })
}

fn work_needs(row: &Row) -> Result<Option<WorkNeeds>, StoreError> {
    let update = row.optional_count("needs_update_seconds")?;
    let restart = row.optional_count("needs_restart_seconds")?;
    let needs = update.zip(restart);
    Ok(needs.map(|(update, restart)| WorkNeeds::new(update, restart)))
}

impl DeviceRecord {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        let restart_signals: Option<Vec<RestartSignal>> = row.optional_json("restart_signals")?;
        Ok(Self {
            id: DeviceId(row.uuid("id")?),
            tenant_id: TenantId(row.uuid("tenant_id")?),
            tenant_name: row.text("tenant_name")?,
            group_id: row.optional_uuid("group_id")?.map(GroupId),
            group_name: row.optional_text("group_name")?,
            facts: DeviceFacts {
                hostname: row.text("hostname")?,
                os_family: OsFamily::from_name(&row.text("os_family")?),
                os_name: row.text("os_name")?,
                os_version: row.text("os_version")?,
                architecture: row.text("architecture")?,
                agent_version: row.text("agent_version")?,
                time_zone: row.optional_text("time_zone")?,
            },
            booted_at: row.optional_time("booted_at")?,
            last_restart: row.optional_json("last_restart")?,
            enrolled_at: row.time("enrolled_at")?,
            last_seen_at: row.time("last_seen_at")?,
            scan: ScanRecord {
                state: ScanState::from_name(&row.text("scan_state")?),
                attempted_at: row.optional_time("scan_attempted_at")?,
                scanned_at: row.optional_time("scanned_at")?,
                error: row.optional_name("scan_error")?,
                error_detail: row.optional_text("scan_error_detail")?,
            },
            pending_updates: row.optional_count("pending_updates")?,
            pending_security: row.optional_count("pending_security")?,
            pending_definitions: row.optional_count("pending_definitions")?,
            restart_required: RestartRequired::from_signals(restart_signals.as_deref()),
            restart_signals: restart_signals.unwrap_or_default(),
            restart_scheduled_at: row.optional_time("restart_scheduled_at")?,
            restart_postponed: row
                .optional_count("restart_postponed")?
                .and_then(|times| u8::try_from(times).ok())
                .unwrap_or_default(),
            needs: work_needs(row)?,
            open_tasks: row.count("open_tasks")?,
        })
    }
}

impl Transaction {
    /// Adds a device.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if its key is known.
    pub async fn insert_device(&self, device: &NewDevice) -> Result<(), StoreError> {
        let facts = &device.facts;
        self.execute(sql!(
            "INSERT INTO devices (tenant_id, id, group_id, enrollment_token_id, key_fingerprint,
                hostname, hostname_key, os_family, os_name, os_version, architecture,
                agent_version, time_zone, enrolled_at, last_seen_at, scan_state, restart_required,
                task_sequence)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, $15, $16, 0)",
            device.tenant_id.0,
            device.id.0,
            device.group_id.map(|id| id.0),
            device.enrollment_token_id.0,
            device.key_fingerprint.to_vec(),
            facts.hostname.as_str(),
            facts.hostname.to_lowercase(),
            facts.os_family.name(),
            facts.os_name.as_str(),
            facts.os_version.as_str(),
            facts.architecture.as_str(),
            facts.agent_version.as_str(),
            facts.time_zone.as_deref(),
            milliseconds(device.enrolled_at),
            ScanState::Never.name(),
            restart_rank(RestartRequired::Unknown),
        ))
        .await?;
        Ok(())
    }

    /// The device that registered with that key, and through which token.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn device_of_key(
        &self,
        key_fingerprint: [u8; 32],
    ) -> Result<Option<(TenantId, DeviceId, EnrollmentTokenId)>, StoreError> {
        let row = self
            .one(sql!(
                "SELECT tenant_id, id, enrollment_token_id FROM devices
                 WHERE key_fingerprint = $1 AND removed_at IS NULL",
                key_fingerprint.to_vec()
            ))
            .await?;
        row.map(|row| {
            Ok((
                TenantId(row.uuid("tenant_id")?),
                DeviceId(row.uuid("id")?),
                EnrollmentTokenId(row.uuid("enrollment_token_id")?),
            ))
        })
        .transpose()
    }

    /// Writes what a check-in changed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn update_device(
        &self,
        tenant: TenantId,
        device: DeviceId,
        now: Timestamp,
        changes: &CheckInChanges,
    ) -> Result<(), StoreError> {
        let mut sql = Sql::new("UPDATE devices SET last_seen_at = ");
        sql.bind(milliseconds(now));
        if let Some((boot_id, booted_at)) = &changes.boot {
            sql.push(", boot_id = ").bind(boot_id.as_str());
            sql.push(", booted_at = ")
                .bind(optional_milliseconds(*booted_at));
        }
        if let Some(facts) = &changes.facts {
            push_facts(&mut sql, facts);
        }
        if let Some(scan) = &changes.scan {
            sql.push(", scan_state = ").bind(scan.state.name());
            sql.push(", scan_attempted_at = ")
                .bind(optional_milliseconds(scan.attempted_at));
            sql.push(", scanned_at = ")
                .bind(optional_milliseconds(scan.scanned_at));
            sql.push(", scan_error = ")
                .bind(scan.error.as_ref().map(variant_name));
            sql.push(", scan_error_detail = ")
                .bind(scan.error_detail.as_deref());
        }
        if let Some(restart) = &changes.restart {
            let signals = &restart.signals;
            let rank = restart_rank(RestartRequired::from_signals(Some(signals)));
            sql.push(", restart_signals = ").bind(to_json(signals));
            sql.push(", restart_required = ").bind(rank);
            push_restart_since(&mut sql, rank, changes.boot.is_some(), now);
            sql.push(", restart_scheduled_at = ")
                .bind(optional_milliseconds(restart.scheduled_at));
            sql.push(", restart_postponed = ")
                .bind(i64::from(restart.postponed));
        } else if changes.boot.is_some() {
            sql.push(", restart_required_since = CASE WHEN restart_required = 2 THEN ")
                .bind(milliseconds(now))
                .push(" END");
        }
        if let Some(last) = &changes.last_restart {
            sql.push(", last_restart = ").bind(to_json(last));
        }
        if let Some(needs) = &changes.needs {
            sql.push(", needs_update_seconds = ")
                .bind(i64::from(needs.update_seconds()));
            sql.push(", needs_restart_seconds = ")
                .bind(i64::from(needs.restart_seconds()));
        }
        sql.push(" WHERE tenant_id = ")
            .bind(tenant.0)
            .push(" AND id = ")
            .bind(device.0);
        self.execute(sql).await?;
        Ok(())
    }

    /// Holds a device until the transaction ends. Whoever also holds one of its tasks holds the
    /// device first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn lock_device(&self, tenant: TenantId, device: DeviceId) -> Result<(), StoreError> {
        let mut sql = Sql::new("SELECT id FROM devices WHERE tenant_id = ");
        sql.bind(tenant.0)
            .push(" AND id = ")
            .bind(device.0)
            .push(self.for_update());
        self.one(sql).await?;
        Ok(())
    }

    /// Marks devices as seen, in one statement: the bulk path of heartbeats.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn touch_devices(&self, seen: &[(DeviceId, Timestamp)]) -> Result<(), StoreError> {
        if seen.is_empty() {
            return Ok(());
        }
        let mut sql = Sql::new("UPDATE devices SET last_seen_at = seen.column2 FROM (VALUES ");
        for (position, (device, at)) in seen.iter().enumerate() {
            sql.push(if position == 0 { "(" } else { ", (" })
                .bind(device.0);
            sql.push(", ").bind(milliseconds(*at)).push(")");
        }
        sql.push(") AS seen WHERE devices.id = seen.column1");
        self.execute(sql).await?;
        Ok(())
    }

    /// Moves a device to a group of its tenant, or out of any; whether the device exists.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn move_device(
        &self,
        scope: &Scope,
        device: DeviceId,
        group: Option<GroupId>,
    ) -> Result<bool, StoreError> {
        let mut sql = Sql::new("UPDATE devices SET group_id = ");
        sql.bind(group.map(|id| id.0))
            .push(" WHERE id = ")
            .bind(device.0)
            .push(" AND removed_at IS NULL AND ")
            .within("tenant_id", scope);
        Ok(self.execute(sql).await? == 1)
    }

    /// Removes a device: its certificate opens nothing any more, its open tasks end. What it did
    /// stays for the record. The tasks that ended; `None` if there is no such device.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn remove_device(
        &self,
        scope: &Scope,
        device: DeviceId,
        now: Timestamp,
    ) -> Result<Option<Vec<TaskTaken>>, StoreError> {
        let mut sql = Sql::new("UPDATE devices SET removed_at = ");
        sql.bind(milliseconds(now))
            .push(" WHERE id = ")
            .bind(device.0)
            .push(" AND removed_at IS NULL AND ")
            .within("tenant_id", scope);
        if self.execute(sql).await? == 0 {
            return Ok(None);
        }
        self.execute(sql!(
            "DELETE FROM device_certificates WHERE device_id = $1",
            device.0
        ))
        .await?;
        let tables = ["alerts", "update_steps", "device_updates"];
        for table in tables.into_iter().chain(policy_scope::TABLES) {
            let text = format!("DELETE FROM {table} WHERE device_id = $1");
            self.execute(sql!(&text, device.0)).await?;
        }
        let rows = self
            .all(sql!(
                "UPDATE tasks SET state = 'cancelled', reason = 'device_removed', finished_at = $2
                 WHERE device_id = $1
                   AND state IN ('queued', 'delivered', 'waiting_for_window', 'running')
                 RETURNING id, action_id, device_id, tenant_id, state",
                device.0,
                milliseconds(now)
            ))
            .await?;
        let ended: Result<Vec<_>, _> = rows.iter().map(TaskTaken::read).collect();
        Ok(Some(ended?))
    }
}

/// Since when a strong signal stands. What a restart leaves standing stands anew.
fn push_restart_since(sql: &mut Sql, rank: i64, restarted: bool, now: Timestamp) {
    let now = milliseconds(now);
    match (rank == restart_rank(RestartRequired::Yes), restarted) {
        (true, true) => sql.push(", restart_required_since = ").bind(now),
        (true, false) => sql
            .push(", restart_required_since = COALESCE(restart_required_since, ")
            .bind(now)
            .push(")"),
        (false, _) => sql.push(", restart_required_since = NULL"),
    };
}

fn push_facts(sql: &mut Sql, facts: &DeviceFacts) {
    sql.push(", hostname = ").bind(facts.hostname.as_str());
    sql.push(", hostname_key = ")
        .bind(facts.hostname.to_lowercase());
    sql.push(", os_family = ").bind(facts.os_family.name());
    sql.push(", os_name = ").bind(facts.os_name.as_str());
    sql.push(", os_version = ").bind(facts.os_version.as_str());
    sql.push(", architecture = ")
        .bind(facts.architecture.as_str());
    sql.push(", agent_version = ")
        .bind(facts.agent_version.as_str());
    sql.push(", time_zone = ").bind(facts.time_zone.as_deref());
}

impl Store {
    /// One device.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn device(
        &self,
        scope: &Scope,
        id: DeviceId,
    ) -> Result<Option<DeviceRecord>, StoreError> {
        let mut sql = Sql::new(SELECT);
        sql.push("d.id = ")
            .bind(id.0)
            .push(" AND ")
            .within("d.tenant_id", scope);
        self.one(scope, sql)
            .await?
            .as_ref()
            .map(DeviceRecord::read)
            .transpose()
    }

    /// Several devices; those that do not exist in scope are missing from the answer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn devices_by_id(
        &self,
        scope: &Scope,
        ids: &[DeviceId],
    ) -> Result<Vec<DeviceRecord>, StoreError> {
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(500) {
            let mut sql = Sql::new(SELECT);
            sql.push("d.id IN (")
                .bind_all(ids.iter().map(|id| id.0))
                .push(") AND ")
                .within("d.tenant_id", scope);
            for row in self.all(scope, sql).await? {
                found.push(DeviceRecord::read(&row)?);
            }
        }
        Ok(found)
    }

    /// What the server knows of a device, for its check-ins.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn agent_state(
        &self,
        tenant: TenantId,
        device: DeviceId,
    ) -> Result<Option<AgentState>, StoreError> {
        let row = self
            .one(
                &Scope::one(tenant),
                sql!(
                    "SELECT updates_hash, boot_id, microsoft_update, control_automatic_updates, group_id
                 FROM devices WHERE tenant_id = $1 AND id = $2 AND removed_at IS NULL",
                    tenant.0,
                    device.0
                ),
            )
            .await?;
        row.map(|row| {
            Ok(AgentState {
                updates_hash: row.optional_text("updates_hash")?,
                boot_id: row.optional_text("boot_id")?,
                settings: source_settings(&row)?,
                group_id: row.optional_uuid("group_id")?.map(GroupId),
            })
        })
        .transpose()
    }
}
