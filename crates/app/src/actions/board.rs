//! Actions whose counts have changed, told at most twice a second each.

use crate::{App, Event, Events};
use latarnik_model::{ActionId, TenantId};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;

/// The shortest time between two events of one action.
const PAUSE: Duration = Duration::from_millis(500);

/// Actions that changed since they were last told, each with the tenants whose people may hear of
/// it: however many tasks change, there is one event for all of them.
#[derive(Debug, Default)]
pub(crate) struct ActionBoard {
    changed: Mutex<HashMap<ActionId, BTreeSet<TenantId>>>,
    news: Notify,
}

impl ActionBoard {
    /// Notes that a task of the action on a device of the tenant changed.
    pub(crate) fn note(&self, action: ActionId, tenant: TenantId) {
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        changed.entry(action).or_default().insert(tenant);
        drop(changed);
        self.news.notify_one();
    }

    /// Tells what was noted.
    fn tell(&self, events: &Events) {
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        for (action_id, tenants) in changed.drain() {
            events.publish(Event::ActionChanged {
                action_id,
                tenant_ids: tenants.into_iter().collect(),
            });
        }
    }
}

impl App {
    /// Tells which actions have changed, for ever.
    pub(crate) async fn tell_actions(&self) {
        loop {
            self.action_board().news.notified().await;
            self.action_board().tell(self.events());
            tokio::time::sleep(PAUSE).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn ten_thousand_changes_are_one_event_with_all_tenants() {
        let (board, events) = (ActionBoard::default(), Events::new());
        let mut heard = events.subscribe();
        let action = ActionId(Uuid::from_u128(1));
        let tenants = [1, 2].map(|id| TenantId(Uuid::from_u128(id)));
        for number in 0..10_000 {
            board.note(action, tenants[number % 2]);
        }
        board.tell(&events);
        board.tell(&events);
        let event = heard.try_recv().unwrap();
        let expected = Event::ActionChanged {
            action_id: action,
            tenant_ids: tenants.into(),
        };
        assert_eq!(event, expected);
        assert!(heard.try_recv().is_err(), "and no other");
    }
}
