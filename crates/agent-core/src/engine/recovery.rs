//! What becomes of tasks that an earlier process began and did not end.

use super::{execution, outcome, restart, runner, shared::Shared};
use crate::state::{JournalEntry, Stage, Start};
use latarnik_model::{ActionKind, ReasonCode, TaskState};
use std::sync::Arc;

/// Ends each of them: nothing that began is begun again.
pub(super) async fn run(shared: &Arc<Shared>) {
    let begun = shared.queue().begun();
    for entry in begun {
        let Stage::Running(start) = &entry.stage else {
            continue;
        };
        match entry.task.parameters.kind() {
            ActionKind::Restart => {
                let Some(outcome) = restart::resume(shared, &entry, start).await else {
                    return;
                };
                runner::finish(shared, entry.id, outcome).await;
            }
            ActionKind::InstallUpdates => interrupted_installation(shared, &entry, start).await,
            ActionKind::Scan => interrupted(shared, &entry, start).await,
        }
    }
}

/// A machine that went down during an installation (perhaps because of it) may look quite
/// different now: the server learns that first.
async fn interrupted_installation(shared: &Arc<Shared>, entry: &JournalEntry, start: &Start) {
    if shared.ports.machine.boot_id() != start.boot_id {
        execution::scan_unasked(shared).await;
    }
    interrupted(shared, entry, start).await;
}

async fn interrupted(shared: &Arc<Shared>, entry: &JournalEntry, start: &Start) {
    tracing::warn!(task_id = %entry.id, "a task was interrupted");
    let outcome = outcome::interrupted(start.at, outcome::Interruption::Stop);
    debug_assert_eq!(
        (outcome.state, outcome.reason),
        (TaskState::Failed, Some(ReasonCode::Interrupted))
    );
    runner::finish(shared, entry.id, outcome).await;
}
