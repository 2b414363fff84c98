//! The ledger of updates: where one update stands on one device, and what it takes to get further.
//!
//! A call that returns proves nothing. An update counts as installed only when a search that came
//! later no longer offers it, and, where a restart was needed, only when that search ran after the
//! restart.

use crate::{ReasonCode, UpdateOutcome};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Where an update stands on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UpdateState {
    /// The latest search offers it.
    Offered,
    /// The device has a task that is to install it.
    Approved,
    /// On the device, not installed.
    Downloaded,
    /// Its installer reported success; no search has confirmed that yet.
    Unconfirmed,
    /// Its installer reported success and needs a restart.
    RestartPending,
    /// A later search no longer offers it: after the restart, if it needed one.
    Installed,
    /// It could not be installed, or a search offers it although its installer reported success.
    Failed,
    /// No longer offered, and not installed by Latarnik: replaced by a newer one, withdrawn, or
    /// installed by somebody else.
    Superseded,
}

/// A step in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerStep {
    /// Where the update stands now.
    pub state: UpdateState,
    /// Why, where the state alone does not say it.
    pub reason: Option<ReasonCode>,
}

/// What a successful search tells about one update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// Whether it is offered.
    pub offered: bool,
    /// Whether the machine has restarted between the installation and the search.
    pub restarted: bool,
    /// Whether a task is at work on the device that may be installing it right now: what it found
    /// out comes with its result.
    pub installing: bool,
}

/// The text names no state of an update.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown state of an update: {0}")]
pub struct UnknownUpdateState(pub String);

impl FromStr for UpdateState {
    type Err = UnknownUpdateState;
    fn from_str(text: &str) -> Result<Self, UnknownUpdateState> {
        Self::ALL
            .into_iter()
            .find(|state| state.name() == text)
            .ok_or_else(|| UnknownUpdateState(text.to_owned()))
    }
}

impl UpdateState {
    /// Every state, in the order of an update's life.
    pub const ALL: [Self; 8] = [
        Self::Offered,
        Self::Approved,
        Self::Downloaded,
        Self::Unconfirmed,
        Self::RestartPending,
        Self::Installed,
        Self::Failed,
        Self::Superseded,
    ];

    /// The name in the API and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Approved => "approved",
            Self::Downloaded => "downloaded",
            Self::Unconfirmed => "unconfirmed",
            Self::RestartPending => "restart_pending",
            Self::Installed => "installed",
            Self::Failed => "failed",
            Self::Superseded => "superseded",
        }
    }

    /// The step that a successful search leads to, if any.
    #[must_use]
    pub const fn seen(self, sighting: Sighting) -> Option<LedgerStep> {
        let Sighting {
            offered,
            restarted,
            installing,
        } = sighting;
        match (self, offered) {
            (Self::Installed | Self::Superseded, true) => step(Self::Offered, None),
            (Self::Unconfirmed, true) if !installing => {
                step(Self::Failed, Some(ReasonCode::StillOffered))
            }
            (Self::RestartPending, true) if restarted => {
                step(Self::Failed, Some(ReasonCode::RolledBack))
            }
            (Self::Unconfirmed, false) => step(Self::Installed, None),
            (Self::RestartPending, false) if restarted => step(Self::Installed, None),
            (Self::Offered | Self::Approved | Self::Downloaded | Self::Failed, false)
                if !installing =>
            {
                step(Self::Superseded, None)
            }
            _ => None,
        }
    }

    /// The step that the attempt to install it leads to, if any. The agent has searched again
    /// before it calls one installed.
    #[must_use]
    pub const fn attempted(
        self,
        outcome: UpdateOutcome,
        restart_required: bool,
        reason: Option<ReasonCode>,
    ) -> Option<LedgerStep> {
        match outcome {
            UpdateOutcome::Installed if restart_required => step(Self::RestartPending, None),
            UpdateOutcome::Installed => step(Self::Installed, None),
            UpdateOutcome::Unconfirmed => step(Self::Unconfirmed, reason),
            UpdateOutcome::Downloaded => step(Self::Downloaded, reason),
            UpdateOutcome::Failed => step(Self::Failed, reason),
            UpdateOutcome::Superseded => step(Self::Superseded, None),
            UpdateOutcome::Skipped => self.released(reason),
        }
    }

    /// The step that the end of a task leads to which never got to this update.
    #[must_use]
    pub const fn released(self, reason: Option<ReasonCode>) -> Option<LedgerStep> {
        match self {
            Self::Approved => step(Self::Offered, reason),
            _ => None,
        }
    }

    /// The step that a task leads to which is to install the update.
    #[must_use]
    pub const fn approved(self) -> Option<LedgerStep> {
        match self {
            Self::Offered | Self::Downloaded | Self::Failed => step(Self::Approved, None),
            _ => None,
        }
    }
}

const fn step(state: UpdateState, reason: Option<ReasonCode>) -> Option<LedgerStep> {
    Some(LedgerStep { state, reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_outcome() -> impl Strategy<Value = UpdateOutcome> {
        prop::sample::select(vec![
            UpdateOutcome::Installed,
            UpdateOutcome::Unconfirmed,
            UpdateOutcome::Downloaded,
            UpdateOutcome::Failed,
            UpdateOutcome::Superseded,
            UpdateOutcome::Skipped,
        ])
    }

    #[derive(Debug, Clone)]
    enum Happening {
        Seen(Sighting),
        Attempted(UpdateOutcome, bool),
        Approved,
        Released,
    }

    fn any_happening() -> impl Strategy<Value = Happening> {
        let sighting = (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
            |(offered, restarted, installing)| {
                Happening::Seen(Sighting {
                    offered,
                    restarted,
                    installing,
                })
            },
        );
        prop_oneof![
            sighting,
            (any_outcome(), any::<bool>()).prop_map(|(o, r)| Happening::Attempted(o, r)),
            Just(Happening::Approved),
            Just(Happening::Released),
        ]
    }

    proptest! {
        /// The rule that the ledger exists for.
        #[test]
        fn installed_always_rests_on_a_search_that_does_not_offer_it(
            happenings in prop::collection::vec(any_happening(), 1..40),
        ) {
            let mut state = UpdateState::Offered;
            for happening in happenings {
                let step = match happening {
                    Happening::Seen(sighting) => state.seen(sighting),
                    Happening::Attempted(outcome, restart) => state.attempted(outcome, restart, None),
                    Happening::Approved => state.approved(),
                    Happening::Released => state.released(None),
                };
                let Some(step) = step else { continue };
                if step.state == UpdateState::Installed {
                    let proven = match happening {
                        Happening::Seen(seen) => {
                            !seen.offered && (seen.restarted || state == UpdateState::Unconfirmed)
                        }
                        Happening::Attempted(outcome, restart) => {
                            outcome == UpdateOutcome::Installed && !restart
                        }
                        Happening::Approved | Happening::Released => false,
                    };
                    prop_assert!(proven, "{:?} after {:?}", state, happening);
                }
                state = step.state;
            }
        }

        #[test]
        fn the_same_search_twice_takes_one_step(
            state in prop::sample::select(UpdateState::ALL.to_vec()),
            offered: bool, restarted: bool, installing: bool,
        ) {
            let sighting = Sighting { offered, restarted, installing };
            if let Some(step) = state.seen(sighting) {
                prop_assert_eq!(step.state.seen(sighting), None);
            }
        }
    }

    fn seen(offered: bool) -> Sighting {
        Sighting {
            offered,
            restarted: false,
            installing: false,
        }
    }

    #[test]
    fn what_is_no_longer_offered_is_superseded_and_not_failed() {
        for state in [
            UpdateState::Offered,
            UpdateState::Approved,
            UpdateState::Downloaded,
            UpdateState::Failed,
        ] {
            let step = state.seen(seen(false)).unwrap();
            assert_eq!((step.state, step.reason), (UpdateState::Superseded, None));
        }
    }

    #[test]
    fn a_promised_success_that_is_still_offered_has_failed() {
        let step = UpdateState::Unconfirmed.seen(seen(true)).unwrap();
        assert_eq!(
            (step.state, step.reason),
            (UpdateState::Failed, Some(ReasonCode::StillOffered))
        );
    }

    #[test]
    fn a_search_before_the_restart_decides_nothing_about_what_waits_for_it() {
        for offered in [true, false] {
            assert_eq!(UpdateState::RestartPending.seen(seen(offered)), None);
        }
        let after = |offered| Sighting {
            restarted: true,
            ..seen(offered)
        };
        let verified = UpdateState::RestartPending.seen(after(false)).unwrap();
        assert_eq!(verified.state, UpdateState::Installed);
        let undone = UpdateState::RestartPending.seen(after(true)).unwrap();
        assert_eq!(
            (undone.state, undone.reason),
            (UpdateState::Failed, Some(ReasonCode::RolledBack))
        );
    }

    #[test]
    fn a_search_during_an_installation_calls_nothing_superseded() {
        let sighting = Sighting {
            installing: true,
            ..seen(false)
        };
        assert_eq!(UpdateState::Approved.seen(sighting), None);
    }

    #[test]
    fn what_was_removed_again_is_offered_again() {
        let step = UpdateState::Installed.seen(seen(true)).unwrap();
        assert_eq!(step.state, UpdateState::Offered);
    }

    #[test]
    fn a_task_that_never_got_to_an_update_gives_it_back() {
        let step = UpdateState::Approved
            .released(Some(ReasonCode::CancelledByOperator))
            .unwrap();
        assert_eq!(step.state, UpdateState::Offered);
        assert_eq!(step.reason, Some(ReasonCode::CancelledByOperator));
        assert_eq!(UpdateState::Failed.released(None), None);
    }
}
