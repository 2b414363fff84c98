//! The ledger: every step of every update on every device, with what it rests on.

use crate::{
    Cursor, Direction, Page, PageRequest, Store, StoreError, Transaction,
    page::SortKey,
    row::{Row, milliseconds, number, variant_name},
    sql::{Sql, sql},
};
use jiff::Timestamp;
use latarnik_model::{
    DeviceId, ReasonCode, Scope, TaskId, TenantId, Titles, UpdateCategory, UpdateId, UpdateState,
};

/// Where an update stands on a device, for working out its next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// What identifies it on the device.
    pub key: String,
    /// Kind of update.
    pub category: UpdateCategory,
    /// Where it stands.
    pub state: UpdateState,
    /// Whether the latest successful search offers it.
    pub offered: bool,
    /// The latest task that had to do with it.
    pub task_id: Option<TaskId>,
    /// The start of the machine during which its installer ran.
    pub boot_id: Option<String>,
    /// Which of the device's successful searches the latest step rests on.
    pub scan: Option<u64>,
}

/// A step that is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUpdateStep {
    /// Which update of the device.
    pub key: String,
    /// Where it stands from now on.
    pub state: UpdateState,
    /// When it happened.
    pub at: Timestamp,
    /// Why, where the state alone does not say it.
    pub reason: Option<ReasonCode>,
    /// The task that caused it.
    pub task_id: Option<TaskId>,
    /// Which of the device's successful searches showed it.
    pub scan: Option<u64>,
    /// The start of the machine during which it happened.
    pub boot_id: Option<String>,
    /// Windows: the result code of its installer.
    pub result_code: Option<i32>,
    /// Windows: the HRESULT of its installer.
    pub hresult: Option<String>,
}

/// A step that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateStepRecord {
    /// Counts the device's steps upwards from 1.
    pub position: u64,
    /// The update.
    pub update_id: UpdateId,
    /// Its title.
    pub title: String,
    /// What it is called in other languages (BCP 47), where that is known.
    pub titles: Titles,
    /// Its knowledge base article.
    pub kb: Option<String>,
    /// Linux: its package.
    pub package: Option<String>,
    /// The step itself.
    pub step: NewUpdateStep,
    /// Who asked for the task that caused it.
    pub task_created_by_name: Option<String>,
}

impl Transaction {
    /// Where every update stands that a device was ever offered and that is not forgotten.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn ledger(
        &self,
        tenant: TenantId,
        device: DeviceId,
    ) -> Result<Vec<LedgerEntry>, StoreError> {
        let rows = self
            .all(sql!(
                "SELECT update_key, category, state, offered, task_id, boot_id, scan
                 FROM device_updates
                 WHERE tenant_id = $1 AND device_id = $2",
                tenant.0,
                device.0
            ))
            .await?;
        let read = |row: &Row| {
            Ok(LedgerEntry {
                key: row.text("update_key")?,
                category: row.name("category")?,
                state: row.name("state")?,
                offered: row.integer("offered")? != 0,
                task_id: row.optional_uuid("task_id")?.map(TaskId),
                boot_id: row.optional_text("boot_id")?,
                scan: row.optional_count("scan")?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// Takes steps: they go down in the history, and what they lead to is where their updates stand.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn take_update_steps(
        &self,
        tenant: TenantId,
        device: DeviceId,
        steps: &[NewUpdateStep],
    ) -> Result<(), StoreError> {
        if steps.is_empty() {
            return Ok(());
        }
        let count = number(u64::try_from(steps.len()).unwrap_or(u64::MAX));
        let last = self
            .one(sql!(
                "UPDATE devices SET update_steps = update_steps + $3
                 WHERE tenant_id = $1 AND id = $2 RETURNING update_steps",
                tenant.0,
                device.0,
                count
            ))
            .await?;
        // A device that was removed in between has no ledger any more.
        let Some(last) = last else { return Ok(()) };
        let mut position = last.integer("update_steps")? - count;
        for steps in steps.chunks(200) {
            self.insert_steps(tenant, device, position, steps).await?;
            position += number(u64::try_from(steps.len()).unwrap_or(u64::MAX));
            for step in steps {
                self.stand(tenant, device, step).await?;
            }
        }
        Ok(())
    }

    /// Forgets at most so many updates, with their steps, that no device of the tenant was offered
    /// since an instant; how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn forget_updates_before(
        &self,
        tenant: TenantId,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let old = format!(
            "SELECT device_id, update_key FROM device_updates
             WHERE tenant_id = $1 AND offered = 0 AND state_at < $2
                AND state IN ('installed', 'superseded')
             ORDER BY device_id, update_key LIMIT {limit}"
        );
        let before = milliseconds(before);
        let mut forgotten = 0;
        for table in ["update_steps", "device_updates"] {
            let text = format!(
                "DELETE FROM {table} WHERE tenant_id = $1 AND (device_id, update_key) IN ({old})"
            );
            forgotten = self.execute(sql!(&text, tenant.0, before)).await?;
        }
        Ok(forgotten)
    }

    async fn insert_steps(
        &self,
        tenant: TenantId,
        device: DeviceId,
        before: i64,
        steps: &[NewUpdateStep],
    ) -> Result<(), StoreError> {
        let mut sql = Sql::new(
            "INSERT INTO update_steps (tenant_id, device_id, position, update_key, at, state,
                reason, task_id, scan, boot_id, result_code, hresult)
             VALUES ",
        );
        for (position, step) in (before + 1..).zip(steps) {
            sql.push(if position == before + 1 { "(" } else { ", (" });
            sql.bind_all::<sea_orm::Value>([
                tenant.0.into(),
                device.0.into(),
                position.into(),
                step.key.as_str().into(),
                milliseconds(step.at).into(),
                step.state.name().into(),
                step.reason.as_ref().map(variant_name).into(),
                step.task_id.map(|id| id.0).into(),
                step.scan.map(number).into(),
                step.boot_id.as_deref().into(),
                step.result_code.map(i64::from).into(),
                step.hresult.as_deref().into(),
            ]);
            sql.push(")");
        }
        self.execute(sql).await?;
        Ok(())
    }

    async fn stand(
        &self,
        tenant: TenantId,
        device: DeviceId,
        step: &NewUpdateStep,
    ) -> Result<(), StoreError> {
        self.execute(sql!(
            "UPDATE device_updates SET state = $4, state_at = $5, reason = $6, result_code = $7,
                hresult = $8, task_id = COALESCE($9, task_id), boot_id = COALESCE($10, boot_id),
                scan = COALESCE($11, scan),
                failures = CASE WHEN $4 = 'failed' THEN failures + 1
                    WHEN $4 = 'installed' THEN 0 ELSE failures END
             WHERE tenant_id = $1 AND device_id = $2 AND update_key = $3",
            tenant.0,
            device.0,
            step.key.as_str(),
            step.state.name(),
            milliseconds(step.at),
            step.reason.as_ref().map(variant_name),
            step.result_code.map(i64::from),
            step.hresult.as_deref(),
            step.task_id.map(|id| id.0),
            step.boot_id.as_deref(),
            step.scan.map(number),
        ))
        .await?;
        Ok(())
    }
}

impl Store {
    /// The steps of a device, newest first; of one update, if it is named.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn update_steps(
        &self,
        scope: &Scope,
        device: DeviceId,
        update: Option<UpdateId>,
        page: &PageRequest,
    ) -> Result<Page<UpdateStepRecord>, StoreError> {
        let mut sql = Sql::new(
            "SELECT s.*, u.id, u.title, u.titles, u.kb, u.package, k.created_by_name FROM update_steps s
             JOIN device_updates u ON u.tenant_id = s.tenant_id AND u.device_id = s.device_id
                AND u.update_key = s.update_key
             LEFT JOIN tasks k ON k.tenant_id = s.tenant_id AND k.id = s.task_id
             WHERE s.device_id = ",
        );
        sql.bind(device.0)
            .push(" AND ")
            .within("s.tenant_id", scope);
        if let Some(update) = update {
            sql.push(" AND u.id = ").bind(update.0);
        }
        page.continue_sql(&mut sql, "s.position", "s.device_id", Direction::Descending);
        let rows = self.all(scope, sql).await?;
        let items: Result<Vec<_>, _> = rows.iter().map(UpdateStepRecord::read).collect();
        Ok(Page::new(items?, page.limit, |step| Cursor {
            key: SortKey::Number(number(step.position)),
            id: device.0,
        }))
    }
}

impl UpdateStepRecord {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            position: row.count("position")?,
            update_id: UpdateId(row.uuid("id")?),
            title: row.text("title")?,
            titles: row.titles()?,
            kb: row.optional_text("kb")?,
            package: row.optional_text("package")?,
            step: NewUpdateStep {
                key: row.text("update_key")?,
                state: row.name("state")?,
                at: row.time("at")?,
                reason: row.optional_name("reason")?,
                task_id: row.optional_uuid("task_id")?.map(TaskId),
                scan: row.optional_count("scan")?,
                boot_id: row.optional_text("boot_id")?,
                result_code: row.optional_small("result_code")?,
                hresult: row.optional_text("hresult")?,
            },
            task_created_by_name: row.optional_text("created_by_name")?,
        })
    }
}
