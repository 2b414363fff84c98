//! Tasks, as people see them.

use crate::{
    App, AppError, Context, Problem, Progress,
    context::{Done, Mutation, Target},
    events::Event,
    listing::check_page,
    tenants::narrowed,
};
use latarnik_model::{Permission, ReasonCode, TaskId, TaskState, TenantId};
use latarnik_store::{
    Direction, KeyKind, Page, PageRequest, StoreError, TaskFilter, TaskLog, TaskRecord, TaskResult,
};

const CANCEL: Mutation = Mutation {
    permission: Some(Permission::CancelTasks),
    action: "cancel_task",
    target_kind: "task",
};

/// Reads a log piece by piece.
pub struct TaskLogReader {
    app: App,
    log: TaskLog,
    position: u64,
}

impl TaskLogReader {
    /// Length of the whole log.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.log.bytes
    }

    /// The next piece; `None` after the last.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        let chunk = self
            .app
            .store()
            .task_log_chunk(&self.log, self.position)
            .await?;
        self.position += 1;
        Ok(chunk)
    }
}

impl App {
    /// A page of the tasks that the caller may see.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub async fn list_tasks(
        &self,
        context: &Context,
        tenant: Option<TenantId>,
        filter: &TaskFilter,
        direction: Direction,
        page: &PageRequest,
    ) -> Result<Page<TaskRecord>, AppError> {
        context.authorize(Permission::ReadDevices)?;
        check_page(page, KeyKind::Number)?;
        let scope = narrowed(&context.scope, tenant);
        Ok(self.store().tasks(&scope, filter, direction, page).await?)
    }

    /// How many tasks the caller may see match.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub async fn count_tasks(
        &self,
        context: &Context,
        tenant: Option<TenantId>,
        filter: &TaskFilter,
    ) -> Result<u64, AppError> {
        context.authorize(Permission::ReadDevices)?;
        Ok(self
            .store()
            .count_tasks(&narrowed(&context.scope, tenant), filter)
            .await?)
    }

    /// One task.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn read_task(&self, context: &Context, id: TaskId) -> Result<TaskRecord, AppError> {
        context.authorize(Permission::ReadDevices)?;
        Ok(self
            .store()
            .task(&context.scope, id)
            .await?
            .ok_or(Problem::NotFound)?)
    }

    /// How far a running task is, as last heard.
    #[must_use]
    pub fn task_progress(&self, task: &TaskRecord) -> Option<Progress> {
        if task.state == TaskState::Running {
            self.progress().get(task.id)
        } else {
            None
        }
    }

    /// The whole log of a task.
    ///
    /// # Errors
    /// [`Problem::NotFound`], [`Problem::NoLog`].
    pub async fn read_task_log(
        &self,
        context: &Context,
        id: TaskId,
    ) -> Result<TaskLogReader, AppError> {
        self.read_task(context, id).await?;
        let log = self
            .store()
            .task_log(&context.scope, id)
            .await?
            .ok_or(Problem::NoLog)?;
        Ok(TaskLogReader {
            app: self.clone(),
            log,
            position: 0,
        })
    }

    /// Cancels a task: at once if its agent cannot have it yet, otherwise as soon as the agent
    /// answers.
    ///
    /// # Errors
    /// [`Problem::NotFound`], [`Problem::TaskAlreadyFinished`].
    pub async fn cancel_task(&self, context: &Context, id: TaskId) -> Result<TaskRecord, AppError> {
        let standing = self
            .mutate(context, &CANCEL, async |transaction| {
                let now = self.now();
                let mut standing = transaction
                    .task_standing(&context.scope, id)
                    .await?
                    .ok_or(Problem::NotFound)?;
                if standing.state.is_final() {
                    return Err(Problem::TaskAlreadyFinished.into());
                }
                let tenant = standing.tenant_id;
                transaction
                    .request_cancellation(tenant, id, now, None)
                    .await?;
                if !standing.offered {
                    standing.state = TaskState::Cancelled;
                    let result = TaskResult {
                        reason: Some(ReasonCode::CancelledByOperator),
                        ..TaskResult::default()
                    };
                    transaction
                        .finish_task(tenant, id, standing.state, now, &result)
                        .await?;
                }
                let target = Target {
                    name: None,
                    ..Target::new(tenant, id, "")
                };
                Ok(Done::to(target, standing))
            })
            .await?;
        self.events().publish(Event::TasksWaiting {
            device_ids: [standing.device_id].into(),
        });
        self.action_board()
            .note(standing.action_id, standing.tenant_id);
        self.events().publish(Event::TaskChanged {
            task_id: id,
            device_id: standing.device_id,
            action_id: standing.action_id,
            tenant_id: standing.tenant_id,
            state: standing.state,
        });
        self.read_task(context, id).await
    }
}
