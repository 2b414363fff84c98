//! What operators ask for.

pub(super) mod create;
pub(super) mod read;
mod when;

use crate::instant::Instant;
use latarnik_app::ActionRecord;
use latarnik_model::{ActionId, ActionKind, TaskState, When};
use serde::Serialize;
use utoipa::ToSchema;

/// An action, as far as the caller may see of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Action {
    id: ActionId,
    kind: ActionKind,
    when: When,
    created_at: Instant,
    /// Who asked for it, by name.
    created_by: String,
    /// How many tasks it has.
    tasks_total: u64,
    tasks: TasksByState,
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

impl From<ActionRecord> for Action {
    fn from(action: ActionRecord) -> Self {
        let count = |state| action.tasks.get(&state).copied().unwrap_or(0);
        Self {
            id: action.id,
            kind: action.kind,
            when: action.when,
            created_at: action.created_at.into(),
            created_by: action.created_by_name.clone(),
            tasks_total: action.tasks.values().sum(),
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
        }
    }
}
