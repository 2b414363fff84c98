//! Tasks in, results out.

use crate::{
    gateway::{Fault, Gateway},
    harness::{Agent, install_now, scan_now, system_now, task},
    machine::update,
};
use jiff::SignedDuration;
use latarnik_model::{ReasonCode, TaskParameters, TaskState, WaitReason, When};
use latarnik_protocol::{TaskEvent, paths};
use serde_json::json;
use std::sync::{Arc, mpsc};

#[tokio::test]
async fn an_enrolled_agent_scans_by_itself_and_reports_what_it_found() {
    let gateway = Gateway::start().await;
    let mut agent = Agent::enrolled(&gateway).await;
    *agent.machine.offered.lock().unwrap() = vec![update("openssl=3.0.16")];
    agent.start();
    let keys = gateway
        .until(|script| {
            let inventory = script.inventory.as_ref()?;
            Some(
                inventory
                    .updates()
                    .map(|update| update.key.clone())
                    .collect::<Vec<_>>(),
            )
        })
        .await;
    assert_eq!(keys, ["openssl=3.0.16"]);
    let facts = gateway
        .until(|script| {
            script
                .seen
                .check_ins
                .iter()
                .find_map(|(_, c)| c.facts.clone())
        })
        .await;
    assert_eq!(facts.hostname, "machine");
}

#[tokio::test]
async fn a_changed_inventory_travels_as_a_delta() {
    let gateway = Gateway::start().await;
    let mut agent = Agent::enrolled(&gateway).await;
    *agent.machine.offered.lock().unwrap() = vec![update("a"), update("b")];
    agent.start();
    gateway
        .until(|script| {
            script
                .inventory
                .as_ref()
                .filter(|i| i.len() == 2)
                .map(|_| ())
        })
        .await;
    *agent.machine.offered.lock().unwrap() = vec![update("b"), update("c")];
    gateway.add(&scan_now());
    let delta = gateway
        .until(|script| {
            let mut check_ins = script.seen.check_ins.iter().rev();
            check_ins.find_map(|(_, check_in)| check_in.updates.clone()?.delta)
        })
        .await;
    assert_eq!(delta.removed, ["a"]);
    assert_eq!(delta.changed, [update("c")]);
}

#[tokio::test]
async fn a_task_runs_and_its_log_and_result_arrive() {
    let gateway = Gateway::start().await;
    let _agent = Agent::running(&gateway).await;
    let id = gateway.add(&install_now("openssl"));
    let outcome = gateway.outcome(id).await;
    assert_eq!(
        (outcome.state, outcome.exit_code),
        (TaskState::Succeeded, Some(0))
    );
    let log = gateway
        .until(|script| script.seen.logs.get(&id).cloned())
        .await;
    assert_eq!(&log[..], b"installing\n");
}

#[tokio::test]
async fn a_task_that_is_delivered_again_and_again_runs_once() {
    let gateway = Gateway::start().await;
    gateway.change(|script| script.repeats_itself = true);
    let agent = Agent::running(&gateway).await;
    let id = gateway.add(&install_now("openssl"));
    gateway.outcome(id).await;
    let polls = gateway.script().seen.polls.len();
    gateway
        .until(|script| (script.seen.polls.len() >= polls + 2).then_some(()))
        .await;
    assert_eq!(*agent.machine.installed.lock().unwrap(), ["openssl"]);
    assert_eq!(gateway.script().outcomes(id).len(), 1);
}

#[tokio::test]
async fn a_result_whose_answer_got_lost_is_delivered_again_unchanged() {
    let gateway = Gateway::start().await;
    let _agent = Agent::running(&gateway).await;
    gateway.fault(paths::TASK_RESULT, Fault::LoseAnswer);
    gateway.fault(paths::TASK_RESULT, Fault::LoseAnswer);
    let id = gateway.add(&scan_now());
    gateway.outcome(id).await;
    gateway.fault(paths::TASK_RESULT, Fault::LoseAnswer);
    let second = gateway.add(&scan_now());
    gateway.outcome(second).await;
    let third = gateway.add(&scan_now());
    gateway.outcome(third).await;
    let script = gateway.script();
    for id in [id, second, third] {
        let outcomes = script.outcomes(id);
        assert!(outcomes.iter().all(|outcome| outcome == &outcomes[0]));
    }
    assert!(
        script.seen.reports.len() >= 6 + 3,
        "three answers were lost"
    );
}

#[tokio::test]
async fn results_leave_in_order_after_a_time_offline() {
    let gateway = Gateway::start().await;
    let agent = Agent::running(&gateway).await;
    let (begun, has_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let may_go_on = std::sync::Mutex::new(may_go_on);
    agent.machine.on_install(move |keys, _, _| {
        if keys == ["1"] {
            begun.send(()).unwrap();
            may_go_on.lock().unwrap().recv().unwrap();
        }
        Ok(())
    });
    let ids: Vec<_> = ["1", "2", "3"]
        .iter()
        .map(|key| gateway.add(&install_now(key)))
        .collect();
    // The agent acknowledges what it has taken, and only then does it lose the gateway.
    gateway
        .until(|script| {
            script
                .seen
                .polls
                .iter()
                .find(|(_, after)| *after == 3)
                .map(|_| ())
        })
        .await;
    tokio::task::spawn_blocking(move || has_begun.recv().unwrap())
        .await
        .unwrap();
    gateway.set_gone(true);
    go_on.send(()).unwrap();
    gateway.set_gone(false);
    for id in &ids {
        gateway.outcome(*id).await;
    }
    let script = gateway.script();
    let mut order: Vec<_> = script
        .seen
        .reports
        .iter()
        .filter(|report| !matches!(report.event, TaskEvent::Progress(_)))
        .map(|report| {
            (
                report.task_id,
                matches!(report.event, TaskEvent::Finished(_)),
            )
        })
        .collect();
    order.dedup();
    let expected: Vec<_> = ids
        .iter()
        .flat_map(|id| [(*id, false), (*id, true)])
        .collect();
    assert_eq!(order, expected);
}

#[tokio::test]
async fn a_task_of_an_unknown_kind_fails_alone() {
    let gateway = Gateway::start().await;
    let _agent = Agent::running(&gateway).await;
    let unknown = gateway.add_body(json!({
        "kind": "polish_lens", "when": { "type": "now" }, "timeout_seconds": 5,
    }));
    let garbage = gateway.add_body(json!([1, 2, 3]));
    let known = gateway.add(&scan_now());
    for id in [unknown, garbage] {
        let outcome = gateway.outcome(id).await;
        assert_eq!(outcome.state, TaskState::Failed);
        assert_eq!(outcome.reason, Some(ReasonCode::UnknownTaskKind));
    }
    assert_eq!(gateway.outcome(known).await.state, TaskState::Succeeded);
}

#[tokio::test]
async fn a_task_whose_deadline_passed_expires() {
    let gateway = Gateway::start().await;
    let agent = Agent::running(&gateway).await;
    let mut late = install_now("openssl");
    late.deadline = Some(system_now() - SignedDuration::from_secs(60));
    let id = gateway.add(&late);
    let outcome = gateway.outcome(id).await;
    assert_eq!(outcome.state, TaskState::Expired);
    assert_eq!(outcome.reason, Some(ReasonCode::DeadlinePassed));
    assert!(agent.machine.installed.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_waiting_task_says_so_and_can_be_cancelled() {
    let gateway = Gateway::start().await;
    let agent = Agent::running(&gateway).await;
    let parameters = TaskParameters::InstallUpdates {
        update_keys: None,
        categories: None,
    };
    let id = gateway.add(&task(parameters, When::InWindow));
    gateway
        .until(|script| {
            let waiting = TaskEvent::Waiting {
                until: None,
                reason: Some(WaitReason::RulesUnknown),
            };
            script.events(id).contains(&&waiting).then_some(())
        })
        .await;
    gateway.change(|script| script.cancelled.push(id));
    let outcome = gateway.outcome(id).await;
    assert_eq!(outcome.state, TaskState::Cancelled);
    assert_eq!(outcome.started_at, None);
    assert!(agent.machine.installed.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_running_task_can_be_cancelled() {
    let gateway = Gateway::start().await;
    let agent = Agent::running(&gateway).await;
    agent.machine.on_install(|_, _, cancel| {
        while !cancel.is_cancelled() {
            std::thread::yield_now();
        }
        Err(ReasonCode::CancelledByOperator)
    });
    let id = gateway.add(&install_now("openssl"));
    gateway
        .until(|script| {
            script
                .events(id)
                .contains(&&TaskEvent::Running)
                .then_some(())
        })
        .await;
    gateway.change(|script| script.cancelled.push(id));
    let outcome = gateway.outcome(id).await;
    assert_eq!(outcome.state, TaskState::Cancelled);
    assert_eq!(outcome.reason, Some(ReasonCode::CancelledByOperator));
}

#[tokio::test]
async fn a_task_beyond_its_time_limit_is_ended() {
    let gateway = Gateway::start().await;
    let agent = Agent::running(&gateway).await;
    agent.machine.on_install(|_, _, cancel| {
        while !cancel.is_cancelled() {
            std::thread::yield_now();
        }
        Err(ReasonCode::TimedOut)
    });
    let mut short = install_now("openssl");
    short.timeout_seconds = 0;
    let id = gateway.add(&short);
    let outcome = gateway.outcome(id).await;
    assert_eq!(
        (outcome.state, outcome.reason),
        (TaskState::Failed, Some(ReasonCode::TimedOut))
    );
}

#[tokio::test]
async fn a_call_that_panics_fails_its_task_and_not_the_agent() {
    let gateway = Gateway::start().await;
    let agent = Agent::running(&gateway).await;
    agent
        .machine
        .on_install(|_, _, _| panic!("the scripted machine breaks"));
    let broken = gateway.add(&install_now("openssl"));
    let outcome = gateway.outcome(broken).await;
    assert_eq!(
        (outcome.state, outcome.reason),
        (TaskState::Failed, Some(ReasonCode::AgentError))
    );
    let next = gateway.add(&scan_now());
    assert_eq!(gateway.outcome(next).await.state, TaskState::Succeeded);
}

#[tokio::test]
async fn progress_travels_and_never_after_the_result() {
    let gateway = Gateway::start().await;
    let agent = Agent::running(&gateway).await;
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let may_go_on = std::sync::Mutex::new(may_go_on);
    agent.machine.on_install(move |_, _, _| {
        may_go_on.lock().unwrap().recv().unwrap();
        Ok(())
    });
    let id = gateway.add(&install_now("openssl"));
    let is_progress = |event: &&TaskEvent| matches!(event, TaskEvent::Progress(_));
    gateway
        .until(|script| script.events(id).into_iter().find(is_progress).map(|_| ()))
        .await;
    go_on.send(()).unwrap();
    gateway.outcome(id).await;
    let script = gateway.script();
    assert!(matches!(
        script.events(id).last(),
        Some(TaskEvent::Finished(_))
    ));
}

#[tokio::test]
async fn a_task_that_the_agents_end_cut_off_is_reported_as_interrupted() {
    let gateway = Gateway::start().await;
    let mut agent = Agent::running(&gateway).await;
    let machine = Arc::downgrade(&agent.machine);
    agent.machine.on_install(move |_, _, cancel| {
        while !cancel.is_cancelled() && machine.strong_count() > 0 {
            std::thread::yield_now();
        }
        Err(ReasonCode::CancelledByOperator)
    });
    let id = gateway.add(&install_now("openssl"));
    gateway
        .until(|script| {
            script
                .events(id)
                .contains(&&TaskEvent::Running)
                .then_some(())
        })
        .await;
    agent.stop().await;
    agent.start();
    let outcome = gateway.outcome(id).await;
    assert_eq!(outcome.state, TaskState::Failed);
    assert_eq!(outcome.reason, Some(ReasonCode::Interrupted));
    assert_eq!(agent.machine.installed.lock().unwrap().len(), 1);
}
