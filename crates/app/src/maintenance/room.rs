//! Whether there is room for work in an opening, by what its agent told that it needs.

use jiff::{SignedDuration, Timestamp};
use latarnik_model::{Blocker, Calendar, Fit, MaintenanceAction, TaskState, When, WorkNeeds};
use latarnik_store::TaskRecord;

/// What there has to be room for before work of a kind begins on a device: the most that one of the
/// tasks needs which wait for a window, or else what such work needs at least. `None` where it is
/// not known.
pub(super) fn needed(
    needs: Option<WorkNeeds>,
    action: MaintenanceAction,
    tasks: &[TaskRecord],
) -> Option<SignedDuration> {
    let needs = needs?;
    let waits = |task: &&TaskRecord| {
        task.when == When::InWindow
            && !matches!(task.state, TaskState::Running)
            && MaintenanceAction::of(task.kind) == Some(action)
    };
    let of_tasks = tasks.iter().filter(waits);
    let most = of_tasks.map(|task| needs.to_begin(&task.parameters)).max();
    most.or_else(|| needs.of(action))
}

/// What keeps work from beginning that needs so much time, if the opening at an instant or the next
/// one is shorter. Where there is none, length is not what is missing.
pub(super) fn too_short(
    calendar: &Calendar<'_>,
    action: MaintenanceAction,
    at: Timestamp,
    need: SignedDuration,
) -> Option<Blocker> {
    let next = calendar.openings(action, at, 1).into_iter().next()?;
    if next.fits(need) {
        return None;
    }
    let end = next.end.filter(|_| next.start <= at);
    Some(Blocker::TooShort {
        needs_seconds: Some(seconds(need)),
        left_seconds: end.map(|end| seconds(end.duration_since(at))),
        fits_at: match calendar.fit(action, at, need) {
            Fit::Later(later) => Some(later),
            Fit::Now { .. } | Fit::Never => None,
        },
    })
}

/// A length in whole seconds; what is longer than anybody measures is as long as can be said.
pub(super) fn seconds(length: SignedDuration) -> u32 {
    u32::try_from(length.as_secs().max(0)).unwrap_or(u32::MAX)
}
