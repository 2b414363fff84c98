//! What operators asked for.

use crate::{
    Store, StoreError, Transaction,
    row::{Row, milliseconds, number, to_json},
    sql::{Sql, sql},
};
use jiff::Timestamp;
use latarnik_model::{
    ActionId, ActionKind, DeviceId, Scope, TaskId, TaskParameters, TaskState, TenantId, When,
};
use std::collections::HashMap;
use uuid::Uuid;

/// What an operator asks for.
#[derive(Debug, Clone)]
pub struct NewAction {
    /// Its id.
    pub id: ActionId,
    /// The operator's tenant.
    pub tenant_id: TenantId,
    /// What.
    pub kind: ActionKind,
    /// When its tasks may run.
    pub when: When,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// By whom: a user or an API token.
    pub created_by: Uuid,
    /// By whom, by name.
    pub created_by_name: String,
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
    /// What exactly to do.
    pub parameters: TaskParameters,
    /// Latest time to begin.
    pub deadline_at: Option<Timestamp>,
    /// Longest run, in seconds.
    pub timeout_seconds: u32,
}

/// An action, as far as somebody sees of it.
#[derive(Debug, Clone)]
pub struct ActionRecord {
    /// Its id.
    pub id: ActionId,
    /// What.
    pub kind: ActionKind,
    /// When its tasks may run.
    pub when: When,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// By whom, by name.
    pub created_by_name: String,
    /// Its tasks within the scope, by state.
    pub tasks: TaskCounts,
}

/// How many tasks are in each state.
pub type TaskCounts = HashMap<TaskState, u64>;

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

    /// Adds an action with all of its tasks. Each device's tasks are numbered on.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the idempotency key was used.
    pub async fn insert_action(
        &self,
        action: &NewAction,
        tasks: &[NewTask],
    ) -> Result<(), StoreError> {
        self.execute(sql!(
            "INSERT INTO actions (tenant_id, id, kind, run_when, created_at, created_by,
                created_by_name, idempotency_key)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            action.tenant_id.0,
            action.id.0,
            action.kind.name(),
            to_json(&action.when),
            milliseconds(action.created_at),
            action.created_by,
            action.created_by_name.as_str(),
            action.idempotency_key.as_str(),
        ))
        .await?;
        for tasks in tasks.chunks(500) {
            let sequences = self.next_sequences(tasks).await?;
            self.insert_tasks(action, tasks, &sequences).await?;
        }
        Ok(())
    }

    async fn next_sequences(
        &self,
        tasks: &[NewTask],
    ) -> Result<HashMap<DeviceId, i64>, StoreError> {
        let mut sql =
            Sql::new("UPDATE devices SET task_sequence = task_sequence + 1 WHERE id IN (");
        sql.bind_all(tasks.iter().map(|task| task.device_id.0))
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
        let mut sql = Sql::new(
            "INSERT INTO tasks (tenant_id, id, action_tenant_id, action_id, device_id, sequence,
                kind, parameters, run_when, deadline_at, timeout_seconds, state, created_at,
                created_by_name)
             VALUES ",
        );
        let mut separator = "(";
        for task in tasks {
            // A device that was removed in between gets no task.
            let Some(sequence) = sequences.get(&task.device_id) else {
                continue;
            };
            sql.push(separator).bind_all::<sea_orm::Value>([
                task.tenant_id.0.into(),
                task.id.0.into(),
                action.tenant_id.0.into(),
                action.id.0.into(),
                task.device_id.0.into(),
                (*sequence).into(),
                task.parameters.kind().name().into(),
                to_json(&task.parameters).into(),
                to_json(&action.when).into(),
                task.deadline_at.map(milliseconds).into(),
                number(task.timeout_seconds.into()).into(),
                TaskState::Queued.name().into(),
                milliseconds(action.created_at).into(),
                action.created_by_name.as_str().into(),
            ]);
            sql.push(")");
            separator = ", (";
        }
        if separator == ", (" {
            self.execute(sql).await?;
        }
        Ok(())
    }
}

impl Store {
    /// An action with its tasks in scope; `None` if it has none there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn action(
        &self,
        scope: &Scope,
        id: ActionId,
    ) -> Result<Option<ActionRecord>, StoreError> {
        let mut counts = Sql::new(
            "SELECT state, COUNT(*) AS total, MAX(kind) AS kind, MAX(run_when) AS run_when,
                MAX(created_at) AS created_at, MAX(created_by_name) AS created_by_name
             FROM tasks WHERE action_id = ",
        );
        counts
            .bind(id.0)
            .push(" AND ")
            .within("tenant_id", scope)
            .push(" GROUP BY state");
        // The action's own row is its operator's, whom not everybody who has a task of it may see;
        // all of its tasks say the same about it.
        let rows = self.all(scope, counts).await?;
        let tasks: TaskCounts = rows
            .iter()
            .map(|row| Ok((row.name("state")?, row.count("total")?)))
            .collect::<Result<_, StoreError>>()?;
        rows.first().map(|row| read(row, id, tasks)).transpose()
    }
}

fn read(row: &Row, id: ActionId, tasks: TaskCounts) -> Result<ActionRecord, StoreError> {
    Ok(ActionRecord {
        id,
        kind: row.name("kind")?,
        when: row.json("run_when")?,
        created_at: row.time("created_at")?,
        created_by_name: row.text("created_by_name")?,
        tasks,
    })
}
