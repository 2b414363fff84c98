//! Whole logs of tasks, in pieces.

use crate::{
    Store, StoreError, Transaction,
    row::number,
    sql::{Sql, sql},
};
use latarnik_model::{Scope, TaskId, TenantId};
use uuid::Uuid;

/// One piece of an upload.
#[derive(Debug, Clone)]
pub struct TaskLogChunk {
    /// The task's tenant.
    pub tenant_id: TenantId,
    /// The task.
    pub task_id: TaskId,
    /// The upload.
    pub upload_id: Uuid,
    /// Its place, from 0.
    pub position: u64,
    /// The piece itself.
    pub content: Vec<u8>,
}

/// A finished log.
#[derive(Debug, Clone)]
pub struct TaskLog {
    tenant_id: TenantId,
    task_id: TaskId,
    upload_id: Uuid,
    /// Its length.
    pub bytes: u64,
}

impl Store {
    /// Keeps one piece. It shows only after [`Transaction::finish_task_log`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn insert_task_log_chunk(&self, chunk: TaskLogChunk) -> Result<(), StoreError> {
        self.execute(
            &Scope::one(chunk.tenant_id),
            sql!(
                "INSERT INTO task_log_chunks (tenant_id, task_id, upload_id, position, content)
             VALUES ($1, $2, $3, $4, $5)",
                chunk.tenant_id.0,
                chunk.task_id.0,
                chunk.upload_id,
                number(chunk.position),
                chunk.content,
            ),
        )
        .await?;
        Ok(())
    }

    /// The finished log of a task.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn task_log(
        &self,
        scope: &Scope,
        task: TaskId,
    ) -> Result<Option<TaskLog>, StoreError> {
        let mut sql = Sql::new(
            "SELECT tenant_id, log_upload_id, log_bytes FROM tasks
             WHERE log_upload_id IS NOT NULL AND id = ",
        );
        sql.bind(task.0).push(" AND ").within("tenant_id", scope);
        let row = self.one(scope, sql).await?;
        row.map(|row| {
            Ok(TaskLog {
                tenant_id: TenantId(row.uuid("tenant_id")?),
                task_id: task,
                upload_id: row.uuid("log_upload_id")?,
                bytes: row.count("log_bytes")?,
            })
        })
        .transpose()
    }

    /// One piece of a finished log; `None` after the last.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn task_log_chunk(
        &self,
        log: &TaskLog,
        position: u64,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let row = self
            .one(
                &Scope::one(log.tenant_id),
                sql!(
                    "SELECT content FROM task_log_chunks
                 WHERE tenant_id = $1 AND task_id = $2 AND upload_id = $3 AND position = $4",
                    log.tenant_id.0,
                    log.task_id.0,
                    log.upload_id,
                    number(position)
                ),
            )
            .await?;
        row.map(|row| row.bytes("content")).transpose()
    }
}

impl Transaction {
    /// Makes an upload the task's log, in place of an earlier one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn finish_task_log(
        &self,
        tenant: TenantId,
        task: TaskId,
        upload: Uuid,
        bytes: u64,
    ) -> Result<(), StoreError> {
        self.execute(sql!(
            "UPDATE tasks SET log_upload_id = $3, log_bytes = $4 WHERE tenant_id = $1 AND id = $2",
            tenant.0,
            task.0,
            upload,
            number(bytes)
        ))
        .await?;
        self.execute(sql!(
            "DELETE FROM task_log_chunks
             WHERE tenant_id = $1 AND task_id = $2 AND upload_id <> $3",
            tenant.0,
            task.0,
            upload
        ))
        .await?;
        Ok(())
    }
}
