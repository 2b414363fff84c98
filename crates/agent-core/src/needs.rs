//! How much time work needs, learned from what it took before.
//!
//! Kept are the last five figures of each kind; the largest counts. Nothing learned yet counts as
//! fifteen minutes for an update and five for a restart, to which its delay is added. An
//! installation begins when one update fits behind the search that comes before it: the others
//! follow while there is room, in this window or the next.

use jiff::SignedDuration;
use latarnik_model::{TaskParameters, WorkNeeds};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Figures that count.
const KEPT: usize = 5;
const DEFAULT_UPDATE: SignedDuration = SignedDuration::from_mins(15);
const DEFAULT_RESTART: SignedDuration = SignedDuration::from_mins(5);
/// What was quick five times may be slower the sixth.
const SHORTEST: SignedDuration = SignedDuration::from_mins(1);
/// A figure beyond it says something else than how long work takes.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A part of work whose time is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// From the beginning of an installation to its first update: the search, mostly.
    BeforeUpdates,
    /// One update of an installation that succeeded: the longest of them.
    Update,
    /// From asking for a restart to the agent's next start.
    Restart,
}

/// What work needs, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Needs {
    before_updates: Vec<u64>,
    update: Vec<u64>,
    restart: Vec<u64>,
}

impl Needs {
    /// Learns how long something took.
    pub fn learn(&mut self, part: Part, took: Duration) {
        if took > LONGEST {
            return;
        }
        let figures = match part {
            Part::BeforeUpdates => &mut self.before_updates,
            Part::Update => &mut self.update,
            Part::Restart => &mut self.restart,
        };
        figures.push(took.as_secs());
        let surplus = figures.len().saturating_sub(KEPT);
        figures.drain(..surplus);
    }

    /// One more update of an installation that runs.
    #[must_use]
    pub fn of_update(&self) -> SignedDuration {
        largest(&self.update).map_or(DEFAULT_UPDATE, |known| known.max(SHORTEST))
    }

    /// The installation of an update that is downloaded: no more than is known for sure.
    #[must_use]
    pub const fn of_downloaded_update() -> SignedDuration {
        SHORTEST
    }

    /// A restart, from asking for it on.
    #[must_use]
    pub fn of_restart(&self) -> SignedDuration {
        largest(&self.restart).map_or(DEFAULT_RESTART, |known| known.max(SHORTEST))
    }

    /// What there has to be room for when a task begins.
    #[must_use]
    pub fn to_begin(&self, parameters: &TaskParameters) -> SignedDuration {
        self.in_all().to_begin(parameters)
    }

    /// What the server is told: by it, it says what does not fit.
    #[must_use]
    pub fn in_all(&self) -> WorkNeeds {
        let before = largest(&self.before_updates).unwrap_or_default();
        let update = self.of_update().saturating_add(before);
        let seconds = |need: SignedDuration| need.as_secs().unsigned_abs();
        WorkNeeds::new(seconds(update), seconds(self.of_restart()))
    }
}

fn largest(seconds: &[u64]) -> Option<SignedDuration> {
    let largest = seconds.iter().copied().max()?;
    Some(SignedDuration::from_secs(
        i64::try_from(largest).unwrap_or(i64::MAX),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use latarnik_model::RestartDelay;

    const INSTALL: TaskParameters = TaskParameters::InstallUpdates {
        update_keys: None,
        categories: None,
    };

    #[test]
    fn the_largest_of_the_last_five_counts() {
        let mut needs = Needs::default();
        assert_eq!(needs.to_begin(&INSTALL), SignedDuration::from_mins(15));
        for minutes in [50, 4, 20, 6, 8, 9] {
            needs.learn(Part::Update, Duration::from_secs(minutes * 60));
        }
        assert_eq!(needs.of_update(), SignedDuration::from_mins(20));
        needs.learn(Part::BeforeUpdates, Duration::from_secs(5 * 60));
        assert_eq!(needs.to_begin(&INSTALL), SignedDuration::from_mins(25));
    }

    #[test]
    fn a_restart_needs_its_delay_too() {
        let restart = |minutes| TaskParameters::Restart {
            delay_minutes: RestartDelay::try_from(minutes).unwrap(),
            postponements: None,
            if_pending: false,
        };
        let mut needs = Needs::default();
        assert_eq!(needs.to_begin(&restart(30)), SignedDuration::from_mins(35));
        needs.learn(Part::Restart, Duration::from_secs(120));
        assert_eq!(needs.to_begin(&restart(0)), SignedDuration::from_mins(3));
    }

    #[test]
    fn what_is_no_measure_of_work_is_not_learned() {
        let mut needs = Needs::default();
        needs.learn(Part::Update, LONGEST + Duration::from_secs(1));
        assert_eq!(needs, Needs::default());
    }
}
