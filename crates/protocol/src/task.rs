//! Tasks on their way to an agent, and what becomes of them.

use jiff::Timestamp;
use latarnik_model::{ReasonCode, TaskId, TaskParameters, UpdateOutcome, WaitReason, When};
use serde::{Deserialize, Serialize};

/// The answer to `GET /agent/tasks?wait={seconds}&after={sequence}`.
///
/// `after` is the highest sequence that the agent has on its disk; it acknowledges every task up to
/// there. The server answers with the tasks beyond it, at once if there are any, and otherwise when
/// one arrives or the wait is over.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TaskBatch {
    /// Tasks in the order of their sequence.
    pub tasks: Vec<RawTask>,
    /// Tasks that a person cancelled and that have not ended yet, as far as the server knows.
    #[serde(default)]
    pub cancelled: Vec<TaskId>,
    /// The server's clock.
    pub server_time: Timestamp,
    /// The `ETag` of the configuration as it is now. A poll ends at once when it changes, without
    /// tasks if there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_etag: Option<String>,
}

/// A task as it travels. Its content is read in a second step, so that an agent can refuse one
/// task of a kind that it does not know and run the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RawTask {
    /// The task's id.
    pub id: TaskId,
    /// Counts a device's tasks upwards from 1.
    pub sequence: u64,
    /// Everything else.
    pub body: serde_json::Value,
}

/// What a task asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// What to do.
    #[serde(flatten)]
    pub parameters: TaskParameters,
    /// When it may begin.
    pub when: When,
    /// The latest time to begin; absent means none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// How long it may run, in seconds.
    pub timeout_seconds: u32,
    /// Who asked for it, of a task of which the people at the machine are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<Creator>,
}

/// Who asked for a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Creator {
    /// A person.
    User {
        /// Their name.
        name: String,
    },
    /// A program with a token.
    ApiToken {
        /// The token's name.
        name: String,
    },
    /// Someone with a shell on the server.
    CommandLine,
    /// A policy, by itself.
    Policy,
    /// Something a newer server knows and this program does not.
    #[serde(other)]
    Other,
}

/// A task that this agent cannot run; it is reported as failed with `unknown_task_kind`.
#[derive(Debug, thiserror::Error)]
#[error("the task's content is of a kind that this agent does not know")]
pub struct UnusableTask(#[source] serde_json::Error);

impl RawTask {
    /// A task on its way.
    #[must_use]
    pub fn new(id: TaskId, sequence: u64, task: &Task) -> Self {
        let body = serde_json::to_value(task).expect("a task has only string keys");
        Self { id, sequence, body }
    }

    /// Reads the content.
    ///
    /// # Errors
    /// [`UnusableTask`] if the kind is unknown or a parameter is out of its range.
    pub fn read(&self) -> Result<Task, UnusableTask> {
        Task::deserialize(&self.body).map_err(UnusableTask)
    }
}

/// `POST /agent/task-result`: one step in the life of a task. Repeating it is safe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskReport {
    /// The task.
    pub task_id: TaskId,
    /// When it happened, by the agent's clock.
    pub at: Timestamp,
    /// What happened.
    pub event: TaskEvent,
}

/// A step in the life of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TaskEvent {
    /// The agent waits until it may begin.
    Waiting {
        /// When it expects to begin, if it knows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        /// What it waits for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<WaitReason>,
    },
    /// It began.
    Running,
    /// It goes on. Only the latest matters; a lost one is not repeated.
    Progress(TaskProgress),
    /// It ended.
    Finished(TaskOutcome),
}

/// How far a running task is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskProgress {
    /// 0 to 100, when it can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<u8>,
    /// Steps done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<u32>,
    /// Steps in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u32>,
    /// What it works on, such as an update's title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// When the machine restarts, for a restart that counts down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart_at: Option<Timestamp>,
    /// How often the people at the machine have put that restart off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postponed: Option<u8>,
}

/// How a task ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskOutcome {
    /// `succeeded`, `failed`, `cancelled` or `expired`.
    pub state: latarnik_model::TaskState,
    /// Why, for everything but `succeeded` (where it may tell something too, such as
    /// `nothing_to_install`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReasonCode>,
    /// The system's own code behind the reason, such as `0x80240022`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_detail: Option<String>,
    /// When it began; absent if it never did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// Exit code of the program that it ran, or 0 and 1 where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// The end of what the program said.
    #[serde(default)]
    pub output: OutputExcerpt,
    /// What became of each update of an installation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub updates: Vec<UpdateResult>,
    /// The number of the successful search that judged the installation, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan: Option<u64>,
    /// The start of the machine during which it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot_id: Option<String>,
}

/// The end of a program's output; the whole is in the log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputExcerpt {
    /// The end of standard output.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stdout: String,
    /// The end of standard error.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stderr: String,
}

/// What became of one update.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateResult {
    /// Its key in the inventory.
    pub key: String,
    /// Its title, for people.
    pub title: String,
    /// How it ended, judged by evidence and not by the call's return alone.
    pub outcome: UpdateOutcome,
    /// Windows: the `OperationResultCode` (2 succeeded, 3 succeeded with errors, 4 failed, 5
    /// aborted).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_code: Option<i32>,
    /// Windows: the HRESULT as `0x` and eight digits, when it is not 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hresult: Option<String>,
    /// Why it ended so, where no code says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReasonCode>,
    /// Whether it waits for a restart.
    #[serde(default)]
    pub restart_required: bool,
}

/// The answer to a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskReportResponse {
    /// Whether the server knew it already (or the task had ended otherwise, for example by a
    /// person's cancellation); the agent forgets the report either way.
    pub already_known: bool,
}
