//! What was asked for: actions with their tasks.

use crate::{
    StoreError, Transaction,
    row::{Row, milliseconds, number, optional_milliseconds, to_json},
    sql::{Sql, sql},
    tasks::OPEN,
};
use jiff::Timestamp;
use latarnik_model::{
    ActionId, ActionKind, CreatorKind, DeviceId, ReasonCode, Scope, TaskId, TaskParameters,
    TaskState, TenantId, When,
};
use sea_orm::DbBackend;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Who an action comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Creator {
    /// What kind of somebody.
    pub kind: CreatorKind,
    /// Its id; nil for the command line, which has none.
    pub id: Uuid,
    /// Its name.
    pub name: String,
}

/// An action to begin.
#[derive(Debug, Clone)]
pub struct NewAction {
    /// Its id.
    pub id: ActionId,
    /// The tenant of whom it comes from.
    pub tenant_id: TenantId,
    /// What exactly to do.
    pub parameters: TaskParameters,
    /// When its tasks may run.
    pub when: When,
    /// Latest time for them to begin.
    pub deadline_at: Option<Timestamp>,
    /// Longest run of each, in seconds.
    pub timeout_seconds: u32,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Who it comes from.
    pub created_by: Creator,
    /// What makes a repeated request recognisable.
    pub idempotency_key: String,
}

/// One task of a new action.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// Its id.
    pub id: TaskId,
    /// Its device's tenant.
    pub tenant_id: TenantId,
    /// Its device.
    pub device_id: DeviceId,
    /// What exactly to do there, where that differs from device to device.
    pub parameters: Option<TaskParameters>,
    /// Whether it knowingly runs outside of the device's maintenance windows.
    pub breaks_windows: bool,
}

/// An action, as far as somebody sees of it.
#[derive(Debug, Clone)]
pub struct ActionRecord {
    /// Its id.
    pub id: ActionId,
    /// What exactly to do.
    pub parameters: TaskParameters,
    /// When its tasks may run.
    pub when: When,
    /// Latest time for them to begin.
    pub deadline_at: Option<Timestamp>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Who it comes from.
    pub created_by: Creator,
    /// Its tasks within the scope, by state.
    pub tasks: TaskCounts,
    /// How many of them knowingly run outside of maintenance windows, or in a blackout.
    pub breaking_windows: u64,
}

/// How many tasks are in each state.
pub type TaskCounts = HashMap<TaskState, u64>;

/// How the tasks of an action went, as far as somebody sees of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActionCourse {
    /// When the first began.
    pub started_at: Option<Timestamp>,
    /// When the last one ended that has ended.
    pub last_finished_at: Option<Timestamp>,
    /// Why tasks failed or expired, the most frequent first.
    pub failures: Vec<FailureCount>,
}

/// How many tasks ended badly for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureCount {
    /// Failed or expired.
    pub state: TaskState,
    /// Why.
    pub reason: Option<ReasonCode>,
    /// How many.
    pub count: u64,
}

/// Which actions.
#[derive(Debug, Clone, Copy, Default)]
pub struct ActionFilter {
    /// Of this kind.
    pub kind: Option<ActionKind>,
    /// With tasks that have not ended (`true`), or only others.
    pub open: Option<bool>,
    /// From this creator.
    pub created_by: Option<Uuid>,
    /// From creators of this kind.
    pub created_by_kind: Option<CreatorKind>,
}

/// A task that ended or is to end together with others.
#[derive(Debug, Clone, Copy)]
pub struct TaskTaken {
    /// Its id.
    pub id: TaskId,
    /// Its action.
    pub action_id: ActionId,
    /// Its device.
    pub device_id: DeviceId,
    /// Its tenant.
    pub tenant_id: TenantId,
    /// Where it stands now.
    pub state: TaskState,
}

/// Rows in one statement. SQLite looks through the names of all parameters for each of them, so that
/// a statement costs the square of how many it has.
const ROWS_AT_ONCE: usize = 40;

impl TaskTaken {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: TaskId(row.uuid("id")?),
            action_id: ActionId(row.uuid("action_id")?),
            device_id: DeviceId(row.uuid("device_id")?),
            tenant_id: TenantId(row.uuid("tenant_id")?),
            state: row.name("state")?,
        })
    }
}

impl Transaction {
    /// The action of an earlier, identical request.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn action_of_key(
        &self,
        tenant: TenantId,
        created_by: Uuid,
        idempotency_key: &str,
    ) -> Result<Option<ActionId>, StoreError> {
        let row = self
            .one(sql!(
                "SELECT id FROM actions
                 WHERE tenant_id = $1 AND created_by = $2 AND idempotency_key = $3",
                tenant.0,
                created_by,
                idempotency_key
            ))
            .await?;
        row.map(|row| row.uuid("id").map(ActionId)).transpose()
    }

    /// Adds an action with all of its tasks. Each device's tasks are numbered on; a device that was
    /// removed in between gets none. The tasks that were added.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the idempotency key was used.
    pub async fn insert_action(
        &self,
        action: &NewAction,
        mut tasks: Vec<NewTask>,
    ) -> Result<Vec<NewTask>, StoreError> {
        // Everyone who holds many devices takes them in this order.
        tasks.sort_unstable_by_key(|task| task.device_id);
        self.insert_action_row(action).await?;
        let mut added = Vec::with_capacity(tasks.len());
        for tasks in tasks.chunks(500) {
            let sequences = self.next_sequences(tasks).await?;
            let there = |task: &&NewTask| sequences.contains_key(&task.device_id);
            let tasks: Vec<_> = tasks.iter().filter(there).cloned().collect();
            for tasks in tasks.chunks(ROWS_AT_ONCE) {
                self.insert_tasks(action, tasks, &sequences).await?;
            }
            added.extend(tasks);
        }
        let tenants: BTreeSet<_> = added.iter().map(|task| task.tenant_id).collect();
        for tenant in tenants {
            self.insert_action_tenant(action, tenant).await?;
        }
        Ok(added)
    }

    async fn insert_action_row(&self, action: &NewAction) -> Result<(), StoreError> {
        self.execute(sql!(
            "INSERT INTO actions (tenant_id, id, kind, run_when, created_at, created_by,
                created_by_kind, created_by_name, idempotency_key)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            action.tenant_id.0,
            action.id.0,
            action.parameters.kind().name(),
            to_json(&action.when),
            milliseconds(action.created_at),
            action.created_by.id,
            action.created_by.kind.name(),
            action.created_by.name.as_str(),
            action.idempotency_key.as_str(),
        ))
        .await?;
        Ok(())
    }

    async fn insert_action_tenant(
        &self,
        action: &NewAction,
        tenant: TenantId,
    ) -> Result<(), StoreError> {
        self.execute(sql!(
            "INSERT INTO action_tenants (tenant_id, action_tenant_id, action_id, kind, parameters,
                run_when, deadline_at, created_at, created_by, created_by_kind, created_by_name)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            tenant.0,
            action.tenant_id.0,
            action.id.0,
            action.parameters.kind().name(),
            to_json(&action.parameters),
            to_json(&action.when),
            optional_milliseconds(action.deadline_at),
            milliseconds(action.created_at),
            action.created_by.id,
            action.created_by.kind.name(),
            action.created_by.name.as_str(),
        ))
        .await?;
        Ok(())
    }

    async fn next_sequences(
        &self,
        tasks: &[NewTask],
    ) -> Result<HashMap<DeviceId, i64>, StoreError> {
        let devices = || tasks.iter().map(|task| task.device_id.0);
        if self.engine() == DbBackend::Postgres {
            let mut sql = Sql::new("SELECT id FROM devices WHERE id IN (");
            sql.bind_all(devices()).push(") ORDER BY id FOR UPDATE");
            self.all(sql).await?;
        }
        let mut sql =
            Sql::new("UPDATE devices SET task_sequence = task_sequence + 1 WHERE id IN (");
        sql.bind_all(devices())
            .push(") AND removed_at IS NULL RETURNING id, task_sequence");
        let rows = self.all(sql).await?;
        rows.iter()
            .map(|row| Ok((DeviceId(row.uuid("id")?), row.integer("task_sequence")?)))
            .collect()
    }

    async fn insert_tasks(
        &self,
        action: &NewAction,
        tasks: &[NewTask],
        sequences: &HashMap<DeviceId, i64>,
    ) -> Result<(), StoreError> {
        if tasks.is_empty() {
            return Ok(());
        }
        let when = to_json(&action.when);
        let mut sql = Sql::new(
            "INSERT INTO tasks (tenant_id, id, action_tenant_id, action_id, device_id, sequence,
                kind, parameters, run_when, deadline_at, timeout_seconds, state, created_at,
                created_by_kind, created_by_name, breaks_windows)
             VALUES ",
        );
        for (position, task) in tasks.iter().enumerate() {
            let sequence = sequences.get(&task.device_id).copied().unwrap_or_default();
            sql.push(if position == 0 { "(" } else { ", (" });
            sql.bind_all::<sea_orm::Value>([
                task.tenant_id.0.into(),
                task.id.0.into(),
                action.tenant_id.0.into(),
                action.id.0.into(),
                task.device_id.0.into(),
                sequence.into(),
                action.parameters.kind().name().into(),
                to_json(task.parameters.as_ref().unwrap_or(&action.parameters)).into(),
                when.as_str().into(),
                optional_milliseconds(action.deadline_at).into(),
                number(action.timeout_seconds.into()).into(),
                TaskState::Queued.name().into(),
                milliseconds(action.created_at).into(),
                action.created_by.kind.name().into(),
                action.created_by.name.as_str().into(),
                i64::from(task.breaks_windows).into(),
            ]);
            sql.push(")");
        }
        self.execute(sql).await?;
        Ok(())
    }

    /// Cancels the tasks of an action in scope that have not ended: those at once that no agent can
    /// have, and the others as soon as their agents answer. Which ones.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn cancel_tasks_of(
        &self,
        scope: &Scope,
        action: ActionId,
        now: Timestamp,
    ) -> Result<Vec<TaskTaken>, StoreError> {
        let mut sql =
            Sql::new("UPDATE tasks SET cancel_requested_at = COALESCE(cancel_requested_at, ");
        sql.bind(milliseconds(now)).push(
            "), state = CASE WHEN offered_at IS NULL THEN 'cancelled' ELSE state END,
                reason = CASE WHEN offered_at IS NULL THEN 'cancelled_by_operator' ELSE reason END,
                finished_at = CASE WHEN offered_at IS NULL THEN ",
        );
        sql.bind(milliseconds(now)).push(&format!(
            " ELSE finished_at END
             WHERE {OPEN} AND id IN (SELECT id FROM tasks WHERE {OPEN} AND action_id = "
        ));
        sql.bind(action.0).push(" AND ").within("tenant_id", scope);
        // Two people who cancel the same action take its tasks in the same order.
        if self.engine() == DbBackend::Postgres {
            sql.push(" ORDER BY id FOR UPDATE");
        }
        sql.push(") RETURNING id, action_id, device_id, tenant_id, state");
        let rows = self.all(sql).await?;
        rows.iter().map(TaskTaken::read).collect()
    }

    /// Ends queued tasks whose latest time to begin has passed and which no agent can have, at most
    /// so many. Which ones.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn expire_tasks(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<TaskTaken>, StoreError> {
        // Whoever is at work on a task needs no help, and comes back in a moment.
        let passing = match self.engine() {
            DbBackend::Postgres => " FOR UPDATE SKIP LOCKED",
            _ => "",
        };
        let rows = self
            .all(sql!(
                &format!(
                    "UPDATE tasks SET state = 'expired', reason = 'deadline_passed',
                        finished_at = $1
                     WHERE id IN (SELECT id FROM tasks WHERE state = 'queued'
                            AND deadline_at IS NOT NULL AND deadline_at <= $1
                            AND offered_at IS NULL ORDER BY deadline_at LIMIT $2{passing})
                     RETURNING id, action_id, device_id, tenant_id, state"
                ),
                milliseconds(now),
                i64::from(limit)
            ))
            .await?;
        rows.iter().map(TaskTaken::read).collect()
    }

    /// Whether at least one of these devices is offered at least one of these updates.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn is_any_offered(
        &self,
        devices: &[(TenantId, DeviceId)],
        keys: &[String],
    ) -> Result<bool, StoreError> {
        let tenants: BTreeSet<_> = devices.iter().map(|(tenant, _)| *tenant).collect();
        for devices in devices.chunks(2000) {
            let mut sql = Sql::new(
                "SELECT 1 AS found FROM device_updates WHERE offered = 1 AND tenant_id IN (",
            );
            sql.bind_all(tenants.iter().map(|tenant| tenant.0))
                .push(") AND device_id IN (")
                .bind_all(devices.iter().map(|(_, device)| device.0))
                .push(") AND update_key IN (")
                .bind_all(keys.iter().map(String::as_str))
                .push(") LIMIT 1");
            if self.one(sql).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
