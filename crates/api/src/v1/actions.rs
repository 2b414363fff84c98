//! What operators ask for.

pub(super) mod cancel;
pub(super) mod create;
pub(super) mod list;
pub(super) mod outlook;
pub(super) mod read;
mod when;

use super::{devices::Allowed, tasks::Choice};
use crate::instant::{Instant, optional};
use latarnik_app::{Action as AppAction, ActionRecord, Context, FailureCount};
use latarnik_model::{
    ActionId, ActionKind, CreatorKind, Permission, ReasonCode, TaskState, UpdateCategory, When,
};
use serde::Serialize;
use utoipa::ToSchema;

/// An action, as far as the caller may see of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActionSummary {
    id: ActionId,
    kind: ActionKind,
    when: When,
    /// Latest time for its tasks to begin.
    deadline: Option<Instant>,
    created_at: Instant,
    /// Who asked for it, by name.
    created_by: String,
    created_by_kind: CreatorKind,
    /// For `install_updates`: how many chosen ones; null is everything offered, or all of
    /// `categories`.
    update_count: Option<usize>,
    /// For `install_updates`: the chosen categories; null is any.
    categories: Option<Vec<UpdateCategory>>,
    /// For `restart`.
    delay_minutes: Option<u16>,
    /// How many tasks it has.
    tasks_total: u64,
    tasks: TasksByState,
    /// How many of them a person knowingly let run outside of maintenance windows, or in a blackout.
    tasks_breaking_windows: u64,
    /// How many of a hundred tasks have ended; 100 only when all have.
    percent: u8,
}

/// An action and how it goes, as far as the caller may see of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Action {
    #[serde(flatten)]
    summary: ActionSummary,
    /// When the first task began.
    started_at: Option<Instant>,
    /// When the last task ended; null while one is open.
    ended_at: Option<Instant>,
    /// Why tasks failed or expired, the most frequent first.
    failures: Vec<Failures>,
    can: ActionAbilities,
}

/// How many tasks are in each state.
#[derive(Debug, Serialize, ToSchema)]
struct TasksByState {
    queued: u64,
    delivered: u64,
    waiting_for_window: u64,
    running: u64,
    succeeded: u64,
    failed: u64,
    cancelled: u64,
    expired: u64,
}

/// How many tasks ended badly for one reason.
#[derive(Debug, Serialize, ToSchema)]
struct Failures {
    /// `failed` or `expired`.
    state: TaskState,
    reason_code: Option<ReasonCode>,
    count: u64,
}

/// What the caller may do with the action now.
#[derive(Debug, Serialize, ToSchema)]
struct ActionAbilities {
    cancel: Allowed,
}

impl From<FailureCount> for Failures {
    fn from(failures: FailureCount) -> Self {
        let FailureCount {
            state,
            reason,
            count,
        } = failures;
        Self {
            state,
            reason_code: reason,
            count,
        }
    }
}

impl From<ActionRecord> for ActionSummary {
    fn from(action: ActionRecord) -> Self {
        let count = |state| action.tasks.get(&state).copied().unwrap_or(0);
        let total: u64 = action.tasks.values().sum();
        let ended = action.tasks.iter().filter(|(state, _)| state.is_final());
        let ended: u64 = ended.map(|(_, count)| count).sum();
        let percent = (ended * 100).checked_div(total).unwrap_or(100);
        let kind = action.parameters.kind();
        let choice = Choice::from(action.parameters);
        Self {
            id: action.id,
            kind,
            when: action.when,
            deadline: optional(action.deadline_at),
            created_at: action.created_at.into(),
            created_by: action.created_by.name,
            created_by_kind: action.created_by.kind,
            update_count: choice.update_keys.map(|keys| keys.len()),
            categories: choice.categories,
            delay_minutes: choice.delay_minutes,
            tasks_total: total,
            tasks_breaking_windows: action.breaking_windows,
            tasks: TasksByState {
                queued: count(TaskState::Queued),
                delivered: count(TaskState::Delivered),
                waiting_for_window: count(TaskState::WaitingForWindow),
                running: count(TaskState::Running),
                succeeded: count(TaskState::Succeeded),
                failed: count(TaskState::Failed),
                cancelled: count(TaskState::Cancelled),
                expired: count(TaskState::Expired),
            },
            percent: u8::try_from(percent).unwrap_or(100),
        }
    }
}

impl Action {
    /// The action as the caller sees it.
    fn new(context: &Context, action: AppAction) -> Self {
        let ended_at = action.ended_at();
        let is_open = action.record.tasks.keys().any(|state| !state.is_final());
        let refusal = if !context.may(Permission::CancelTasks) {
            Some("forbidden")
        } else if !is_open {
            Some("action_already_finished")
        } else {
            None
        };
        Self {
            summary: action.record.into(),
            started_at: optional(action.course.started_at),
            ended_at: optional(ended_at),
            failures: action.course.failures.into_iter().map(Into::into).collect(),
            can: ActionAbilities {
                cancel: Allowed {
                    allowed: refusal.is_none(),
                    reason: refusal,
                },
            },
        }
    }
}
