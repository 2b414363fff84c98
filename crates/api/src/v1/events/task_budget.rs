//! Keeps an action over thousands of devices from flooding a console with events of single tasks.

use latarnik_model::ActionId;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// Events of single tasks of one action in one second. `action_changed` follows within half a
/// second and stands for those beyond.
const MOST: u32 = 20;
const WHILE: Duration = Duration::from_secs(1);
/// Beyond this many actions at a time, what is over is forgotten.
const REMEMBERED: usize = 256;

/// What one stream has told of each action lately.
#[derive(Debug, Default)]
pub(super) struct TaskBudget(HashMap<ActionId, (Instant, u32)>);

impl TaskBudget {
    /// Whether one more event of a task of this action may be told.
    pub(super) fn allows(&mut self, action: ActionId, now: Instant) -> bool {
        if self.0.len() >= REMEMBERED {
            self.0
                .retain(|_, (since, _)| now.saturating_duration_since(*since) < WHILE);
        }
        let (since, told) = self.0.entry(action).or_insert((now, 0));
        if now.saturating_duration_since(*since) >= WHILE {
            (*since, *told) = (now, 0);
        }
        *told += 1;
        *told <= MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_large_action_is_told_task_by_task_only_so_often() {
        let (mut budget, now) = (TaskBudget::default(), Instant::now());
        let [large, other] = [1, 2].map(|id| ActionId(Uuid::from_u128(id)));
        let told = (0..10_000).filter(|_| budget.allows(large, now)).count();
        assert_eq!(told, 20);
        assert!(budget.allows(other, now), "others go on");
        assert!(budget.allows(large, now + WHILE), "and so does it, later");
    }
}
