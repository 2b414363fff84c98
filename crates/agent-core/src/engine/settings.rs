//! The machine's source of updates, set as the server wants it.

use super::shared::Shared;
use crate::UpdateSettings;
use jiff::{SignedDuration, Timestamp};

/// After a failure: Windows may have to reach a server of Microsoft's for what is asked of it.
const RETRY_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// What of the wanted settings stands. Only the runner has one, so that nothing is set while a task
/// or a scan uses what is set.
pub(super) struct Settings {
    /// As the latest search may have found them.
    searched: UpdateSettings,
    applied: Option<UpdateSettings>,
    failed: Option<(UpdateSettings, Timestamp)>,
}

impl Settings {
    /// What an earlier run of the agent was told.
    pub(super) fn kept(shared: &Shared) -> Self {
        Self {
            searched: shared.config.borrow().updates.clone().unwrap_or_default(),
            applied: None,
            failed: None,
        }
    }

    /// Sets what is wanted, once after every start of the agent and whenever it changes. A server
    /// that says nothing wants nothing changed. Whether a search finds something else now.
    pub(super) async fn apply(&mut self, shared: &Shared) -> bool {
        let Some(wanted) = shared.config.borrow().updates.clone() else {
            return false;
        };
        let now = shared.clock.machine_now();
        if self.applied.as_ref() == Some(&wanted) || self.must_wait(&wanted, now) {
            return false;
        }
        let (updates, settings) = (shared.ports.updates.clone(), wanted.clone());
        let applied = tokio::task::spawn_blocking(move || updates.apply(&settings)).await;
        match applied {
            Ok(Ok(())) => {
                tracing::info!(?wanted, "the source of updates is set");
                let changed = self.searched.microsoft_update != wanted.microsoft_update
                    || self.searched.title_languages != wanted.title_languages;
                self.searched = wanted.clone();
                self.applied = Some(wanted);
                self.failed = None;
                changed
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "the source of updates cannot be set; trying again later");
                self.failed = Some((wanted, now));
                false
            }
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    fn must_wait(&self, wanted: &UpdateSettings, now: Timestamp) -> bool {
        self.failed.as_ref().is_some_and(|(failed, at)| {
            failed == wanted && now.duration_since(*at).abs() < RETRY_AFTER
        })
    }
}
