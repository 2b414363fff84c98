//! From what a port gave back to what the server is told.

use crate::{InstallReport, UpdateError, state::Earlier};
use jiff::Timestamp;
use latarnik_model::{ReasonCode, TaskState, UpdateOutcome};
use latarnik_protocol::{Inventory, OutputExcerpt, TaskOutcome, UpdateResult, limits};
use std::collections::BTreeSet;

/// Who asked a running task to end early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interruption {
    /// A person, in the console.
    Operator,
    /// Its time limit.
    Timeout,
    /// The agent itself stops.
    Stop,
}

impl Interruption {
    const fn ending(self) -> (TaskState, ReasonCode) {
        match self {
            Self::Operator => (TaskState::Cancelled, ReasonCode::CancelledByOperator),
            Self::Timeout => (TaskState::Failed, ReasonCode::TimedOut),
            Self::Stop => (TaskState::Failed, ReasonCode::Interrupted),
        }
    }
}

/// The end of a task that never began.
pub(super) fn unstarted(state: TaskState, reason: ReasonCode) -> TaskOutcome {
    TaskOutcome {
        state,
        reason: Some(reason),
        reason_detail: None,
        started_at: None,
        exit_code: None,
        output: OutputExcerpt::default(),
        updates: Vec::new(),
        scan: None,
        boot_id: None,
    }
}

/// The end of a task that began, without more to say.
pub(super) fn ended(
    started_at: Timestamp,
    state: TaskState,
    reason: Option<ReasonCode>,
) -> TaskOutcome {
    TaskOutcome {
        state,
        reason,
        reason_detail: None,
        started_at: Some(started_at),
        exit_code: Some(i32::from(state != TaskState::Succeeded)),
        output: OutputExcerpt::default(),
        updates: Vec::new(),
        scan: None,
        boot_id: None,
    }
}

/// The end of a task whose call was asked to end and gave nothing back that counts.
pub(super) fn interrupted(started_at: Timestamp, by: Interruption) -> TaskOutcome {
    let (state, reason) = by.ending();
    TaskOutcome {
        exit_code: None,
        ..ended(started_at, state, Some(reason))
    }
}

/// The end of a task whose call failed.
pub(super) fn failed(
    started_at: Timestamp,
    error: UpdateError,
    interruption: Option<Interruption>,
) -> TaskOutcome {
    let base = match interruption {
        Some(by) => interrupted(started_at, by),
        None => ended(started_at, TaskState::Failed, Some(error.reason)),
    };
    TaskOutcome {
        reason_detail: error.detail,
        exit_code: error.exit_code.or(base.exit_code),
        output: shortened(error.output),
        ..base
    }
}

/// The end of an installation that was attempted, judged by what became of each update.
pub(super) fn installed(
    started_at: Timestamp,
    report: InstallReport,
    interruption: Option<Interruption>,
) -> TaskOutcome {
    let (state, reason) = judge(&report, interruption);
    let reason_detail = report
        .updates
        .iter()
        .filter(|update| is_failure(update, interruption))
        .find_map(|update| update.hresult.clone());
    TaskOutcome {
        reason_detail,
        exit_code: report
            .exit_code
            .or(Some(i32::from(state != TaskState::Succeeded))),
        output: shortened(report.output),
        updates: report.updates,
        ..ended(started_at, state, reason)
    }
}

/// What became of the updates of an installation that went down with the agent or the machine, by
/// what was noted of them and by what a search offers since; `None` if that search failed.
pub(super) fn recovered(
    noted: Vec<UpdateResult>,
    offered: Option<&Inventory>,
    restarted: bool,
) -> Vec<UpdateResult> {
    let keys: Option<BTreeSet<&str>> = offered.map(|offered| {
        offered
            .updates()
            .map(|update| update.key.as_str())
            .collect()
    });
    noted
        .into_iter()
        .map(|update| {
            let offered = keys.as_ref().map(|keys| keys.contains(update.key.as_str()));
            recovered_one(update, offered, restarted)
        })
        .collect()
}

fn recovered_one(mut update: UpdateResult, offered: Option<bool>, restarted: bool) -> UpdateResult {
    let claimed = update.outcome == UpdateOutcome::Installed;
    let waits = update.restart_required && !restarted;
    let (outcome, reason) = match (update.outcome, offered) {
        (UpdateOutcome::Installed, _) if waits => (UpdateOutcome::Installed, None),
        (UpdateOutcome::Installed | UpdateOutcome::Unconfirmed, Some(false)) => {
            (UpdateOutcome::Installed, None)
        }
        (UpdateOutcome::Installed, Some(true)) if update.restart_required => {
            (UpdateOutcome::Failed, Some(ReasonCode::RolledBack))
        }
        (UpdateOutcome::Installed, Some(true)) => {
            (UpdateOutcome::Failed, Some(ReasonCode::StillOffered))
        }
        // Without a restart its installer may still be at work: a later search tells.
        (UpdateOutcome::Unconfirmed, Some(true)) if restarted => {
            (UpdateOutcome::Failed, Some(ReasonCode::Interrupted))
        }
        (UpdateOutcome::Installed | UpdateOutcome::Unconfirmed, _) => {
            (UpdateOutcome::Unconfirmed, Some(ReasonCode::Interrupted))
        }
        (UpdateOutcome::Failed | UpdateOutcome::Downloaded, Some(false)) => {
            (UpdateOutcome::Superseded, None)
        }
        (other, _) => (other, update.reason),
    };
    update.outcome = outcome;
    update.reason = reason;
    update.restart_required = claimed && waits;
    update
}

/// The end of a task that began, and was taken back while it waited for another window.
pub(super) fn broken_off(outcome: TaskOutcome, earlier: &Earlier) -> TaskOutcome {
    TaskOutcome {
        started_at: Some(earlier.started_at),
        boot_id: Some(earlier.boot_id.clone()),
        updates: earlier
            .updates
            .iter()
            .chain(&earlier.left)
            .cloned()
            .collect(),
        ..outcome
    }
}

/// What became of the updates of all parts of an installation: of those before `earlier` tells,
/// of the last `updates` does. What earlier parts left and the last does not name has not begun.
///
/// Between two parts the machine may have restarted; `offered` is what a search found since.
pub(super) fn with_earlier(
    earlier: Option<&Earlier>,
    updates: Vec<UpdateResult>,
    (boot_id, offered): (&str, Option<&Inventory>),
) -> Vec<UpdateResult> {
    let Some(earlier) = earlier else {
        return updates;
    };
    let restarted = earlier.boot_id != boot_id;
    let is_offered =
        |key: &str| offered.map(|offered| offered.updates().any(|update| update.key == key));
    let mut all: Vec<UpdateResult> = earlier
        .updates
        .iter()
        .cloned()
        .map(|update| match restarted {
            true => after_restart(is_offered(&update.key), update),
            false => update,
        })
        .collect();
    let named: BTreeSet<&str> = updates.iter().map(|update| update.key.as_str()).collect();
    let unnamed = earlier.left.iter().cloned();
    all.extend(
        unnamed
            .filter(|left| !named.contains(left.key.as_str()))
            .map(|left| not_begun(is_offered(&left.key), left)),
    );
    all.extend(updates);
    all
}

/// What waited on the device and did not come to its turn has not failed.
fn not_begun(offered: Option<bool>, mut update: UpdateResult) -> UpdateResult {
    if update.outcome == UpdateOutcome::Downloaded {
        update.outcome = match offered {
            Some(false) => UpdateOutcome::Superseded,
            Some(true) | None => UpdateOutcome::Skipped,
        };
    }
    update
}

/// What waited for the restart is judged by a search after it.
fn after_restart(offered: Option<bool>, mut update: UpdateResult) -> UpdateResult {
    if update.outcome == UpdateOutcome::Installed && update.restart_required {
        match offered {
            Some(true) => {
                update.outcome = UpdateOutcome::Failed;
                update.reason = Some(ReasonCode::RolledBack);
                update.restart_required = false;
            }
            Some(false) => update.restart_required = false,
            None => {}
        }
    }
    update
}

/// The end of an installation that was asked to end and goes on without the agent: what is known of
/// its updates is what was noted of them.
pub(super) fn left_behind(
    started_at: Timestamp,
    noted: Vec<UpdateResult>,
    by: Interruption,
) -> TaskOutcome {
    TaskOutcome {
        updates: recovered(noted, None, false),
        ..interrupted(started_at, by)
    }
}

/// The end of an installation that went down with the agent or the machine. One that was complete
/// nevertheless is a success.
pub(super) fn interrupted_installation(
    started_at: Timestamp,
    updates: Vec<UpdateResult>,
) -> TaskOutcome {
    let complete = updates
        .iter()
        .all(|update| update.outcome == UpdateOutcome::Installed);
    let base = if complete && !updates.is_empty() {
        ended(started_at, TaskState::Succeeded, None)
    } else {
        interrupted(started_at, Interruption::Stop)
    };
    TaskOutcome { updates, ..base }
}

fn judge(
    report: &InstallReport,
    interruption: Option<Interruption>,
) -> (TaskState, Option<ReasonCode>) {
    let any = |wanted| {
        let mut updates = report.updates.iter();
        updates.any(|update| update.outcome == wanted)
    };
    let skipped = any(UpdateOutcome::Skipped);
    let left = skipped || any(UpdateOutcome::Downloaded);
    if report.updates.iter().any(|u| is_failure(u, interruption)) {
        return (TaskState::Failed, Some(ReasonCode::InstallerFailed));
    }
    match interruption {
        Some(by) if left || report.updates.is_empty() => {
            let (state, reason) = by.ending();
            (state, Some(reason))
        }
        _ if report.exit_code.is_some_and(|code| code != 0) => {
            (TaskState::Failed, Some(ReasonCode::PackageManagerFailed))
        }
        _ if report.updates.is_empty() => {
            (TaskState::Succeeded, Some(ReasonCode::NothingToInstall))
        }
        _ if any(UpdateOutcome::Unconfirmed) => {
            (TaskState::Succeeded, Some(ReasonCode::Unconfirmed))
        }
        _ if skipped || any(UpdateOutcome::Superseded) => {
            (TaskState::Succeeded, Some(ReasonCode::UpdateNotOffered))
        }
        _ => (TaskState::Succeeded, None),
    }
}

/// What is downloaded and not installed is one, unless somebody asked the task to end.
const fn is_failure(update: &UpdateResult, interruption: Option<Interruption>) -> bool {
    match update.outcome {
        UpdateOutcome::Failed => true,
        UpdateOutcome::Downloaded => interruption.is_none(),
        _ => false,
    }
}

fn shortened(output: OutputExcerpt) -> OutputExcerpt {
    OutputExcerpt {
        stdout: end_of(output.stdout),
        stderr: end_of(output.stderr),
    }
}

/// The last bytes within the limit, without half a character at the cut.
fn end_of(text: String) -> String {
    let start = text.len().saturating_sub(limits::OUTPUT_EXCERPT_BYTES);
    if start == 0 {
        return text;
    }
    let start = (start..text.len()).find(|&index| text.is_char_boundary(index));
    start
        .and_then(|start| text.get(start..))
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn update(outcome: UpdateOutcome) -> UpdateResult {
        UpdateResult {
            key: "key".to_owned(),
            title: "title".to_owned(),
            outcome,
            result_code: None,
            hresult: None,
            reason: None,
            restart_required: false,
        }
    }

    fn report(outcomes: &[UpdateOutcome], exit_code: Option<i32>) -> InstallReport {
        InstallReport {
            updates: outcomes.iter().copied().map(update).collect(),
            left: Vec::new(),
            exit_code,
            output: OutputExcerpt::default(),
            remaining: Ok(Vec::new()),
        }
    }

    #[test]
    fn one_failed_update_fails_the_task_whatever_the_exit_code() {
        let report = report(&[UpdateOutcome::Installed, UpdateOutcome::Failed], Some(0));
        let expected = (TaskState::Failed, Some(ReasonCode::InstallerFailed));
        assert_eq!(judge(&report, None), expected);
    }

    #[test]
    fn what_went_down_with_the_machine_is_judged_by_what_is_offered_since() {
        use UpdateOutcome::{Downloaded, Failed, Installed, Skipped, Superseded, Unconfirmed};
        let told = |outcome, restart_required| UpdateResult {
            restart_required,
            ..update(outcome)
        };
        let reason = Some;
        for (noted, restart_required, offered, restarted, expected, because) in [
            (Skipped, false, Some(true), true, Skipped, None),
            (Unconfirmed, false, Some(false), true, Installed, None),
            (
                Unconfirmed,
                false,
                Some(true),
                true,
                Failed,
                reason(ReasonCode::Interrupted),
            ),
            (
                Unconfirmed,
                false,
                Some(true),
                false,
                Unconfirmed,
                reason(ReasonCode::Interrupted),
            ),
            (
                Unconfirmed,
                false,
                None,
                true,
                Unconfirmed,
                reason(ReasonCode::Interrupted),
            ),
            (Installed, false, Some(false), false, Installed, None),
            (
                Installed,
                false,
                Some(true),
                false,
                Failed,
                reason(ReasonCode::StillOffered),
            ),
            (
                Installed,
                false,
                None,
                false,
                Unconfirmed,
                reason(ReasonCode::Interrupted),
            ),
            (Installed, true, Some(true), false, Installed, None),
            (Installed, true, Some(false), true, Installed, None),
            (
                Installed,
                true,
                Some(true),
                true,
                Failed,
                reason(ReasonCode::RolledBack),
            ),
            (Failed, false, Some(true), true, Failed, None),
            (Failed, false, Some(false), true, Superseded, None),
            (Downloaded, false, Some(true), true, Downloaded, None),
        ] {
            let judged = recovered_one(told(noted, restart_required), offered, restarted);
            let case = format!("{noted:?} {restart_required} {offered:?} {restarted}");
            assert_eq!(
                (judged.outcome, judged.reason),
                (expected, because),
                "{case}"
            );
            let waits = noted == Installed && restart_required && !restarted;
            assert_eq!(judged.restart_required, waits, "{case}");
        }
    }

    #[test]
    fn nothing_offered_is_a_success_that_says_so() {
        let expected = (TaskState::Succeeded, Some(ReasonCode::NothingToInstall));
        assert_eq!(judge(&report(&[], None), None), expected);
    }

    #[test]
    fn a_cancellation_that_came_too_late_leaves_a_success() {
        let report = report(&[UpdateOutcome::Installed], Some(0));
        let expected = (TaskState::Succeeded, None);
        assert_eq!(judge(&report, Some(Interruption::Operator)), expected);
    }

    #[test]
    fn a_cancelled_installation_is_cancelled_when_something_was_left_out() {
        let report = report(&[UpdateOutcome::Installed, UpdateOutcome::Skipped], Some(0));
        let expected = (TaskState::Cancelled, Some(ReasonCode::CancelledByOperator));
        assert_eq!(judge(&report, Some(Interruption::Operator)), expected);
    }

    #[test]
    fn what_was_downloaded_when_the_task_was_cancelled_has_not_failed() {
        let report = report(&[UpdateOutcome::Installed, UpdateOutcome::Downloaded], None);
        for (by, expected) in [
            (
                Some(Interruption::Operator),
                (TaskState::Cancelled, Some(ReasonCode::CancelledByOperator)),
            ),
            (
                Some(Interruption::Timeout),
                (TaskState::Failed, Some(ReasonCode::TimedOut)),
            ),
            (None, (TaskState::Failed, Some(ReasonCode::InstallerFailed))),
        ] {
            assert_eq!(judge(&report, by), expected, "{by:?}");
        }
    }

    #[test]
    fn an_installer_that_does_not_listen_leaves_its_update_unconfirmed() {
        let noted = vec![
            update(UpdateOutcome::Installed),
            update(UpdateOutcome::Unconfirmed),
            update(UpdateOutcome::Skipped),
        ];
        let outcome = left_behind(Timestamp::UNIX_EPOCH, noted, Interruption::Timeout);
        assert_eq!(
            (outcome.state, outcome.reason),
            (TaskState::Failed, Some(ReasonCode::TimedOut))
        );
        let outcomes: Vec<_> = outcome.updates.iter().map(|u| u.outcome).collect();
        use UpdateOutcome::{Skipped, Unconfirmed};
        assert_eq!(outcomes, [Unconfirmed, Unconfirmed, Skipped]);
    }

    #[test]
    fn an_error_of_the_package_manager_is_not_hidden() {
        let report = report(&[UpdateOutcome::Installed], Some(100));
        let expected = (TaskState::Failed, Some(ReasonCode::PackageManagerFailed));
        assert_eq!(judge(&report, None), expected);
    }

    proptest! {
        #[test]
        fn an_excerpt_is_the_end_of_the_text_within_the_limit(text in "[a-zż€]{0,6000}") {
            let end = end_of(text.clone());
            prop_assert!(end.len() <= limits::OUTPUT_EXCERPT_BYTES);
            prop_assert!(text.ends_with(&end));
            prop_assert!(end.len() + 4 > text.len().min(limits::OUTPUT_EXCERPT_BYTES));
        }
    }
}
