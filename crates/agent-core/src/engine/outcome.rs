//! From what a port gave back to what the server is told.

use crate::{InstallReport, UpdateError};
use jiff::Timestamp;
use latarnik_model::{ReasonCode, TaskState, UpdateOutcome};
use latarnik_protocol::{OutputExcerpt, TaskOutcome, UpdateResult, limits};

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
        .filter(|update| is_failure(update))
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

fn judge(
    report: &InstallReport,
    interruption: Option<Interruption>,
) -> (TaskState, Option<ReasonCode>) {
    let any = |wanted| {
        let mut updates = report.updates.iter();
        updates.any(|update| update.outcome == wanted)
    };
    let skipped = any(UpdateOutcome::Skipped);
    if report.updates.iter().any(is_failure) {
        return (TaskState::Failed, Some(ReasonCode::InstallerFailed));
    }
    match interruption {
        Some(by) if skipped || report.updates.is_empty() => {
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

const fn is_failure(update: &UpdateResult) -> bool {
    matches!(
        update.outcome,
        UpdateOutcome::Failed | UpdateOutcome::Downloaded
    )
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
