//! What becomes of tasks that an earlier process began and did not end.

use super::{execution, outcome, runner, shared::Shared};
use crate::state::{JournalEntry, Stage, Start, State};
use latarnik_model::{ActionKind, ReasonCode, TaskState};
use latarnik_protocol::TaskOutcome;
use std::sync::Arc;

/// Ends each of them: nothing that began is begun again. A restart goes on counting down, in its own
/// loop.
pub(super) async fn run(shared: &Arc<Shared>) {
    let begun = shared.queue().begun();
    for entry in begun {
        let Stage::Running(start) = &entry.stage else {
            continue;
        };
        match entry.task.parameters.kind() {
            ActionKind::Restart => {}
            ActionKind::InstallUpdates => interrupted_installation(shared, &entry, start).await,
            ActionKind::Scan => interrupted(shared, &entry, start).await,
        }
    }
}

/// What became of an installation is seen, not guessed: the agent searches, and judges by that what
/// it had noted. The server learns what is offered before it learns the verdict. Its end is the end
/// of the task, also where its window had parts of it left for another.
async fn interrupted_installation(shared: &Arc<Shared>, entry: &JournalEntry, start: &Start) {
    let id = entry.id;
    let noted = shared
        .insist(move |state: &State| state.installation(id))
        .await;
    let restarted = shared.ports.machine.boot_id() != start.boot_id;
    let scan = match noted.is_empty() && !restarted {
        // Nothing had begun.
        true => None,
        false => execution::scan_unasked(shared).await,
    };
    let offered = match scan {
        Some(_) => {
            shared
                .insist(|state: &State| state.inventories())
                .await
                .current
        }
        None => None,
    };
    let updates = outcome::recovered(noted, offered.as_ref(), restarted);
    let earlier = entry.earlier.as_deref();
    let boot_id = shared.ports.machine.boot_id();
    let updates = outcome::with_earlier(earlier, updates, (&boot_id, offered.as_ref()));
    tracing::warn!(task_id = %id, "an installation was interrupted");
    let began_at = earlier.map_or(start.at, |earlier| earlier.started_at);
    let outcome = TaskOutcome {
        scan,
        ..outcome::interrupted_installation(began_at, updates)
    };
    runner::finish(shared, id, outcome).await;
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
