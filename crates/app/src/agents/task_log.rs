//! The whole log of a task, as it arrives.

use super::{AgentError, AgentIdentity};
use crate::{App, Event};
use latarnik_model::{Scope, TaskId};
use latarnik_store::TaskLogChunk;
use uuid::Uuid;

/// Length of a stored piece, in bytes.
const CHUNK_BYTES: usize = 256 * 1024;
/// Longest log, in bytes.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// Writes a log piece by piece. Dropped before [`TaskLogWriter::finish`], it leaves the task's log
/// as it was.
pub struct TaskLogWriter {
    app: App,
    agent: AgentIdentity,
    task: TaskId,
    upload: Uuid,
    position: u64,
    bytes: u64,
    pending: Vec<u8>,
}

/// Begins a task's log.
///
/// # Errors
/// [`AgentError::TaskUnknown`] if the device has no such task.
pub async fn begin_task_log(
    app: &App,
    agent: &AgentIdentity,
    task: TaskId,
) -> Result<TaskLogWriter, AgentError> {
    let known = app.store().task(&Scope::one(agent.tenant_id), task).await?;
    if known.is_none_or(|known| known.device_id != agent.device_id) {
        return Err(AgentError::TaskUnknown);
    }
    let upload = TaskId::generate(app.now(), &app.ids()).0;
    Ok(TaskLogWriter {
        app: app.clone(),
        agent: *agent,
        task,
        upload,
        position: 0,
        bytes: 0,
        pending: Vec::new(),
    })
}

impl TaskLogWriter {
    /// Takes more of the log.
    ///
    /// # Errors
    /// [`AgentError::TooLarge`] beyond the limit.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), AgentError> {
        self.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if self.bytes > MOST_BYTES {
            return Err(AgentError::TooLarge);
        }
        self.pending.extend_from_slice(bytes);
        while self.pending.len() >= CHUNK_BYTES {
            let rest = self.pending.split_off(CHUNK_BYTES);
            let chunk = std::mem::replace(&mut self.pending, rest);
            self.store(chunk).await?;
        }
        Ok(())
    }

    /// Makes what was written the task's log.
    ///
    /// # Errors
    /// [`AgentError::Unavailable`].
    pub async fn finish(mut self) -> Result<(), AgentError> {
        if !self.pending.is_empty() {
            let chunk = std::mem::take(&mut self.pending);
            self.store(chunk).await?;
        }
        let tenant = self.agent.tenant_id;
        let transaction = self.app.store().begin(&Scope::one(tenant)).await?;
        let standing = transaction
            .task_standing(&Scope::one(tenant), self.task)
            .await?;
        let standing = standing.ok_or(AgentError::TaskUnknown)?;
        transaction
            .finish_task_log(tenant, self.task, self.upload, self.bytes)
            .await?;
        transaction.commit().await?;
        self.app.events().publish(Event::TaskChanged {
            task_id: self.task,
            device_id: standing.device_id,
            action_id: standing.action_id,
            tenant_id: standing.tenant_id,
            state: standing.state,
        });
        Ok(())
    }

    async fn store(&mut self, content: Vec<u8>) -> Result<(), AgentError> {
        let chunk = TaskLogChunk {
            tenant_id: self.agent.tenant_id,
            task_id: self.task,
            upload_id: self.upload,
            position: self.position,
            content,
        };
        self.position += 1;
        Ok(self.app.store().insert_task_log_chunk(chunk).await?)
    }
}
