//! The journal and the spool against a model, over any sequence of steps and reopenings.

use super::{Delivery, Earlier, Identity, JournalEntry, Stage, Start, State, Wait};
use crate::LearnedTime;
use jiff::Timestamp;
use latarnik_model::{DeviceId, ReasonCode, TaskId, TaskParameters, TaskState, WaitReason, When};
use latarnik_protocol::{
    AgentConfig, OutputExcerpt, RawMaintenance, RawTask, Task, TaskEvent, TaskOutcome, TaskReport,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const AT: Timestamp = Timestamp::UNIX_EPOCH;

#[derive(Debug, Clone)]
enum Step {
    Accept(Vec<u64>),
    Refuse(u64),
    Wait(u64),
    Start(u64),
    Pause(u64),
    Finish(u64),
    FinishUnstarted(u64),
    Deliver,
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let number = 1u64..8;
    let step = prop_oneof![
        prop::collection::vec(1u64..8, 0..4).prop_map(Step::Accept),
        number.clone().prop_map(Step::Refuse),
        number.clone().prop_map(Step::Wait),
        number.clone().prop_map(Step::Start),
        number.clone().prop_map(Step::Pause),
        number.clone().prop_map(Step::Finish),
        number.prop_map(Step::FinishUnstarted),
        Just(Step::Deliver),
        Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..40)
}

fn id(number: u64) -> TaskId {
    TaskId(Uuid::from_u128(u128::from(number)))
}

fn task() -> Task {
    let parameters = TaskParameters::Scan;
    Task {
        parameters,
        when: When::Now,
        deadline: None,
        timeout_seconds: 60,
        created_by: None,
    }
}

fn raw(number: u64) -> RawTask {
    RawTask::new(id(number), number, &task())
}

fn outcome() -> TaskOutcome {
    TaskOutcome {
        state: TaskState::Failed,
        reason: Some(ReasonCode::Interrupted),
        reason_detail: None,
        started_at: None,
        exit_code: None,
        output: OutputExcerpt::default(),
        updates: Vec::new(),
        scan: None,
        boot_id: None,
    }
}

fn report(number: u64, event: TaskEvent) -> TaskReport {
    TaskReport {
        task_id: id(number),
        at: AT,
        event,
    }
}

fn start() -> Start {
    Start {
        at: AT,
        boot_id: "boot".to_owned(),
        restart_at: None,
        postponed: 0,
        restart_asked_at: None,
    }
}

fn earlier() -> Earlier {
    Earlier {
        started_at: AT,
        boot_id: "boot".to_owned(),
        updates: Vec::new(),
        left: Vec::new(),
        exit_code: None,
        postponed: 0,
        not_before: None,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Accepted,
    Waiting,
    Running,
    Done,
}

/// What the state should be.
#[derive(Default)]
struct Model {
    tasks: BTreeMap<u64, Known>,
    cursor: u64,
    spool: Vec<TaskReport>,
    started: BTreeSet<u64>,
}

impl Model {
    fn take(&mut self, number: u64, known: Known) -> bool {
        self.cursor = self.cursor.max(number);
        let new = !self.tasks.contains_key(&number);
        if new {
            self.tasks.insert(number, known);
        }
        new
    }

    fn is(&self, number: u64, among: &[Known]) -> bool {
        self.tasks
            .get(&number)
            .is_some_and(|known| among.contains(known))
    }

    fn go(&mut self, number: u64, from: &[Known], to: Known, event: TaskEvent) -> bool {
        let goes = self.is(number, from);
        if goes {
            self.tasks.insert(number, to);
            self.spool.push(report(number, event));
        }
        goes
    }
}

fn apply(state: &mut Option<State>, folder: &std::path::Path, model: &mut Model, step: &Step) {
    const UNSTARTED: [Known; 2] = [Known::Accepted, Known::Waiting];
    let open = state.as_ref().unwrap();
    match step {
        Step::Accept(numbers) => {
            let deliveries: Vec<_> = numbers
                .iter()
                .map(|number| Delivery::Run(raw(*number), task()))
                .collect();
            let new: Vec<u64> = open
                .accept(&deliveries)
                .unwrap()
                .iter()
                .map(|entry| entry.sequence)
                .collect();
            let expected: Vec<u64> = numbers
                .iter()
                .copied()
                .filter(|number| model.take(*number, Known::Accepted))
                .collect();
            assert_eq!(new, expected);
        }
        Step::Refuse(number) => {
            let refusal = report(*number, TaskEvent::Finished(outcome()));
            open.accept(&[Delivery::Refuse(raw(*number), Box::new(refusal.clone()))])
                .unwrap();
            if model.take(*number, Known::Done) {
                model.spool.push(refusal);
            }
        }
        Step::Wait(number) => {
            open.wait(id(*number), AT, Wait::default()).unwrap();
            let event = TaskEvent::Waiting {
                until: None,
                reason: None,
            };
            model.go(*number, &[Known::Accepted], Known::Waiting, event);
        }
        Step::Start(number) => {
            let started = open.start(id(*number), start()).unwrap().is_some();
            let expected = model.go(*number, &UNSTARTED, Known::Running, TaskEvent::Running);
            assert_eq!(started, expected);
            assert!(
                !started || model.started.insert(*number),
                "{number} started twice"
            );
        }
        Step::Pause(number) => {
            let wait = Wait::default();
            let paused = open.pause(id(*number), AT, earlier(), wait).unwrap();
            let event = TaskEvent::Waiting {
                until: None,
                reason: None,
            };
            let goes = model.go(*number, &[Known::Running], Known::Waiting, event);
            assert_eq!(paused.is_some(), goes);
            if goes {
                model.started.remove(number);
            }
        }
        Step::Finish(number) => {
            open.finish(id(*number), AT, outcome()).unwrap();
            let unfinished = [Known::Accepted, Known::Waiting, Known::Running];
            model.go(
                *number,
                &unfinished,
                Known::Done,
                TaskEvent::Finished(outcome()),
            );
        }
        Step::FinishUnstarted(number) => {
            let ended = open.finish_unstarted(id(*number), AT, outcome()).unwrap();
            let event = TaskEvent::Finished(outcome());
            assert_eq!(ended, model.go(*number, &UNSTARTED, Known::Done, event));
        }
        Step::Deliver => {
            let next = open.next_report().unwrap();
            assert_eq!(
                next.as_ref().map(|spooled| &spooled.report),
                model.spool.first()
            );
            if let Some(spooled) = next {
                open.forget_report(spooled.order).unwrap();
                model.spool.remove(0);
            }
        }
        Step::Reopen => {
            *state = None;
            *state = Some(State::open(folder).unwrap());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_task_starts_and_ends_at_most_once_and_reports_keep_their_order(steps in steps()) {
        let folder = tempfile::tempdir().unwrap();
        let mut state = Some(State::open(folder.path()).unwrap());
        let mut model = Model::default();
        for step in &steps {
            apply(&mut state, folder.path(), &mut model, step);
        }
        let state = state.unwrap();
        prop_assert_eq!(state.cursor().unwrap(), model.cursor);
        prop_assert_eq!(state.spool_length().unwrap(), model.spool.len() as u64);
        let unfinished: BTreeMap<u64, Known> = state
            .unfinished()
            .unwrap()
            .into_iter()
            .map(|entry| {
                let known = match entry.stage {
                    Stage::Accepted => Known::Accepted,
                    Stage::Waiting(_) => Known::Waiting,
                    Stage::Running(_) => Known::Running,
                };
                (entry.sequence, known)
            })
            .collect();
        model.tasks.retain(|_, known| *known != Known::Done);
        prop_assert_eq!(unfinished, model.tasks);
    }
}

fn identity(number: u128) -> Identity {
    Identity {
        device_id: DeviceId(Uuid::from_u128(number)),
        gateway: "gateway:8443".to_owned(),
        key: "key".to_owned(),
        certificate: "certificate".to_owned(),
        authorities: "authorities".to_owned(),
        issued_at: AT,
        expires_at: AT,
    }
}

#[test]
fn another_device_begins_with_an_empty_spool_and_repeats_no_task() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    state.become_device(&identity(1)).unwrap();
    state
        .accept(&[Delivery::Run(raw(1), task()), Delivery::Run(raw(2), task())])
        .unwrap();
    state.start(id(1), start()).unwrap();
    state.become_device(&identity(2)).unwrap();
    assert_eq!(state.cursor().unwrap(), 0);
    assert_eq!(state.spool_length().unwrap(), 0);
    assert!(state.unfinished().unwrap().is_empty());
    assert!(
        state
            .accept(&[Delivery::Run(raw(1), task())])
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_log_is_spooled_with_its_result_and_deleted_when_it_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    state
        .accept(&[Delivery::Run(raw(1), task()), Delivery::Run(raw(2), task())])
        .unwrap();
    std::fs::write(state.log_path(id(1)), "what happened").unwrap();
    for number in [1, 2] {
        state.finish(id(number), AT, outcome()).unwrap();
    }
    let logs: Vec<TaskId> = state
        .logs()
        .unwrap()
        .into_iter()
        .map(|log| log.task)
        .collect();
    assert_eq!(logs, [id(1)]);
    state.forget_log(id(1)).unwrap();
    assert!(!state.log_path(id(1)).exists());
    assert!(state.logs().unwrap().is_empty());
}

#[test]
fn what_was_learned_survives_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let learned = LearnedTime {
        offset_ms: -86_400_000,
        latest_ms: 1_800_000_000_000,
    };
    State::open(folder.path())
        .unwrap()
        .set_learned_time(learned)
        .unwrap();
    assert_eq!(
        State::open(folder.path()).unwrap().learned_time().unwrap(),
        learned
    );
}

#[test]
fn what_an_earlier_program_wrote_of_a_task_that_waits_is_read() {
    let entry = serde_json::json!({
        "id": id(1),
        "sequence": 1,
        "task": {"kind": "scan", "when": {"type": "now"}, "timeout_seconds": 60},
        "stage": {"stage": "waiting"},
    });
    let entry: JournalEntry = serde_json::from_value(entry).unwrap();
    assert_eq!(entry.stage, Stage::Waiting(Wait::default()));
    assert_eq!(entry.earlier, None);
}

#[test]
fn the_same_wait_is_told_once_and_another_one_again() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    state.accept(&[Delivery::Run(raw(1), task())]).unwrap();
    let later = Wait {
        until: Some(AT),
        reason: Some(WaitReason::Window),
    };
    for wait in [Wait::default(), Wait::default(), later, later] {
        state.wait(id(1), AT, wait).unwrap();
    }
    assert_eq!(state.spool_length().unwrap(), 2);
}

#[test]
fn rules_are_known_since_they_changed_and_not_since_they_came_again() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    assert_eq!(state.maintenance_since().unwrap(), None);
    let with = |rules: Option<i32>| AgentConfig {
        maintenance: rules.map(|rules| RawMaintenance(rules.into())),
        ..AgentConfig::default()
    };
    let at = |second| Timestamp::from_second(second).unwrap();
    let since = |rules, second| {
        state.set_config(&with(rules), "etag", at(second)).unwrap();
        state.maintenance_since().unwrap()
    };
    assert_eq!(since(Some(1), 1), Some(at(1)));
    assert_eq!(since(Some(1), 2), Some(at(1)));
    assert_eq!(since(Some(2), 3), Some(at(3)));
    assert_eq!(since(None, 4), Some(at(4)));
}
