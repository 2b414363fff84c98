//! Rings: an update goes to some devices first, and further when it did well there.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Most rings of a tenant.
pub const MOST_RINGS: usize = 6;
/// Longest time that an update stays in a ring, in hours.
pub const LONGEST_RING_HOURS: u16 = 60 * 24;

/// How updates go from ring to ring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RingPlan {
    /// The rings' names, from the first to the last; 2 to 6.
    pub names: Vec<String>,
    /// Hours that an update stays in a ring at least.
    pub wait_hours: u16,
    /// Of the devices in the ring that are offered it, how many percent must have tried.
    pub attempted_percent: u8,
    /// Of those that tried, how many percent must have it installed.
    pub success_percent: u8,
    /// It is stopped when at least so many devices, and
    pub stop_failed_devices: u16,
    /// at least so many percent of those that tried, failed.
    pub stop_failed_percent: u8,
}

/// Where an update stands in a tenant's rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rollout {
    /// The ring that it has reached, counted from 1.
    pub ring: u8,
    /// Since when.
    pub since: Timestamp,
    /// Whether it goes on.
    pub state: RolloutState,
    /// Failures that do not count any more: somebody let it go on in spite of them.
    pub forgiven: u32,
}

/// Whether an update goes on to further rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RolloutState {
    /// By itself, when it does well.
    Running,
    /// Too many devices failed. It goes on when somebody says so.
    StoppedByFailures,
    /// Somebody stopped it.
    StoppedByPerson,
    /// It has reached the last ring.
    Complete,
}

/// What became of an update on the devices of one ring.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RingResults {
    /// Devices in the ring, whatever they are offered.
    pub devices: u32,
    /// Of them, those that are or were offered it.
    pub offered: u32,
    /// Of those, where it is installed.
    pub installed: u32,
    /// Of those, where it failed.
    pub failed: u32,
}

impl RingPlan {
    /// The number of the last ring.
    #[must_use]
    pub fn last(&self) -> u8 {
        u8::try_from(self.names.len()).unwrap_or(u8::MAX)
    }

    /// The ring of a device whose policy names this one; the last where none is named, or one that
    /// is not there.
    #[must_use]
    pub fn ring_of(&self, named: Option<u8>) -> u8 {
        let last = self.last();
        named
            .filter(|ring| (1..=last).contains(ring))
            .unwrap_or(last)
    }

    /// Where an update begins.
    #[must_use]
    pub fn begin(&self, now: Timestamp) -> Rollout {
        Rollout {
            ring: 1,
            since: now,
            state: RolloutState::Running,
            forgiven: 0,
        }
    }

    /// The next step of an update, by what became of it in each ring, from the first; `None` while
    /// it stays where it is.
    #[must_use]
    pub fn advance(
        &self,
        rollout: Rollout,
        results: &[RingResults],
        now: Timestamp,
    ) -> Option<Rollout> {
        if rollout.state != RolloutState::Running {
            return None;
        }
        let reached = || results.iter().take(rollout.ring.into());
        let sum = |count: fn(&RingResults) -> u32| reached().map(count).sum::<u32>();
        let failed = sum(|r| r.failed).saturating_sub(rollout.forgiven);
        if self.has_failed(sum(|r| r.installed), failed) {
            return Some(Rollout {
                state: RolloutState::StoppedByFailures,
                since: now,
                ..rollout
            });
        }
        if rollout.ring >= self.last() {
            return Some(Rollout {
                state: RolloutState::Complete,
                since: now,
                ..rollout
            });
        }
        let mut here = reached().next_back().copied().unwrap_or_default();
        here.failed = here.failed.saturating_sub(rollout.forgiven);
        self.is_done(here, rollout.since, now).then_some(Rollout {
            ring: rollout.ring + 1,
            since: now,
            ..rollout
        })
    }

    fn has_failed(&self, installed: u32, failed: u32) -> bool {
        failed > 0
            && failed >= self.stop_failed_devices.into()
            && reaches(failed, installed + failed, self.stop_failed_percent)
    }

    /// A ring without devices holds nothing up. One whose devices are not offered the update is
    /// given its time: they may only not have searched yet.
    fn is_done(&self, ring: RingResults, since: Timestamp, now: Timestamp) -> bool {
        if ring.devices == 0 {
            return true;
        }
        let waited =
            now.duration_since(since) >= SignedDuration::from_hours(self.wait_hours.into());
        let attempted = ring.installed + ring.failed;
        waited
            && reaches(attempted, ring.offered, self.attempted_percent)
            && reaches(ring.installed, attempted, self.success_percent)
    }
}

/// Whether a part is at least so many percent of a whole; of nothing it is.
fn reaches(part: u32, whole: u32, percent: u8) -> bool {
    u64::from(part) * 100 >= u64::from(whole) * u64::from(percent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plan() -> RingPlan {
        RingPlan {
            names: vec!["pilot".to_owned(), "early".to_owned(), "all".to_owned()],
            wait_hours: 24,
            attempted_percent: 50,
            success_percent: 90,
            stop_failed_devices: 2,
            stop_failed_percent: 20,
        }
    }

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3600).unwrap()
    }

    fn results(devices: u32, offered: u32, installed: u32, failed: u32) -> RingResults {
        RingResults {
            devices,
            offered,
            installed,
            failed,
        }
    }

    fn step(ring: u8, results: &[RingResults], hour: i64) -> Option<(u8, RolloutState)> {
        let rollout = Rollout {
            ring,
            since: at(0),
            state: RolloutState::Running,
            forgiven: 0,
        };
        let step = plan().advance(rollout, results, at(hour))?;
        Some((step.ring, step.state))
    }

    #[test]
    fn an_update_goes_on_when_its_time_is_over_and_it_did_well() {
        let well = [results(10, 10, 9, 1), results(50, 50, 0, 0)];
        assert_eq!(step(1, &well, 23), None, "not before its time");
        assert_eq!(step(1, &well, 24), Some((2, RolloutState::Running)));
        let few_tried = [results(10, 10, 4, 0)];
        assert_eq!(step(1, &few_tried, 500), None);
        let few_succeeded = [results(10, 10, 5, 1)];
        assert_eq!(step(1, &few_succeeded, 500), None);
    }

    #[test]
    fn failures_stop_an_update_at_once_and_only_when_they_are_many() {
        let stopped = RolloutState::StoppedByFailures;
        assert_eq!(step(1, &[results(10, 10, 8, 2)], 1), Some((1, stopped)));
        assert_eq!(step(1, &[results(10, 10, 0, 1)], 1), None, "one is few");
        assert_eq!(step(1, &[results(100, 100, 50, 2)], 1), None);
        let earlier = [results(10, 10, 5, 3), results(10, 10, 1, 0)];
        assert_eq!(step(2, &earlier, 1), Some((2, stopped)), "all rings count");
    }

    #[test]
    fn forgiven_failures_stop_nothing_and_further_ones_do() {
        let rollout = Rollout {
            forgiven: 2,
            ..plan().begin(at(0))
        };
        let state = |failed| {
            let next = plan().advance(rollout, &[results(10, 10, 3, failed)], at(1));
            next.map(|next| next.state)
        };
        assert_eq!(state(2), None);
        assert_eq!(state(4), Some(RolloutState::StoppedByFailures));
    }

    #[test]
    fn a_ring_without_devices_holds_nothing_up_and_one_that_has_not_searched_gets_its_time() {
        assert_eq!(
            step(1, &[results(0, 0, 0, 0)], 0),
            Some((2, RolloutState::Running))
        );
        assert_eq!(step(1, &[results(5, 0, 0, 0)], 23), None);
        assert_eq!(
            step(1, &[results(5, 0, 0, 0)], 24),
            Some((2, RolloutState::Running))
        );
    }

    #[test]
    fn what_has_reached_the_last_ring_is_complete_and_what_is_stopped_stays() {
        let ring = results(5, 5, 0, 0);
        assert_eq!(
            step(3, &[ring, ring, ring], 0),
            Some((3, RolloutState::Complete))
        );
        for state in [
            RolloutState::StoppedByFailures,
            RolloutState::StoppedByPerson,
            RolloutState::Complete,
        ] {
            let rollout = Rollout {
                ring: 1,
                since: at(0),
                state,
                forgiven: 0,
            };
            assert_eq!(
                plan().advance(rollout, &[results(0, 0, 0, 0)], at(900)),
                None
            );
        }
    }

    #[test]
    fn a_ring_that_is_not_there_is_the_last() {
        assert_eq!(plan().ring_of(None), 3);
        assert_eq!(plan().ring_of(Some(2)), 2);
        assert_eq!(plan().ring_of(Some(0)), 3);
        assert_eq!(plan().ring_of(Some(9)), 3);
    }

    proptest! {
        #[test]
        fn an_update_goes_one_ring_at_a_time_and_never_back(
            counts in prop::collection::vec((0u32..20, 0u32..20, 0u32..20, 0u32..20), 3),
            ring in 1u8..=3, hour in 0i64..100,
        ) {
            let results: Vec<_> = counts.into_iter().map(|(a, b, c, d)| results(a, b, c, d)).collect();
            if let Some((next, state)) = step(ring, &results, hour) {
                match state {
                    RolloutState::Running => prop_assert_eq!(next, ring + 1),
                    _ => prop_assert_eq!(next, ring),
                }
                prop_assert!(next <= 3);
            }
        }
    }
}
