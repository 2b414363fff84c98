//! The tasks that have not ended, in memory: a mirror of the journal, and what is decided on them.

use super::maintenance::View;
use crate::{
    CancelSignal, Passage, bound_by,
    state::{JournalEntry, Stage, Start, Wait},
};
use jiff::Timestamp;
use latarnik_model::{ActionKind, ReasonCode, TaskId, TaskParameters, TaskState, WaitReason, When};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What is to happen with a task that has not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// It may begin.
    Begin,
    /// It waits: for what, and when to look again.
    Hold {
        wait: Wait,
        look_again: Option<Timestamp>,
    },
    /// It ends without having begun.
    End(TaskState, ReasonCode),
}

/// Decides on one task. The deadline is the latest time to begin: one that has begun, and waits for
/// another window, is beyond it.
pub(super) fn decide(entry: &JournalEntry, cancelled: bool, view: &View) -> Decision {
    if cancelled {
        return Decision::End(TaskState::Cancelled, ReasonCode::CancelledByOperator);
    }
    let deadline = entry.task.deadline.filter(|_| entry.earlier.is_none());
    if deadline.is_some_and(|deadline| deadline <= view.now) {
        return Decision::End(TaskState::Expired, ReasonCode::DeadlinePassed);
    }
    let hold = |until, reason, look_again: Option<Timestamp>| Decision::Hold {
        wait: Wait {
            until,
            reason: Some(reason),
        },
        look_again: look_again.into_iter().chain(deadline).min(),
    };
    match (entry.task.when, bound_by(&entry.task)) {
        (When::At { at }, _) if view.now < at => hold(Some(at), WaitReason::StartTime, Some(at)),
        (_, None) => Decision::Begin,
        (_, Some(action)) => match view.passage_of(entry, action) {
            Passage::Open { .. } => Decision::Begin,
            Passage::Closed {
                reason,
                until,
                look_again,
            } => hold(until, reason, look_again),
        },
    }
}

/// The tasks that have not ended.
#[derive(Debug, Default)]
pub(super) struct Queue {
    entries: BTreeMap<(u64, TaskId), JournalEntry>,
    cancelled: HashSet<TaskId>,
    /// What runs, each with its way to be asked to end.
    running: HashMap<TaskId, CancelSignal>,
}

impl Queue {
    pub(super) fn new(entries: Vec<JournalEntry>) -> Self {
        let mut queue = Self::default();
        queue.add(entries);
        queue
    }

    pub(super) fn add(&mut self, entries: Vec<JournalEntry>) {
        self.entries.extend(
            entries
                .into_iter()
                .map(|entry| ((entry.sequence, entry.id), entry)),
        );
    }

    /// Notes a cancellation; `true` if it is news.
    pub(super) fn cancel(&mut self, id: TaskId) -> bool {
        self.entries.keys().any(|(_, known)| *known == id) && self.cancelled.insert(id)
    }

    pub(super) fn is_cancelled(&self, id: TaskId) -> bool {
        self.cancelled.contains(&id)
    }

    pub(super) fn remove(&mut self, id: TaskId) {
        self.entries.retain(|(_, known), _| *known != id);
        self.cancelled.remove(&id);
        self.running.remove(&id);
    }

    pub(super) fn set_stage(&mut self, id: TaskId, stage: &Stage) {
        if let Some(entry) = self.entries.values_mut().find(|entry| entry.id == id) {
            entry.stage = stage.clone();
        }
    }

    /// A task that began waits for another window.
    pub(super) fn set_paused(&mut self, entry: JournalEntry) {
        self.running.remove(&entry.id);
        self.entries.insert((entry.sequence, entry.id), entry);
    }

    /// Tasks that wait, as the server was told.
    pub(super) fn waiting(&self) -> Vec<(TaskId, ActionKind, Wait)> {
        let waits = |entry: &JournalEntry| match entry.stage {
            Stage::Waiting(wait) => Some((entry.id, entry.task.parameters.kind(), wait)),
            Stage::Accepted | Stage::Running(_) => None,
        };
        self.entries.values().filter_map(waits).collect()
    }

    pub(super) fn set_running(&mut self, id: TaskId, signal: CancelSignal) {
        if self.is_cancelled(id) {
            signal.cancel();
        }
        self.running.insert(id, signal);
    }

    pub(super) fn running_signal(&self, id: TaskId) -> Option<CancelSignal> {
        self.running.get(&id).cloned()
    }

    /// Tasks that began and have not ended.
    pub(super) fn begun(&self) -> Vec<JournalEntry> {
        self.entries
            .values()
            .filter(|entry| matches!(entry.stage, Stage::Running(_)))
            .cloned()
            .collect()
    }

    /// Tasks that have not begun or wait to go on, each with what is to happen.
    pub(super) fn decisions(&self, view: &View) -> Vec<(JournalEntry, Decision)> {
        self.entries
            .values()
            .filter(|entry| !matches!(entry.stage, Stage::Running(_)))
            .map(|entry| {
                (
                    entry.clone(),
                    decide(entry, self.is_cancelled(entry.id), view),
                )
            })
            .collect()
    }

    /// The restart that counts down.
    pub(super) fn restarting(&self) -> Option<(JournalEntry, Start)> {
        self.entries.values().find_map(|entry| match &entry.stage {
            Stage::Running(start) if is_restart(entry) => Some((entry.clone(), start.clone())),
            Stage::Running(_) | Stage::Accepted | Stage::Waiting(_) => None,
        })
    }

    /// The task that begins next. A restart waits for the end of one that counts down, and one for
    /// what others may leave behind comes after them.
    pub(super) fn next(&self, view: &View) -> Option<JournalEntry> {
        let restarting = self.restarting().is_some();
        self.decisions(view)
            .into_iter()
            .filter(|(entry, _)| !(restarting && is_restart(entry)))
            .filter_map(|(entry, decision)| (decision == Decision::Begin).then_some(entry))
            .min_by_key(|entry| (comes_last(entry), entry.sequence))
    }
}

fn is_restart(entry: &JournalEntry) -> bool {
    entry.task.parameters.kind() == ActionKind::Restart
}

fn comes_last(entry: &JournalEntry) -> bool {
    matches!(
        entry.task.parameters,
        TaskParameters::Restart {
            if_pending: true,
            ..
        }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KnownRules, Needs, engine::maintenance::Maintenance, window_gate::generated};
    use latarnik_model::{MaintenanceAction, RestartDelay};
    use latarnik_protocol::Task;
    use proptest::prelude::*;
    use std::sync::Arc;
    use uuid::Uuid;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// That second, without rules.
    fn view(second: i64) -> View {
        with(KnownRules::Missing, second)
    }

    fn with(rules: KnownRules, second: i64) -> View {
        View {
            now: at(second),
            known_now: Some(at(second)),
            maintenance: Maintenance {
                rules: Arc::new(rules),
                rules_since: None,
                zone: None,
                needs: Needs::default(),
                zones: jiff::tz::db(),
            },
        }
    }

    fn entry(sequence: u64, parameters: TaskParameters, when: When) -> JournalEntry {
        JournalEntry {
            id: TaskId(Uuid::from_u128(u128::from(sequence))),
            sequence,
            task: Task {
                parameters,
                when,
                deadline: None,
                timeout_seconds: 60,
                created_by: None,
            },
            stage: Stage::Accepted,
            earlier: None,
        }
    }

    fn restart() -> TaskParameters {
        TaskParameters::Restart {
            delay_minutes: RestartDelay::NONE,
            postponements: None,
            if_pending: false,
        }
    }

    #[test]
    fn without_rules_updates_and_restarts_hold_and_scans_begin() {
        let install = TaskParameters::InstallUpdates {
            update_keys: None,
            categories: None,
        };
        let hold = Decision::Hold {
            wait: Wait {
                until: None,
                reason: Some(WaitReason::RulesUnknown),
            },
            look_again: None,
        };
        assert_eq!(
            decide(&entry(1, install, When::InWindow), false, &view(0)),
            hold
        );
        assert_eq!(
            decide(&entry(1, restart(), When::InWindow), false, &view(0)),
            hold
        );
        let scan = entry(1, TaskParameters::Scan, When::InWindow);
        assert_eq!(decide(&scan, false, &view(0)), Decision::Begin);
    }

    #[test]
    fn a_waiting_task_does_not_hold_up_later_ones() {
        let queue = Queue::new(vec![
            entry(1, restart(), When::InWindow),
            entry(2, TaskParameters::Scan, When::Now),
        ]);
        assert_eq!(queue.next(&view(0)).map(|entry| entry.sequence), Some(2));
    }

    #[test]
    fn a_restart_that_counts_down_holds_up_other_restarts_and_nothing_else() {
        let start = Start {
            at: at(0),
            boot_id: "boot".to_owned(),
            restart_at: Some(at(300)),
            postponed: 0,
            restart_asked_at: None,
        };
        let counting = JournalEntry {
            stage: Stage::Running(start),
            ..entry(1, restart(), When::Now)
        };
        let queue = Queue::new(vec![
            counting.clone(),
            entry(2, restart(), When::Now),
            entry(3, TaskParameters::Scan, When::Now),
        ]);
        assert_eq!(queue.next(&view(0)).map(|entry| entry.sequence), Some(3));
        assert_eq!(queue.restarting().map(|(entry, _)| entry), Some(counting));
    }

    #[test]
    fn tasks_begin_in_the_order_of_their_sequence() {
        let queue = Queue::new(vec![
            entry(8, TaskParameters::Scan, When::Now),
            entry(3, restart(), When::Now),
        ]);
        assert_eq!(queue.next(&view(0)).map(|entry| entry.sequence), Some(3));
    }

    #[test]
    fn a_restart_for_what_others_leave_behind_comes_after_them() {
        let for_others = TaskParameters::Restart {
            delay_minutes: RestartDelay::NONE,
            postponements: None,
            if_pending: true,
        };
        let queue = Queue::new(vec![
            entry(3, for_others, When::Now),
            entry(8, TaskParameters::Scan, When::Now),
        ]);
        assert_eq!(queue.next(&view(0)).map(|entry| entry.sequence), Some(8));
    }

    #[test]
    fn the_deadline_is_the_latest_time_to_begin_and_not_to_go_on() {
        let mut waiting = entry(1, restart(), When::InWindow);
        waiting.task.deadline = Some(at(5));
        let expired = Decision::End(TaskState::Expired, ReasonCode::DeadlinePassed);
        assert_eq!(decide(&waiting, false, &view(5)), expired);
        waiting.earlier = Some(Box::new(crate::state::Earlier {
            started_at: at(0),
            boot_id: "boot".to_owned(),
            updates: Vec::new(),
            left: Vec::new(),
            exit_code: None,
            postponed: 0,
            not_before: None,
        }));
        let decision = decide(&waiting, false, &view(5));
        assert!(matches!(
            decision,
            Decision::Hold {
                look_again: None,
                ..
            }
        ));
    }

    proptest! {
        #[test]
        fn what_windows_bind_never_begins_when_the_calendar_says_closed(
            rules in generated::rules(), now in generated::instant(), zone in generated::zone(),
            restarts in any::<bool>(), forced in any::<bool>(),
        ) {
            let parameters = match restarts {
                true => restart(),
                false => TaskParameters::InstallUpdates {
                    update_keys: None,
                    categories: None,
                },
            };
            let action = MaintenanceAction::of(parameters.kind()).unwrap();
            let when = if forced { When::Now } else { When::InWindow };
            let entry = entry(1, parameters, when);
            let mut view = with(KnownRules::Known(rules.clone()), now.as_second());
            view.maintenance.zone = Some(zone.to_owned());
            let calendar = rules.calendar(Some(zone), jiff::tz::db());
            let open = calendar.verdict(action, view.now).open;
            match decide(&entry, false, &view) {
                Decision::Begin => prop_assert!(open || forced),
                Decision::Hold { wait, look_again } => {
                    prop_assert!(!forced && wait.reason.is_some());
                    for instant in wait.until.into_iter().chain(look_again) {
                        prop_assert!(instant > view.now);
                    }
                    if let Some(until) = wait.until {
                        let then = View { now: until, known_now: Some(until), ..view.clone() };
                        prop_assert_eq!(decide(&entry, false, &then), Decision::Begin);
                    }
                }
                Decision::End(..) => prop_assert!(false, "it has no deadline"),
            }
            let unknown = View { known_now: None, ..view };
            prop_assert_eq!(decide(&entry, false, &unknown) == Decision::Begin, forced);
        }

        #[test]
        fn a_task_never_begins_before_its_instant_nor_after_its_deadline(
            now in 0i64..100, start in 0i64..100, deadline in prop::option::of(0i64..100),
        ) {
            let mut entry = entry(1, TaskParameters::Scan, When::At { at: at(start) });
            entry.task.deadline = deadline.map(at);
            let begins = decide(&entry, false, &view(now)) == Decision::Begin;
            let late = deadline.is_some_and(|deadline| deadline <= now);
            prop_assert_eq!(begins, start <= now && !late);
        }

        #[test]
        fn a_holding_task_is_looked_at_again_when_something_can_have_changed(
            now in 0i64..100, start in 0i64..100, deadline in prop::option::of(0i64..100),
        ) {
            let mut entry = entry(1, TaskParameters::Scan, When::At { at: at(start) });
            entry.task.deadline = deadline.map(at);
            if let Decision::Hold { look_again, .. } = decide(&entry, false, &view(now)) {
                let again = look_again.expect("a task with an instant is looked at again");
                prop_assert!(again > at(now));
                let held = matches!(decide(&entry, false, &view(again.as_second())), Decision::Hold { .. });
                prop_assert!(!held);
            }
        }
    }

    #[test]
    fn only_known_tasks_can_be_cancelled_and_only_once() {
        let mut queue = Queue::new(vec![entry(1, TaskParameters::Scan, When::Now)]);
        assert!(queue.cancel(TaskId(Uuid::from_u128(1))));
        assert!(!queue.cancel(TaskId(Uuid::from_u128(1))));
        assert!(!queue.cancel(TaskId(Uuid::from_u128(2))));
    }
}
