//! Tasks: one action on one device.

use crate::{
    Cursor, Direction, Page, PageRequest, Store, StoreError, Transaction,
    page::SortKey,
    row::{Row, milliseconds, optional_milliseconds, to_json, variant_name},
    sql::{Sql, sql},
};
use jiff::Timestamp;
use latarnik_model::{
    ActionId, ActionKind, CreatorKind, DeviceId, ReasonCode, Scope, TaskId, TaskParameters,
    TaskState, TenantId, UpdateOutcome, WaitReason, When,
};
use serde::{Deserialize, Serialize};

/// A task on its way to its device.
#[derive(Debug, Clone)]
pub struct PendingTask {
    /// Its id.
    pub id: TaskId,
    /// Its place among the device's tasks.
    pub sequence: u64,
    /// What to do.
    pub parameters: TaskParameters,
    /// When it may begin.
    pub when: When,
    /// Latest time to begin.
    pub deadline_at: Option<Timestamp>,
    /// Longest run, in seconds.
    pub timeout_seconds: u32,
    /// Name of whoever asked for it.
    pub created_by_name: String,
    /// What kind of somebody that is.
    pub created_by_kind: CreatorKind,
}

/// What waits for a device.
#[derive(Debug, Clone, Default)]
pub struct WaitingTasks {
    /// How many tasks the agent does not have yet.
    pub beyond: u64,
    /// Tasks that the agent has and a person wants cancelled.
    pub cancelled: Vec<TaskId>,
    /// Tasks that a person wants cancelled, or whose latest time to begin has passed, and that the
    /// agent provably does not have.
    pub never_arrived: Vec<NeverArrived>,
}

/// A task that ends without its agent ever having had it.
#[derive(Debug, Clone, Copy)]
pub struct NeverArrived {
    /// Its id.
    pub id: TaskId,
    /// Its action.
    pub action_id: ActionId,
    /// How it ends: cancelled, or expired.
    pub state: TaskState,
}

/// A task that an agent has on its disk.
#[derive(Debug, Clone)]
pub struct AcknowledgedTask {
    /// Its id.
    pub id: TaskId,
    /// Its action.
    pub action_id: ActionId,
    /// What exactly it does.
    pub parameters: TaskParameters,
}

/// Where a task stands, for changing it.
#[derive(Debug, Clone, Copy)]
pub struct TaskStanding {
    /// Its state.
    pub state: TaskState,
    /// What kind.
    pub kind: ActionKind,
    /// Its action.
    pub action_id: ActionId,
    /// Its device.
    pub device_id: DeviceId,
    /// Its tenant.
    pub tenant_id: TenantId,
    /// Whether the agent may have it.
    pub offered: bool,
    /// Why it is taken back, where no person does it.
    pub cancel_reason: Option<ReasonCode>,
}

/// A task with everything that is known of it.
#[derive(Debug, Clone)]
pub struct TaskRecord {
    /// Its id.
    pub id: TaskId,
    /// Its tenant.
    pub tenant_id: TenantId,
    /// The action that it belongs to.
    pub action_id: ActionId,
    /// Its device.
    pub device_id: DeviceId,
    /// The device's name.
    pub hostname: String,
    /// What kind.
    pub kind: ActionKind,
    /// What exactly.
    pub parameters: TaskParameters,
    /// When it may begin.
    pub when: When,
    /// Latest time to begin.
    pub deadline_at: Option<Timestamp>,
    /// Where it stands.
    pub state: TaskState,
    /// Why it ended as it did.
    pub reason: Option<ReasonCode>,
    /// The system's own code for that.
    pub reason_detail: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by_name: String,
    /// What kind of somebody that is.
    pub created_by_kind: CreatorKind,
    /// When the agent had it on its disk.
    pub delivered_at: Option<Timestamp>,
    /// Until when the agent expects to wait.
    pub waiting_until: Option<Timestamp>,
    /// What a waiting task waits for, as far as its agent says it.
    pub waits_for: Option<WaitReason>,
    /// Whether a person knows that it runs outside of windows or in a blackout.
    pub breaks_windows: bool,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// When a person asked to cancel it.
    pub cancel_requested_at: Option<Timestamp>,
    /// Exit code.
    pub exit_code: Option<i32>,
    /// The end of standard output.
    pub stdout_excerpt: Option<String>,
    /// The end of standard error.
    pub stderr_excerpt: Option<String>,
    /// What became of each update.
    pub update_results: Vec<UpdateResultRecord>,
    /// Length of the whole log.
    pub log_bytes: Option<u64>,
}

/// What became of one update.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateResultRecord {
    /// Its key.
    pub key: String,
    /// Its title.
    pub title: String,
    /// How it ended.
    pub outcome: UpdateOutcome,
    /// Windows: the result code.
    pub result_code: Option<i32>,
    /// Windows: the HRESULT.
    pub hresult: Option<String>,
    /// Why, where no code says it.
    #[serde(default)]
    pub reason: Option<ReasonCode>,
    /// Whether it waits for a restart.
    pub restart_required: bool,
}

/// How a task ended.
#[derive(Debug, Clone, Default)]
pub struct TaskResult {
    /// Why.
    pub reason: Option<ReasonCode>,
    /// The system's own code for that.
    pub reason_detail: Option<String>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// Exit code.
    pub exit_code: Option<i32>,
    /// The end of standard output.
    pub stdout_excerpt: String,
    /// The end of standard error.
    pub stderr_excerpt: String,
    /// What became of each update.
    pub update_results: Vec<UpdateResultRecord>,
}

/// Which tasks.
#[derive(Debug, Clone, Default)]
pub struct TaskFilter {
    /// Of this device.
    pub device_id: Option<DeviceId>,
    /// Of this action.
    pub action_id: Option<ActionId>,
    /// In one of these states; empty is any.
    pub states: Vec<TaskState>,
    /// Of this kind.
    pub kind: Option<ActionKind>,
}

/// The states of tasks that have not ended, for statements. The partial index `tasks_open` uses the
/// same words.
pub(crate) const OPEN: &str = "state IN ('queued', 'delivered', 'waiting_for_window', 'running')";

const SELECT: &str = "SELECT k.*, d.hostname FROM tasks k
    JOIN devices d ON d.tenant_id = k.tenant_id AND d.id = k.device_id WHERE ";

impl TaskRecord {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: TaskId(row.uuid("id")?),
            tenant_id: TenantId(row.uuid("tenant_id")?),
            action_id: ActionId(row.uuid("action_id")?),
            device_id: DeviceId(row.uuid("device_id")?),
            hostname: row.text("hostname")?,
            kind: row.name("kind")?,
            parameters: row.json("parameters")?,
            when: row.json("run_when")?,
            deadline_at: row.optional_time("deadline_at")?,
            state: row.name("state")?,
            reason: row.optional_name("reason")?,
            reason_detail: row.optional_text("reason_detail")?,
            created_at: row.time("created_at")?,
            created_by_name: row.text("created_by_name")?,
            created_by_kind: row.name("created_by_kind")?,
            delivered_at: row.optional_time("delivered_at")?,
            waiting_until: row.optional_time("waiting_until")?,
            waits_for: row.optional_name("waits_for")?,
            breaks_windows: row.integer("breaks_windows")? == 1,
            started_at: row.optional_time("started_at")?,
            finished_at: row.optional_time("finished_at")?,
            cancel_requested_at: row.optional_time("cancel_requested_at")?,
            exit_code: row.optional_small("exit_code")?,
            stdout_excerpt: row.optional_text("stdout_excerpt")?,
            stderr_excerpt: row.optional_text("stderr_excerpt")?,
            update_results: row.optional_json("update_results")?.unwrap_or_default(),
            log_bytes: row.optional_count("log_bytes")?,
        })
    }
}

impl AcknowledgedTask {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: TaskId(row.uuid("id")?),
            action_id: ActionId(row.uuid("action_id")?),
            parameters: row.json("parameters")?,
        })
    }
}

impl PendingTask {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: TaskId(row.uuid("id")?),
            sequence: row.count("sequence")?,
            parameters: row.json("parameters")?,
            when: row.json("run_when")?,
            deadline_at: row.optional_time("deadline_at")?,
            timeout_seconds: u32::try_from(row.count("timeout_seconds")?).unwrap_or(u32::MAX),
            created_by_name: row.text("created_by_name")?,
            created_by_kind: row.name("created_by_kind")?,
        })
    }
}

impl Store {
    /// What waits for a device whose agent has every task up to a sequence.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn waiting_tasks(
        &self,
        tenant: TenantId,
        device: DeviceId,
        (after, now): (u64, Timestamp),
    ) -> Result<WaitingTasks, StoreError> {
        let rows = self
            .all(
                &Scope::one(tenant),
                sql!(
                    &format!(
                        "SELECT id, action_id, sequence, cancel_requested_at, deadline_at FROM tasks
                     WHERE device_id = $1 AND tenant_id = $2 AND {OPEN} ORDER BY sequence"
                    ),
                    device.0,
                    tenant.0
                ),
            )
            .await?;
        let mut waiting = WaitingTasks::default();
        for row in &rows {
            let id = TaskId(row.uuid("id")?);
            let beyond = row.count("sequence")? > after;
            let deadline = row.optional_time("deadline_at")?;
            let cancelled = row.optional_integer("cancel_requested_at")?.is_some();
            let state = match (beyond, cancelled) {
                (true, true) => TaskState::Cancelled,
                (true, false) if deadline.is_some_and(|deadline| deadline <= now) => {
                    TaskState::Expired
                }
                (true, false) => {
                    waiting.beyond += 1;
                    continue;
                }
                (false, true) => {
                    waiting.cancelled.push(id);
                    continue;
                }
                (false, false) => continue,
            };
            waiting.never_arrived.push(NeverArrived {
                id,
                action_id: ActionId(row.uuid("action_id")?),
                state,
            });
        }
        Ok(waiting)
    }

    /// Tasks in scope that match, newest first unless said otherwise.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn tasks(
        &self,
        scope: &Scope,
        filter: &TaskFilter,
        direction: Direction,
        page: &PageRequest,
    ) -> Result<Page<TaskRecord>, StoreError> {
        let mut sql = Sql::new(SELECT);
        sql.within("k.tenant_id", scope);
        push_filter(&mut sql, filter);
        page.continue_sql(&mut sql, "k.created_at", "k.id", direction);
        let rows = self.all(scope, sql).await?;
        let items: Result<Vec<_>, _> = rows.iter().map(TaskRecord::read).collect();
        Ok(Page::new(items?, page.limit, |task| Cursor {
            key: SortKey::Number(milliseconds(task.created_at)),
            id: task.id.0,
        }))
    }

    /// How many tasks in scope match.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn count_tasks(&self, scope: &Scope, filter: &TaskFilter) -> Result<u64, StoreError> {
        let mut sql = Sql::new("SELECT COUNT(*) AS total FROM tasks k WHERE ");
        sql.within("k.tenant_id", scope);
        push_filter(&mut sql, filter);
        self.one(scope, sql)
            .await?
            .map_or(Ok(0), |row| row.count("total"))
    }

    /// One task.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn task(&self, scope: &Scope, id: TaskId) -> Result<Option<TaskRecord>, StoreError> {
        let mut sql = Sql::new(SELECT);
        sql.push("k.id = ")
            .bind(id.0)
            .push(" AND ")
            .within("k.tenant_id", scope);
        self.one(scope, sql)
            .await?
            .as_ref()
            .map(TaskRecord::read)
            .transpose()
    }
}

impl Transaction {
    /// Hands out the tasks of a device beyond a sequence that have not ended. From then on the
    /// agent may have them: a cancellation has to wait for its word.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn offer_tasks(
        &self,
        tenant: TenantId,
        device: DeviceId,
        after: u64,
        now: Timestamp,
    ) -> Result<Vec<PendingTask>, StoreError> {
        let rows = self
            .all(sql!(
                &format!(
                    "UPDATE tasks SET offered_at = COALESCE(offered_at, $4)
                     WHERE tenant_id = $1 AND device_id = $2 AND sequence > $3 AND {OPEN}
                       AND cancel_requested_at IS NULL
                       AND (deadline_at IS NULL OR deadline_at > $4) RETURNING *"
                ),
                tenant.0,
                device.0,
                crate::row::number(after),
                milliseconds(now)
            ))
            .await?;
        let mut tasks: Vec<_> = rows
            .iter()
            .map(PendingTask::read)
            .collect::<Result<_, _>>()?;
        tasks.sort_unstable_by_key(|task| task.sequence);
        Ok(tasks)
    }

    /// Where a task of a device stands, held until the transaction ends; with its action.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn task_standing(
        &self,
        scope: &Scope,
        id: TaskId,
    ) -> Result<Option<TaskStanding>, StoreError> {
        let mut sql = Sql::new(
            "SELECT state, kind, action_id, device_id, tenant_id, offered_at, cancel_reason
             FROM tasks WHERE id = ",
        );
        sql.bind(id.0)
            .push(" AND ")
            .within("tenant_id", scope)
            .push(self.for_update());
        self.one(sql)
            .await?
            .map(|row| {
                Ok(TaskStanding {
                    state: row.name("state")?,
                    kind: row.name("kind")?,
                    action_id: ActionId(row.uuid("action_id")?),
                    device_id: DeviceId(row.uuid("device_id")?),
                    tenant_id: TenantId(row.uuid("tenant_id")?),
                    offered: row.optional_integer("offered_at")?.is_some(),
                    cancel_reason: row.optional_name("cancel_reason")?,
                })
            })
            .transpose()
    }

    /// Marks the device's queued tasks up to a sequence as delivered; which ones.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn acknowledge_tasks(
        &self,
        tenant: TenantId,
        device: DeviceId,
        up_to: u64,
        now: Timestamp,
    ) -> Result<Vec<AcknowledgedTask>, StoreError> {
        let rows = self
            .all(sql!(
                "UPDATE tasks SET state = 'delivered', delivered_at = $4
                 WHERE tenant_id = $1 AND device_id = $2 AND sequence <= $3 AND state = 'queued'
                 RETURNING id, action_id, parameters",
                tenant.0,
                device.0,
                crate::row::number(up_to),
                milliseconds(now)
            ))
            .await?;
        rows.iter().map(AcknowledgedTask::read).collect()
    }

    /// A task that its agent proves to have on its disk by something else than an acknowledgement.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn acknowledged_task(
        &self,
        tenant: TenantId,
        id: TaskId,
    ) -> Result<Option<AcknowledgedTask>, StoreError> {
        let row = self
            .one(sql!(
                "SELECT id, action_id, parameters FROM tasks WHERE tenant_id = $1 AND id = $2",
                tenant.0,
                id.0
            ))
            .await?;
        row.as_ref().map(AcknowledgedTask::read).transpose()
    }

    /// Whether a task of the device runs that installs updates.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn is_installing(
        &self,
        tenant: TenantId,
        device: DeviceId,
    ) -> Result<bool, StoreError> {
        let row = self
            .one(sql!(
                &format!(
                    "SELECT 1 AS found FROM tasks WHERE tenant_id = $1 AND device_id = $2
                        AND {OPEN} AND state = 'running' AND kind = 'install_updates' LIMIT 1"
                ),
                tenant.0,
                device.0
            ))
            .await?;
        Ok(row.is_some())
    }

    /// Notes that the agent waits.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_task_waiting(
        &self,
        tenant: TenantId,
        id: TaskId,
        at: Timestamp,
        until: Option<Timestamp>,
        waits_for: Option<WaitReason>,
    ) -> Result<(), StoreError> {
        self.execute(sql!(
            "UPDATE tasks SET state = 'waiting_for_window', waiting_until = $3, waits_for = $5,
                delivered_at = COALESCE(delivered_at, $4) WHERE tenant_id = $1 AND id = $2",
            tenant.0,
            id.0,
            optional_milliseconds(until),
            milliseconds(at),
            waits_for.as_ref().map(variant_name),
        ))
        .await?;
        Ok(())
    }

    /// Notes that the task began.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_task_running(
        &self,
        tenant: TenantId,
        id: TaskId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.execute(sql!(
            "UPDATE tasks SET state = 'running', started_at = COALESCE(started_at, $3),
                delivered_at = COALESCE(delivered_at, $3), waiting_until = NULL,
                waits_for = NULL
             WHERE tenant_id = $1 AND id = $2",
            tenant.0,
            id.0,
            milliseconds(at)
        ))
        .await?;
        Ok(())
    }

    /// Keeps how the task ended.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn finish_task(
        &self,
        tenant: TenantId,
        id: TaskId,
        state: TaskState,
        at: Timestamp,
        result: &TaskResult,
    ) -> Result<(), StoreError> {
        let updates = &result.update_results;
        self.execute(sql!(
            "UPDATE tasks SET state = $3, finished_at = $4, reason_detail = $6,
                started_at = COALESCE(started_at, $7), exit_code = $8, stdout_excerpt = $9,
                stderr_excerpt = $10, update_results = $11, waiting_until = NULL,
                waits_for = NULL,
                reason = CASE WHEN $5 = 'cancelled_by_operator' THEN COALESCE(cancel_reason, $5)
                    ELSE $5 END
             WHERE tenant_id = $1 AND id = $2",
            tenant.0,
            id.0,
            variant_name(&state),
            milliseconds(at),
            result.reason.as_ref().map(variant_name),
            result.reason_detail.as_deref(),
            optional_milliseconds(result.started_at),
            result.exit_code.map(i64::from),
            result.stdout_excerpt.as_str(),
            result.stderr_excerpt.as_str(),
            (!updates.is_empty()).then(|| to_json(updates)),
        ))
        .await?;
        Ok(())
    }

    /// Notes that a person wants the task cancelled, or why it is taken back where no person does it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn request_cancellation(
        &self,
        tenant: TenantId,
        id: TaskId,
        now: Timestamp,
        reason: Option<ReasonCode>,
    ) -> Result<(), StoreError> {
        self.execute(sql!(
            "UPDATE tasks SET cancel_requested_at = COALESCE(cancel_requested_at, $3),
                cancel_reason = $4
             WHERE tenant_id = $1 AND id = $2",
            tenant.0,
            id.0,
            milliseconds(now),
            reason.as_ref().map(variant_name),
        ))
        .await?;
        Ok(())
    }
}

fn push_filter(sql: &mut Sql, filter: &TaskFilter) {
    if let Some(device) = filter.device_id {
        sql.push(" AND k.device_id = ").bind(device.0);
    }
    if let Some(action) = filter.action_id {
        sql.push(" AND k.action_id = ").bind(action.0);
    }
    if !filter.states.is_empty() {
        let states = filter.states.iter().map(|state| state.name());
        sql.push(" AND k.state IN (").bind_all(states).push(")");
    }
    if let Some(kind) = filter.kind {
        sql.push(" AND k.kind = ").bind(kind.name());
    }
}
