//! What apt's failures mean, and what became of each package.

use super::listing::{Listing, Offer};
use latarnik_agent_core::{OutputExcerpt, UpdateError, UpdateResult};
use latarnik_model::{ReasonCode, UpdateOutcome};
use std::collections::BTreeSet;

use crate::process::{self, Finished};

/// What apt says (in English, which its environment makes it speak) and what that means. The first
/// that matches counts.
const MEANINGS: [(&str, ReasonCode); 17] = [
    ("Could not get lock", ReasonCode::PackageManagerLocked),
    (
        "Unable to acquire the dpkg frontend lock",
        ReasonCode::PackageManagerLocked,
    ),
    ("Unable to lock", ReasonCode::PackageManagerLocked),
    ("No space left on device", ReasonCode::DiskFull),
    ("You don't have enough free space", ReasonCode::DiskFull),
    ("are you root?", ReasonCode::AccessDenied),
    ("Permission denied", ReasonCode::AccessDenied),
    (
        "Temporary failure resolving",
        ReasonCode::NetworkUnreachable,
    ),
    ("Could not resolve", ReasonCode::NetworkUnreachable),
    ("Could not connect", ReasonCode::NetworkUnreachable),
    (
        "Cannot initiate the connection",
        ReasonCode::NetworkUnreachable,
    ),
    ("Network is unreachable", ReasonCode::NetworkUnreachable),
    ("Connection failed", ReasonCode::NetworkUnreachable),
    ("Connection timed out", ReasonCode::NetworkUnreachable),
    ("connection timed out", ReasonCode::NetworkUnreachable),
    ("Connection refused", ReasonCode::NetworkUnreachable),
    ("Connection reset", ReasonCode::NetworkUnreachable),
];

/// An older apt ends with 0 although it could not fetch everything.
const INCOMPLETE: &str = "Some index files failed to download";
/// A package manager that was killed left work behind.
const INTERRUPTED: &str = "dpkg was interrupted";

pub(super) fn is_incomplete(finished: &Finished) -> bool {
    finished.output.stderr.contains(INCOMPLETE)
}

pub(super) fn was_interrupted(finished: &Finished) -> bool {
    finished.output.stderr.contains(INTERRUPTED)
}

/// What a failed program means; `otherwise` if it says nothing that is known.
pub(super) fn failure(finished: Finished, otherwise: ReasonCode) -> UpdateError {
    let said = &finished.output.stderr;
    let reason = MEANINGS
        .iter()
        .find(|(words, _)| said.contains(words))
        .map_or(otherwise, |(_, reason)| *reason);
    UpdateError {
        reason,
        detail: finished.exit_code.map(|code| format!("exit code {code}")),
        exit_code: finished.exit_code,
        output: finished.output,
    }
}

/// Whether the failure has one cause for all packages, so that none is to blame.
pub(super) const fn concerns_all(reason: ReasonCode) -> bool {
    matches!(
        reason,
        ReasonCode::PackageManagerLocked
            | ReasonCode::DiskFull
            | ReasonCode::AccessDenied
            | ReasonCode::NetworkUnreachable
    )
}

/// What a program that did not come to its end means.
pub(super) fn not_run(error: &process::Error) -> UpdateError {
    let (reason, output) = match error {
        process::Error::NotFound { .. } => (ReasonCode::Unsupported, None),
        process::Error::TimedOut { output, .. } => (ReasonCode::TimedOut, Some(output.clone())),
        process::Error::Cancelled { .. } => (ReasonCode::CancelledByOperator, None),
        process::Error::Run { .. } => (ReasonCode::AgentError, None),
    };
    UpdateError {
        reason,
        detail: Some(error.to_string()),
        exit_code: None,
        output: output.unwrap_or_default(),
    }
}

/// A failure without a program.
pub(super) fn error(reason: ReasonCode) -> UpdateError {
    UpdateError {
        reason,
        detail: None,
        exit_code: None,
        output: OutputExcerpt::default(),
    }
}

/// The evidence is what apt would do afterwards: a package that it would still upgrade to that
/// version or configure is not installed, whatever the exit code was.
pub(super) fn judge(
    attempted: &[Offer],
    after: Option<&Listing>,
    exit_code: Option<i32>,
    asking_for_restart: &BTreeSet<String>,
) -> Vec<UpdateResult> {
    attempted
        .iter()
        .map(|offer| {
            let outcome = match after {
                Some(listing) => judge_one(offer, listing),
                None if exit_code == Some(0) => UpdateOutcome::Unconfirmed,
                None => UpdateOutcome::Failed,
            };
            let installed = matches!(
                outcome,
                UpdateOutcome::Installed | UpdateOutcome::Unconfirmed
            );
            let contradicted = outcome == UpdateOutcome::Failed && exit_code == Some(0);
            UpdateResult {
                key: offer.key(),
                title: offer.name.clone(),
                outcome,
                result_code: None,
                hresult: None,
                reason: contradicted.then_some(ReasonCode::StillOffered),
                restart_required: installed && asking_for_restart.contains(offer.package()),
            }
        })
        .collect()
}

fn judge_one(offer: &Offer, after: &Listing) -> UpdateOutcome {
    match after.offers.iter().find(|still| still.name == offer.name) {
        None => UpdateOutcome::Installed,
        Some(still) if still.candidate == offer.candidate => UpdateOutcome::Failed,
        // Something newer came in between, on top of this version or instead of it.
        Some(still) if still.installed.as_ref() == Some(&offer.candidate) => {
            UpdateOutcome::Installed
        }
        Some(_) => UpdateOutcome::Superseded,
    }
}

/// What is known once the package manager is at work: one program installs them all.
pub(super) fn begun(chosen: &[Offer]) -> Vec<UpdateResult> {
    let begun = |offer: &Offer| UpdateResult {
        title: offer.name.clone(),
        outcome: UpdateOutcome::Unconfirmed,
        ..skipped(offer.key())
    };
    chosen.iter().map(begun).collect()
}

/// What is known while they are installed one after the other: so many have begun.
pub(super) fn so_far(chosen: &[Offer], begun: usize) -> Vec<UpdateResult> {
    let known = |(position, offer): (usize, &Offer)| UpdateResult {
        outcome: match position < begun {
            true => UpdateOutcome::Unconfirmed,
            false => UpdateOutcome::Skipped,
        },
        ..left(offer)
    };
    chosen.iter().enumerate().map(known).collect()
}

/// An update that the window had no room for. Its package is downloaded, which apt may forget.
pub(super) fn left(offer: &Offer) -> UpdateResult {
    UpdateResult {
        title: offer.name.clone(),
        ..skipped(offer.key())
    }
}

/// A chosen update that is not offered any more.
pub(super) fn skipped(key: String) -> UpdateResult {
    UpdateResult {
        title: key.clone(),
        key,
        outcome: UpdateOutcome::Skipped,
        result_code: None,
        hresult: None,
        reason: None,
        restart_required: false,
    }
}
