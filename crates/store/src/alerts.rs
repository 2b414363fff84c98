//! Alerts, and what people say about them.

use crate::{
    Cursor, Direction, Page, PageRequest, Store, StoreError, Transaction,
    page::SortKey,
    row::{Row, milliseconds, to_json, variant_name},
    sql::{Sql, sql},
};
use jiff::Timestamp;
use latarnik_model::{
    AlertCause, AlertCloseReason, AlertId, AlertKind, AlertState, AlertSubject, DeviceId, Scope,
    TenantId,
};

/// An alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRecord {
    /// Its id.
    pub id: AlertId,
    /// Its tenant.
    pub tenant_id: TenantId,
    /// The tenant's name.
    pub tenant_name: String,
    /// The device that it is about, and its name; `None` for what is not about one.
    pub device: Option<(DeviceId, String)>,
    /// What raised it, as it was last seen.
    pub cause: AlertCause,
    /// Since when the cause stands.
    pub since: Timestamp,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// Who knows of it.
    pub acknowledgement: Option<Acknowledgement>,
    /// When it was closed, and why.
    pub closed: Option<(Timestamp, AlertCloseReason)>,
}

/// That somebody knows of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by_name: String,
    /// What they say to it; may be empty.
    pub note: String,
}

/// An alert to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAlert {
    /// Its id.
    pub id: AlertId,
    /// The device that it is about.
    pub device_id: Option<DeviceId>,
    /// What raises it.
    pub cause: AlertCause,
    /// Since when the cause stands.
    pub since: Timestamp,
}

/// An alert whose cause stood when it was last looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingAlert {
    /// Its id.
    pub id: AlertId,
    /// The device that it is about.
    pub device_id: Option<DeviceId>,
    /// What raised it.
    pub cause: AlertCause,
    /// Since when the cause stands.
    pub since: Timestamp,
}

/// Which alerts.
#[derive(Debug, Clone, Default)]
pub struct AlertFilter {
    /// About this device.
    pub device_id: Option<DeviceId>,
    /// Of these kinds; empty is any.
    pub kinds: Vec<AlertKind>,
    /// In these states; empty is any.
    pub states: Vec<AlertState>,
}

/// How many alerts of one kind are not closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlertCount {
    /// The kind.
    pub kind: AlertKind,
    /// Those that nobody has acknowledged.
    pub open: u64,
    /// The others.
    pub acknowledged: u64,
}

/// What a removed device leaves behind between two looks is not shown.
const SELECT: &str = "SELECT a.*, t.name AS tenant_name, d.hostname FROM alerts a
    JOIN tenants t ON t.tenant_id = a.tenant_id
    LEFT JOIN devices d ON d.tenant_id = a.tenant_id AND d.id = a.device_id
    WHERE d.removed_at IS NULL AND ";

impl AlertRecord {
    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> AlertState {
        match (&self.closed, &self.acknowledgement) {
            (Some(_), _) => AlertState::Closed,
            (None, Some(_)) => AlertState::Acknowledged,
            (None, None) => AlertState::Open,
        }
    }

    fn read(row: &Row) -> Result<Self, StoreError> {
        let device = row.optional_uuid("device_id")?.map(DeviceId);
        let hostname = row.optional_text("hostname")?;
        let closed_at = row.optional_time("closed_at")?;
        Ok(Self {
            id: AlertId(row.uuid("id")?),
            tenant_id: TenantId(row.uuid("tenant_id")?),
            tenant_name: row.text("tenant_name")?,
            device: device.zip(hostname),
            cause: row.json("cause")?,
            since: row.time("since")?,
            raised_at: row.time("raised_at")?,
            acknowledgement: Acknowledgement::read(row)?,
            closed: closed_at.zip(row.optional_name("close_reason")?),
        })
    }
}

impl Acknowledgement {
    fn read(row: &Row) -> Result<Option<Self>, StoreError> {
        let Some(at) = row.optional_time("acknowledged_at")? else {
            return Ok(None);
        };
        Ok(Some(Self {
            at,
            by_name: row
                .optional_text("acknowledged_by_name")?
                .unwrap_or_default(),
            note: row.optional_text("note")?.unwrap_or_default(),
        }))
    }
}

impl StandingAlert {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: AlertId(row.uuid("id")?),
            device_id: row.optional_uuid("device_id")?.map(DeviceId),
            cause: row.json("cause")?,
            since: row.time("since")?,
        })
    }
}

impl Transaction {
    /// Raises alerts. A subject that has an alert which is not closed gets no other.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn raise_alerts(
        &self,
        tenant: TenantId,
        now: Timestamp,
        alerts: &[NewAlert],
    ) -> Result<(), StoreError> {
        for alerts in alerts.chunks(200) {
            let mut sql = Sql::new(
                "INSERT INTO alerts (tenant_id, id, kind, device_id, update_key, rollout_id,
                    cause, since, raised_at)
                 VALUES ",
            );
            for (position, alert) in alerts.iter().enumerate() {
                let (update_key, rollout) = match alert.cause.subject() {
                    AlertSubject::Device => (None, None),
                    AlertSubject::Update(key) => (Some(key), None),
                    AlertSubject::Rollout(id) => (None, Some(id.0)),
                };
                sql.push(if position == 0 { "(" } else { ", (" });
                sql.bind_all::<sea_orm::Value>([
                    tenant.0.into(),
                    alert.id.0.into(),
                    alert.cause.kind().name().into(),
                    alert.device_id.map(|id| id.0).into(),
                    update_key.into(),
                    rollout.into(),
                    to_json(&alert.cause).into(),
                    milliseconds(alert.since).into(),
                    milliseconds(now).into(),
                ]);
                sql.push(")");
            }
            sql.push(" ON CONFLICT DO NOTHING");
            self.execute(sql).await?;
        }
        Ok(())
    }

    /// Notes how the cause of an alert shows by now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn refresh_alert(
        &self,
        tenant: TenantId,
        id: AlertId,
        cause: &AlertCause,
    ) -> Result<(), StoreError> {
        self.execute(sql!(
            "UPDATE alerts SET cause = $3 WHERE tenant_id = $1 AND id = $2 AND closed_at IS NULL",
            tenant.0,
            id.0,
            to_json(cause),
        ))
        .await?;
        Ok(())
    }

    /// Closes alerts, unless they are.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn close_alerts(
        &self,
        tenant: TenantId,
        ids: &[AlertId],
        now: Timestamp,
        reason: AlertCloseReason,
    ) -> Result<(), StoreError> {
        for ids in ids.chunks(500) {
            let mut sql = Sql::new("UPDATE alerts SET closed_at = ");
            sql.bind(milliseconds(now)).push(", close_reason = ");
            sql.bind(variant_name(&reason)).push(" WHERE tenant_id = ");
            sql.bind(tenant.0)
                .push(" AND closed_at IS NULL AND id IN (")
                .bind_all(ids.iter().map(|id| id.0))
                .push(")");
            self.execute(sql).await?;
        }
        Ok(())
    }

    /// Notes that somebody knows of an alert, in place of who did before. Whether it was not closed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn acknowledge_alert(
        &self,
        tenant: TenantId,
        id: AlertId,
        acknowledgement: &Acknowledgement,
    ) -> Result<bool, StoreError> {
        let met = self
            .execute(sql!(
                "UPDATE alerts SET acknowledged_at = $3, acknowledged_by_name = $4, note = $5
                 WHERE tenant_id = $1 AND id = $2 AND closed_at IS NULL",
                tenant.0,
                id.0,
                milliseconds(acknowledgement.at),
                acknowledgement.by_name.as_str(),
                acknowledgement.note.as_str(),
            ))
            .await?;
        Ok(met == 1)
    }

    /// Forgets alerts of a tenant that were closed before an instant.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn forget_alerts_before(
        &self,
        tenant: TenantId,
        before: Timestamp,
    ) -> Result<(), StoreError> {
        self.execute(sql!(
            "DELETE FROM alerts WHERE tenant_id = $1 AND closed_at < $2",
            tenant.0,
            milliseconds(before)
        ))
        .await?;
        Ok(())
    }
}

impl Store {
    /// A page of the alerts in scope that match, the latest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn alerts(
        &self,
        scope: &Scope,
        filter: &AlertFilter,
        page: &PageRequest,
    ) -> Result<Page<AlertRecord>, StoreError> {
        let mut sql = Sql::new(SELECT);
        sql.within("a.tenant_id", scope);
        push_filter(&mut sql, filter);
        page.continue_sql(&mut sql, "a.raised_at", "a.id", Direction::Descending);
        let rows = self.all(scope, sql).await?;
        let items: Result<Vec<_>, _> = rows.iter().map(AlertRecord::read).collect();
        Ok(Page::new(items?, page.limit, |alert| Cursor {
            key: SortKey::Number(milliseconds(alert.raised_at)),
            id: alert.id.0,
        }))
    }

    /// Several alerts; those that do not exist in scope are missing from the answer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn alerts_by_id(
        &self,
        scope: &Scope,
        ids: &[AlertId],
    ) -> Result<Vec<AlertRecord>, StoreError> {
        let mut sql = Sql::new(SELECT);
        sql.within("a.tenant_id", scope)
            .push(" AND a.id IN (")
            .bind_all(ids.iter().map(|id| id.0))
            .push(")");
        let rows = self.all(scope, sql).await?;
        rows.iter().map(AlertRecord::read).collect()
    }

    /// How many alerts in scope are not closed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn count_alerts(&self, scope: &Scope) -> Result<Vec<AlertCount>, StoreError> {
        let mut sql = Sql::new(
            "SELECT kind, COUNT(*) AS total, COUNT(acknowledged_at) AS acknowledged FROM alerts
             WHERE closed_at IS NULL AND ",
        );
        sql.within("tenant_id", scope).push(" GROUP BY kind");
        let read = |row: &Row| {
            let acknowledged = row.count("acknowledged")?;
            Ok(AlertCount {
                kind: row.name("kind")?,
                open: row.count("total")?.saturating_sub(acknowledged),
                acknowledged,
            })
        };
        let rows = self.all(scope, sql).await?;
        rows.iter().map(read).collect()
    }

    /// The alerts of a tenant that are not closed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn standing_alerts(
        &self,
        tenant: TenantId,
    ) -> Result<Vec<StandingAlert>, StoreError> {
        let sql = sql!(
            "SELECT id, device_id, cause, since FROM alerts
             WHERE tenant_id = $1 AND closed_at IS NULL",
            tenant.0
        );
        let rows = self.all(&Scope::one(tenant), sql).await?;
        rows.iter().map(StandingAlert::read).collect()
    }
}

fn push_filter(sql: &mut Sql, filter: &AlertFilter) {
    if let Some(device) = filter.device_id {
        sql.push(" AND a.device_id = ").bind(device.0);
    }
    if !filter.kinds.is_empty() {
        sql.push(" AND a.kind IN (")
            .bind_all(filter.kinds.iter().map(|kind| kind.name()))
            .push(")");
    }
    let wanted = |state| filter.states.is_empty() || filter.states.contains(&state);
    let (open, acknowledged) = (wanted(AlertState::Open), wanted(AlertState::Acknowledged));
    let standing = match (open, acknowledged) {
        (true, true) => "a.closed_at IS NULL",
        (true, false) => "a.closed_at IS NULL AND a.acknowledged_at IS NULL",
        (false, true) => "a.closed_at IS NULL AND a.acknowledged_at IS NOT NULL",
        (false, false) => "1 = 0",
    };
    match (wanted(AlertState::Closed), open && acknowledged) {
        (true, true) => {}
        (true, false) => {
            sql.push(&format!(" AND (a.closed_at IS NOT NULL OR ({standing}))"));
        }
        (false, _) => {
            sql.push(&format!(" AND {standing}"));
        }
    }
}
