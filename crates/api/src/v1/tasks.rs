//! Tasks: one action on one device.

pub(super) mod cancel;
pub(super) mod list;
pub(super) mod read;
pub(super) mod read_log;

use super::devices::Allowed;
use crate::instant::{Instant, optional};
use latarnik_app::{App, Context, Progress as AppProgress, TaskRecord, UpdateResultRecord};
use latarnik_model::{
    ActionId, ActionKind, CreatorKind, DeviceId, InvalidParameters, Permission, Postponements,
    ReasonCode, TaskId, TaskParameters, TaskState, UpdateCategory, UpdateOutcome, WaitReason, When,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A task with everything that is known of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Task {
    id: TaskId,
    action_id: ActionId,
    device: DeviceReference,
    kind: ActionKind,
    when: When,
    state: TaskState,
    /// Why it ended as it did, or what it waits for.
    reason_code: Option<ReasonCode>,
    /// The system's own code behind the reason.
    reason_detail: Option<String>,
    created_at: Instant,
    /// Latest time to begin.
    deadline: Option<Instant>,
    /// Who asked for it, by name.
    created_by: String,
    created_by_kind: CreatorKind,
    /// When the agent had it on its disk.
    delivered_at: Option<Instant>,
    /// When a waiting task expects to begin.
    waiting_until: Option<Instant>,
    /// What a waiting task waits for, as far as its agent says it.
    waits_for: Option<WaitReason>,
    /// Whether somebody wanted it although it runs outside of maintenance windows or in a blackout.
    breaks_windows: bool,
    started_at: Option<Instant>,
    finished_at: Option<Instant>,
    /// When a person asked to cancel it.
    cancel_requested_at: Option<Instant>,
    exit_code: Option<i32>,
    /// The end of standard output.
    stdout_excerpt: Option<String>,
    /// The end of standard error.
    stderr_excerpt: Option<String>,
    /// Length of the whole log; null while there is none.
    log_bytes: Option<u64>,
    progress: Option<Progress>,
    /// What became of each update.
    updates: Vec<UpdateResult>,
    /// For `install_updates`: the chosen ones; null is everything offered, or all of `categories`.
    update_keys: Option<Vec<String>>,
    /// For `install_updates`: the chosen categories; null is any.
    categories: Option<Vec<UpdateCategory>>,
    /// For `restart`.
    delay_minutes: Option<u16>,
    /// For `restart`: whether the people at the machine may put it off.
    postponements: Option<TaskPostponements>,
    /// For `restart`: whether it is for what other tasks may leave behind, and is not needed if they
    /// leave nothing.
    if_pending: Option<bool>,
    can: TaskAbilities,
}

/// How often the people at the machine may put a restart off, all together, and by how much.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TaskPostponements {
    /// How often.
    #[schema(maximum = 10)]
    most: u8,
    /// By how many minutes each time.
    #[schema(minimum = 5, maximum = 240)]
    minutes: u16,
}

impl TryFrom<TaskPostponements> for Postponements {
    type Error = InvalidParameters;
    fn try_from(written: TaskPostponements) -> Result<Self, InvalidParameters> {
        Self::new(written.most, written.minutes)
    }
}

/// What was chosen, of what each kind has to choose.
#[derive(Default)]
pub(super) struct Choice {
    pub(super) update_keys: Option<Vec<String>>,
    pub(super) categories: Option<Vec<UpdateCategory>>,
    pub(super) delay_minutes: Option<u16>,
    pub(super) postponements: Option<Postponements>,
    pub(super) if_pending: Option<bool>,
}

impl From<TaskParameters> for Choice {
    fn from(parameters: TaskParameters) -> Self {
        match parameters {
            TaskParameters::Scan => Self::default(),
            TaskParameters::InstallUpdates {
                update_keys,
                categories,
            } => Self {
                update_keys,
                categories,
                ..Self::default()
            },
            TaskParameters::Restart {
                delay_minutes,
                postponements,
                if_pending,
            } => Self {
                delay_minutes: Some(delay_minutes.minutes()),
                postponements,
                if_pending: Some(if_pending),
                ..Self::default()
            },
        }
    }
}

impl From<Postponements> for TaskPostponements {
    fn from(postponements: Postponements) -> Self {
        Self {
            most: postponements.most(),
            minutes: postponements.minutes(),
        }
    }
}

/// A device, by name.
#[derive(Debug, Serialize, ToSchema)]
struct DeviceReference {
    id: DeviceId,
    hostname: String,
}

/// How far a running task is.
#[derive(Debug, Serialize, ToSchema)]
struct Progress {
    percent: Option<u8>,
    done: Option<u32>,
    total: Option<u32>,
    /// What it works on.
    current: Option<String>,
    /// When the machine restarts, for a restart that counts down.
    restart_at: Option<Instant>,
    /// How often the people at the machine have put that off.
    postponed: Option<u8>,
}

impl From<AppProgress> for Progress {
    fn from(progress: AppProgress) -> Self {
        let AppProgress {
            percent,
            done,
            total,
            current,
            restart_at,
            postponed,
        } = progress;
        Self {
            percent,
            done,
            total,
            current,
            restart_at: optional(restart_at),
            postponed,
        }
    }
}

/// What became of one update.
#[derive(Debug, Serialize, ToSchema)]
struct UpdateResult {
    key: String,
    title: String,
    outcome: UpdateOutcome,
    /// Windows: the result code.
    result_code: Option<i32>,
    /// Windows: the HRESULT, such as `0x80240017`.
    hresult: Option<String>,
    /// Why it ended so, where no code says it.
    reason_code: Option<ReasonCode>,
    restart_required: bool,
}

impl From<UpdateResultRecord> for UpdateResult {
    fn from(result: UpdateResultRecord) -> Self {
        Self {
            key: result.key,
            title: result.title,
            outcome: result.outcome,
            result_code: result.result_code,
            hresult: result.hresult,
            reason_code: result.reason,
            restart_required: result.restart_required,
        }
    }
}

/// What the caller may do with the task now.
#[derive(Debug, Serialize, ToSchema)]
struct TaskAbilities {
    cancel: Allowed,
}

impl Task {
    /// The task as the caller sees it.
    pub(crate) fn new(app: &App, context: &Context, task: TaskRecord) -> Self {
        let progress = app.task_progress(&task).map(Progress::from);
        let refusal = if !context.may(Permission::CancelTasks) {
            Some("forbidden")
        } else if task.state.is_final() {
            Some("task_already_finished")
        } else if task.cancel_requested_at.is_some() {
            Some("cancellation_requested")
        } else {
            None
        };
        let Choice {
            update_keys,
            categories,
            delay_minutes,
            postponements,
            if_pending,
        } = task.parameters.into();
        Self {
            id: task.id,
            action_id: task.action_id,
            device: DeviceReference {
                id: task.device_id,
                hostname: task.hostname,
            },
            kind: task.kind,
            when: task.when,
            state: task.state,
            reason_code: task.reason,
            reason_detail: task.reason_detail,
            created_at: task.created_at.into(),
            deadline: optional(task.deadline_at),
            created_by: task.created_by_name,
            created_by_kind: task.created_by_kind,
            delivered_at: optional(task.delivered_at),
            waiting_until: optional(task.waiting_until),
            waits_for: task.waits_for.filter(|_| !task.state.is_final()),
            breaks_windows: task.breaks_windows,
            started_at: optional(task.started_at),
            finished_at: optional(task.finished_at),
            cancel_requested_at: optional(task.cancel_requested_at),
            exit_code: task.exit_code,
            stdout_excerpt: task.stdout_excerpt.filter(|text| !text.is_empty()),
            stderr_excerpt: task.stderr_excerpt.filter(|text| !text.is_empty()),
            log_bytes: task.log_bytes,
            progress,
            updates: task
                .update_results
                .into_iter()
                .map(UpdateResult::from)
                .collect(),
            update_keys,
            categories,
            delay_minutes,
            postponements: postponements.map(TaskPostponements::from),
            if_pending,
            can: TaskAbilities {
                cancel: Allowed {
                    allowed: refusal.is_none(),
                    reason: refusal,
                },
            },
        }
    }
}
