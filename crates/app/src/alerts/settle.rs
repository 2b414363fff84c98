//! What becomes of a tenant's alerts by what stands now.

use latarnik_model::{AlertCause, AlertId, AlertKind, AlertSubject, DeviceId};
use latarnik_store::{AlertFact, StandingAlert};
use std::collections::HashMap;

/// What is to be written.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Settlement {
    /// What has no alert yet.
    pub(super) raise: Vec<AlertFact>,
    /// Alerts whose cause shows otherwise than before.
    pub(super) refresh: Vec<(AlertId, AlertCause)>,
    /// Alerts whose cause is gone.
    pub(super) close: Vec<AlertId>,
}

impl Settlement {
    pub(super) fn is_empty(&self) -> bool {
        self.raise.is_empty() && self.refresh.is_empty() && self.close.is_empty()
    }
}

type Subject = (AlertKind, Option<DeviceId>, AlertSubject);

fn subject(device: Option<DeviceId>, cause: &AlertCause) -> Subject {
    (cause.kind(), device, cause.subject())
}

/// Compares the alerts that are not closed with what stands.
pub(super) fn settle(standing: Vec<StandingAlert>, facts: Vec<AlertFact>) -> Settlement {
    let mut settlement = Settlement::default();
    let mut open: HashMap<Subject, StandingAlert> = standing
        .into_iter()
        .map(|alert| (subject(alert.device_id, &alert.cause), alert))
        .collect();
    for fact in facts {
        match open.remove(&subject(fact.device_id, &fact.cause)) {
            Some(alert) if happened_anew(&alert, &fact) => {
                settlement.close.push(alert.id);
                settlement.raise.push(fact);
            }
            Some(alert) if fact.raises && alert.cause != fact.cause => {
                settlement.refresh.push((alert.id, fact.cause));
            }
            Some(_) => {}
            None if fact.raises => settlement.raise.push(fact),
            None => {}
        }
    }
    settlement
        .close
        .extend(open.into_values().map(|alert| alert.id));
    settlement.close.sort_unstable();
    settlement
}

/// A rollout that somebody let go on may be stopped again before anybody looks.
fn happened_anew(alert: &StandingAlert, fact: &AlertFact) -> bool {
    alert.cause.kind() == AlertKind::RolloutStopped && alert.since != fact.since
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use latarnik_model::RolloutId;
    use uuid::Uuid;

    fn device(number: u128) -> Option<DeviceId> {
        Some(DeviceId(Uuid::from_u128(number)))
    }

    fn overdue(device_id: Option<DeviceId>, updates: u64) -> AlertFact {
        AlertFact {
            device_id,
            since: Timestamp::UNIX_EPOCH,
            cause: AlertCause::UpdateOverdue {
                updates,
                titles: Vec::new(),
            },
            raises: true,
        }
    }

    fn alert(number: u128, fact: &AlertFact) -> StandingAlert {
        StandingAlert {
            id: AlertId(Uuid::from_u128(number)),
            device_id: fact.device_id,
            cause: fact.cause.clone(),
            since: fact.since,
        }
    }

    #[test]
    fn what_stands_already_changes_nothing() {
        let fact = overdue(device(1), 2);
        assert!(settle(vec![alert(9, &fact)], vec![fact]).is_empty());
    }

    #[test]
    fn each_device_is_a_subject_of_its_own() {
        let (one, two) = (overdue(device(1), 1), overdue(device(2), 1));
        let settlement = settle(vec![alert(9, &one)], vec![two.clone()]);
        assert_eq!(settlement.raise, [two]);
        assert_eq!(settlement.close, [AlertId(Uuid::from_u128(9))]);
    }

    #[test]
    fn a_cause_that_shows_otherwise_is_the_same_alert() {
        let (before, after) = (overdue(device(1), 1), overdue(device(1), 2));
        let settlement = settle(vec![alert(9, &before)], vec![after.clone()]);
        assert_eq!(
            settlement.refresh,
            [(AlertId(Uuid::from_u128(9)), after.cause)]
        );
        assert!(settlement.raise.is_empty() && settlement.close.is_empty());
    }

    #[test]
    fn what_is_tried_again_keeps_its_alert_as_it_was_and_raises_none() {
        let failed = overdue(device(1), 1);
        let tried_again = AlertFact {
            raises: false,
            ..overdue(device(1), 2)
        };
        let held = settle(vec![alert(9, &failed)], vec![tried_again.clone()]);
        assert!(held.is_empty());
        assert!(settle(Vec::new(), vec![tried_again]).is_empty());
    }

    #[test]
    fn a_rollout_that_is_stopped_again_is_a_new_alert() {
        let stopped = |second| AlertFact {
            device_id: None,
            since: Timestamp::from_second(second).unwrap(),
            cause: AlertCause::RolloutStopped {
                rollout_id: RolloutId(Uuid::from_u128(1)),
                update_id: latarnik_model::UpdateId(Uuid::from_u128(2)),
                title: String::new(),
                kb: None,
                ring: 1,
                failed_devices: 2,
            },
            raises: true,
        };
        let settlement = settle(vec![alert(9, &stopped(1))], vec![stopped(2)]);
        assert_eq!(settlement.raise, [stopped(2)]);
        assert_eq!(settlement.close, [AlertId(Uuid::from_u128(9))]);
    }
}
