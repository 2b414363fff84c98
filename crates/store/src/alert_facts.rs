//! What raises alerts, found in one statement a kind and tenant: each meets only what is not well.

use crate::{
    PolicyCandidate, Store, StoreError,
    row::{Row, milliseconds},
    sql::{Sql, sql},
};
use jiff::{SignedDuration, Timestamp};
use latarnik_model::{
    AlertCause, DeviceId, GroupId, RestartSignal, RolloutId, Scope, SignalStrength, TaskId,
    TenantId, UpdateId, UpdateState,
};

/// Something that stands, and that people must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertFact {
    /// The device that it is about.
    pub device_id: Option<DeviceId>,
    /// Since when it stands.
    pub since: Timestamp,
    /// What it is.
    pub cause: AlertCause,
    /// Whether it raises an alert. What does not only keeps one open: an update that failed is
    /// being tried again.
    pub raises: bool,
}

impl Store {
    /// Updates that failed on devices of a tenant and are neither installed nor gone since.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn failed_updates(&self, tenant: TenantId) -> Result<Vec<AlertFact>, StoreError> {
        let sql = sql!(
            "SELECT u.device_id, u.update_key, u.id, u.title, u.kb, u.state, u.state_at, u.reason,
                u.result_code, u.hresult, u.task_id, u.failures, k.exit_code
             FROM device_updates u
             JOIN devices d ON d.tenant_id = u.tenant_id AND d.id = u.device_id
             LEFT JOIN tasks k ON k.tenant_id = u.tenant_id AND k.id = u.task_id
             WHERE u.tenant_id = $1 AND u.failures > 0
                AND u.state NOT IN ('installed', 'superseded') AND d.removed_at IS NULL",
            tenant.0
        );
        let rows = self.all(&Scope::one(tenant), sql).await?;
        rows.iter().map(failed_update).collect()
    }

    /// Devices of a tenant whose searches have not succeeded for longer than `after`, by their last
    /// attempt. A device that has never tried counts if it was in contact after so long, and at
    /// least `first_within` after its start. Silence alone is no failure: the attempts of a device
    /// that is out of contact are not known.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn failing_scans(
        &self,
        tenant: TenantId,
        after: SignedDuration,
        first_within: SignedDuration,
    ) -> Result<Vec<AlertFact>, StoreError> {
        let sql = sql!(
            "SELECT id, COALESCE(scanned_at, enrolled_at) AS since, scanned_at, scan_error,
                scan_error_detail
             FROM devices
             WHERE tenant_id = $1 AND removed_at IS NULL AND scan_state <> 'succeeded'
                AND ((scan_state = 'failed'
                        AND scan_attempted_at - COALESCE(scanned_at, enrolled_at) > $2)
                    OR (scan_state = 'never' AND last_seen_at - enrolled_at > $2
                        AND last_seen_at - COALESCE(booted_at, enrolled_at) >= $3))",
            tenant.0,
            long(after),
            long(first_within),
        );
        let rows = self.all(&Scope::one(tenant), sql).await?;
        rows.iter().map(failing_scan).collect()
    }

    /// Devices of a tenant on which a strong restart signal has stood for longer than `after`, as
    /// far as they have told.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn overdue_restarts(
        &self,
        tenant: TenantId,
        after: SignedDuration,
    ) -> Result<Vec<AlertFact>, StoreError> {
        let sql = sql!(
            "SELECT id, restart_required_since, restart_signals FROM devices
             WHERE tenant_id = $1 AND removed_at IS NULL AND restart_required = 2
                AND last_seen_at - restart_required_since > $2",
            tenant.0,
            long(after),
        );
        let rows = self.all(&Scope::one(tenant), sql).await?;
        rows.iter().map(overdue_restart).collect()
    }

    /// Rollouts of a tenant that failures have stopped, while any device is offered the update.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn stopped_rollouts(&self, tenant: TenantId) -> Result<Vec<AlertFact>, StoreError> {
        let sql = sql!(
            "SELECT r.id, r.update_id, r.title, r.kb, r.ring, r.since,
                (SELECT COUNT(*) FROM device_updates f WHERE f.tenant_id = r.tenant_id
                    AND f.id = r.update_id AND f.state = 'failed') AS failed_devices
             FROM update_rollouts r
             WHERE r.tenant_id = $1 AND r.state = 'stopped_by_failures'
                AND EXISTS (SELECT 1 FROM device_updates u WHERE u.tenant_id = r.tenant_id
                    AND u.id = r.update_id AND u.offered = 1)",
            tenant.0
        );
        let rows = self.all(&Scope::one(tenant), sql).await?;
        rows.iter().map(stopped_rollout).collect()
    }

    /// Updates that devices of a tenant lack and were first offered at this instant or before, each
    /// with the device's group. What waits for a restart is not installed yet.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn long_lacking_updates(
        &self,
        tenant: TenantId,
        offered_by: Timestamp,
    ) -> Result<Vec<(PolicyCandidate, Option<GroupId>)>, StoreError> {
        let mut sql = Sql::new(
            "SELECT u.*, d.group_id FROM device_updates u
             JOIN devices d ON d.tenant_id = u.tenant_id AND d.id = u.device_id
             WHERE (u.offered = 1 OR u.state = 'restart_pending')
                AND u.state NOT IN ('installed', 'superseded') AND d.removed_at IS NULL
                AND u.tenant_id = ",
        );
        sql.bind(tenant.0)
            .push(" AND u.first_offered_at <= ")
            .bind(milliseconds(offered_by));
        let rows = self.all(&Scope::one(tenant), sql).await?;
        rows.iter()
            .map(|row| {
                let group = row.optional_uuid("group_id")?.map(GroupId);
                Ok((PolicyCandidate::read(row)?, group))
            })
            .collect()
    }
}

fn long(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn failed_update(row: &Row) -> Result<AlertFact, StoreError> {
    let state: UpdateState = row.name("state")?;
    Ok(AlertFact {
        device_id: Some(DeviceId(row.uuid("device_id")?)),
        since: row.time("state_at")?,
        cause: AlertCause::UpdateFailed {
            update_key: row.text("update_key")?,
            update_id: UpdateId(row.uuid("id")?),
            title: row.text("title")?,
            kb: row.optional_text("kb")?,
            reason_code: row.optional_name("reason")?,
            result_code: row.optional_small("result_code")?,
            hresult: row.optional_text("hresult")?,
            exit_code: row.optional_small("exit_code")?.filter(|code| *code != 0),
            task_id: row.optional_uuid("task_id")?.map(TaskId),
            failures: u32::try_from(row.count("failures")?).unwrap_or(u32::MAX),
        },
        raises: state == UpdateState::Failed,
    })
}

fn failing_scan(row: &Row) -> Result<AlertFact, StoreError> {
    Ok(AlertFact {
        device_id: Some(DeviceId(row.uuid("id")?)),
        since: row.time("since")?,
        cause: AlertCause::ScanFailing {
            never_succeeded: row.optional_time("scanned_at")?.is_none(),
            reason_code: row.optional_name("scan_error")?,
            error_detail: row.optional_text("scan_error_detail")?,
        },
        raises: true,
    })
}

fn overdue_restart(row: &Row) -> Result<AlertFact, StoreError> {
    let signals: Option<Vec<RestartSignal>> = row.optional_json("restart_signals")?;
    let strong = signals.unwrap_or_default().into_iter();
    let strong = strong.map(|signal| signal.name);
    Ok(AlertFact {
        device_id: Some(DeviceId(row.uuid("id")?)),
        since: row.time("restart_required_since")?,
        cause: AlertCause::RestartOverdue {
            signals: strong
                .filter(|name| name.strength() == SignalStrength::Strong)
                .collect(),
        },
        raises: true,
    })
}

fn stopped_rollout(row: &Row) -> Result<AlertFact, StoreError> {
    Ok(AlertFact {
        device_id: None,
        since: row.time("since")?,
        cause: AlertCause::RolloutStopped {
            rollout_id: RolloutId(row.uuid("id")?),
            update_id: UpdateId(row.uuid("update_id")?),
            title: row.text("title")?,
            kb: row.optional_text("kb")?,
            ring: u8::try_from(row.count("ring")?).unwrap_or(u8::MAX),
            failed_devices: row.count("failed_devices")?,
        },
        raises: true,
    })
}
