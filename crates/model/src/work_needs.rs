//! How much time work needs on a device.

use crate::{MaintenanceAction, TaskParameters};
use jiff::SignedDuration;

/// What there has to be room for in an opening before work begins there, as its agent learned it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkNeeds {
    update_seconds: u32,
    restart_seconds: u32,
}

/// What was quick before may be slower next time.
const SHORTEST_SECONDS: u64 = 60;
/// What takes longer is no measure of work.
const LONGEST_SECONDS: u64 = 2 * 24 * 60 * 60;
/// A restart "now" is told people that long before.
const SHORTEST_DELAY: SignedDuration = SignedDuration::from_mins(1);

impl WorkNeeds {
    /// For beginning an installation, and for a restart beside its delay. A figure below a minute
    /// or beyond two days counts as the nearest that is neither.
    #[must_use]
    pub fn new(update_seconds: u64, restart_seconds: u64) -> Self {
        Self {
            update_seconds: within(update_seconds),
            restart_seconds: within(restart_seconds),
        }
    }

    /// To begin an installation: its search and one update.
    #[must_use]
    pub const fn update_seconds(self) -> u32 {
        self.update_seconds
    }

    /// For a restart, until the agent is back; its delay is not in it.
    #[must_use]
    pub const fn restart_seconds(self) -> u32 {
        self.restart_seconds
    }

    /// What there has to be room for when a task begins.
    #[must_use]
    pub fn to_begin(self, parameters: &TaskParameters) -> SignedDuration {
        match parameters {
            TaskParameters::Scan => SignedDuration::ZERO,
            TaskParameters::InstallUpdates { .. } => seconds(self.update_seconds),
            TaskParameters::Restart { delay_minutes, .. } => {
                let delay = SignedDuration::from_mins(delay_minutes.minutes().into());
                seconds(self.restart_seconds).saturating_add(delay.max(SHORTEST_DELAY))
            }
        }
    }

    /// What there has to be room for when work of a kind begins of which no more is known. `None`
    /// for what nobody has measured.
    #[must_use]
    pub fn of(self, action: MaintenanceAction) -> Option<SignedDuration> {
        match action {
            MaintenanceAction::Update => Some(seconds(self.update_seconds)),
            MaintenanceAction::Restart => {
                Some(seconds(self.restart_seconds).saturating_add(SHORTEST_DELAY))
            }
            MaintenanceAction::Backup => None,
        }
    }
}

fn within(seconds: u64) -> u32 {
    let seconds = seconds.clamp(SHORTEST_SECONDS, LONGEST_SECONDS);
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

fn seconds(seconds: u32) -> SignedDuration {
    SignedDuration::from_secs(seconds.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RestartDelay;

    #[test]
    fn figures_that_measure_no_work_are_brought_to_the_nearest_that_do() {
        let needs = WorkNeeds::new(0, u64::MAX);
        assert_eq!(
            (needs.update_seconds(), needs.restart_seconds()),
            (60, 172_800)
        );
    }

    #[test]
    fn a_restart_needs_the_delay_that_people_get_too() {
        let needs = WorkNeeds::new(900, 300);
        let restart = |minutes| TaskParameters::Restart {
            delay_minutes: RestartDelay::try_from(minutes).unwrap(),
            postponements: None,
            if_pending: false,
        };
        assert_eq!(needs.to_begin(&restart(30)), SignedDuration::from_mins(35));
        assert_eq!(needs.to_begin(&restart(0)), SignedDuration::from_mins(6));
        assert_eq!(
            needs.of(MaintenanceAction::Restart),
            Some(SignedDuration::from_mins(6))
        );
        assert_eq!(needs.to_begin(&TaskParameters::Scan), SignedDuration::ZERO);
        assert_eq!(needs.of(MaintenanceAction::Backup), None);
    }
}
