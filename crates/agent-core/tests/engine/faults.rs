//! A gateway that fails, and a disk that does.

use crate::{
    gateway::{Fault, Gateway},
    harness::{Agent, WrongClock, install_now, scan_now, system_now, task},
};
use jiff::SignedDuration;
use latarnik_agent_core::{
    engine::{Standing, read_status},
    state::{State, StateError},
};
use latarnik_model::{ReasonCode, TaskParameters, TaskState, WaitReason, When};
use latarnik_protocol::{ProblemCode, TaskEvent, limits, paths};
use std::time::{Duration, Instant};

#[tokio::test]
async fn tasks_arrive_after_the_gateway_was_gone_during_a_long_poll() {
    let gateway = Gateway::start().await;
    let _agent = Agent::running(&gateway).await;
    gateway
        .until(|script| script.seen.polls.first().copied())
        .await;
    gateway.set_gone(true);
    let id = gateway.add(&scan_now());
    gateway.set_gone(false);
    assert_eq!(gateway.outcome(id).await.state, TaskState::Succeeded);
}

#[tokio::test]
async fn malformed_answers_are_survived() {
    let gateway = Gateway::start().await;
    for path in [
        paths::TASKS,
        paths::METRICS,
        paths::TASK_RESULT,
        paths::CONFIG,
    ] {
        gateway.fault(path, Fault::body("{\"tasks\": ["));
        gateway.fault(
            path,
            Fault::body("<html>a proxy's idea of an answer</html>"),
        );
        gateway.fault(path, Fault::body(vec![0xff, 0xfe, 0x00]));
    }
    let _agent = Agent::running(&gateway).await;
    let id = gateway.add(&scan_now());
    assert_eq!(gateway.outcome(id).await.state, TaskState::Succeeded);
}

#[tokio::test]
async fn an_answer_beyond_the_limit_is_not_read_to_its_end() {
    let gateway = Gateway::start().await;
    let mut endless = b"{\"tasks\": [], \"padding\": \"".to_vec();
    endless.resize(limits::JSON_BODY_BYTES + 1, b'x');
    gateway.fault(paths::TASKS, Fault::body(endless));
    let _agent = Agent::running(&gateway).await;
    let id = gateway.add(&scan_now());
    assert_eq!(gateway.outcome(id).await.state, TaskState::Succeeded);
}

#[tokio::test]
async fn a_busy_gateway_is_left_alone_for_as_long_as_it_asks() {
    let gateway = Gateway::start().await;
    gateway.fault(paths::TASKS, Fault::unavailable(1));
    let _agent = Agent::running(&gateway).await;
    let polls: Vec<Instant> = gateway
        .until(|script| {
            let polls: Vec<_> = script.seen.polls.iter().map(|(at, _)| *at).collect();
            (polls.len() >= 2).then_some(polls)
        })
        .await;
    assert!(polls[1].duration_since(polls[0]) >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_log_that_nobody_takes_does_not_hold_up_results() {
    let gateway = Gateway::start().await;
    for _ in 0..1_000 {
        gateway.fault(paths::TASK_LOG, Fault::unavailable(60));
    }
    let _agent = Agent::running(&gateway).await;
    for key in ["1", "2"] {
        let id = gateway.add(&install_now(key));
        assert_eq!(gateway.outcome(id).await.state, TaskState::Succeeded);
    }
    assert!(gateway.script().seen.logs.is_empty());
}

#[tokio::test]
async fn a_log_that_failed_to_upload_arrives_later() {
    let gateway = Gateway::start().await;
    gateway.fault(paths::TASK_LOG, Fault::unavailable(0));
    gateway.fault(paths::TASK_LOG, Fault::LoseAnswer);
    let agent = Agent::running(&gateway).await;
    let id = gateway.add(&install_now("openssl"));
    gateway
        .until(|script| script.seen.logs.get(&id).map(|_| ()))
        .await;
    let log = agent.folder.path().join("logs").join(format!("{id}.log"));
    // One more exchange, so that the agent has had its answer.
    gateway.outcome(gateway.add(&install_now("bash"))).await;
    gateway
        .until(|script| (script.seen.logs.len() == 2).then_some(()))
        .await;
    assert!(!log.exists());
}

#[tokio::test]
async fn a_report_that_the_server_refuses_for_good_does_not_hold_up_the_next() {
    let gateway = Gateway::start().await;
    gateway.fault(
        paths::TASK_RESULT,
        Fault::problem(404, ProblemCode::TaskUnknown),
    );
    gateway.fault(
        paths::TASK_RESULT,
        Fault::problem(409, ProblemCode::TaskFinished),
    );
    let _agent = Agent::running(&gateway).await;
    let refused = gateway.add(&scan_now());
    let next = gateway.add(&scan_now());
    assert_eq!(gateway.outcome(next).await.state, TaskState::Succeeded);
    assert!(gateway.script().outcomes(refused).is_empty());
}

#[tokio::test]
async fn a_removed_device_stays_up_asks_rarely_and_keeps_its_results() {
    let gateway = Gateway::start().await;
    let mut agent = Agent::running(&gateway).await;
    gateway
        .until(|script| script.seen.check_ins.first().map(|_| ()))
        .await;
    for path in [
        paths::TASKS,
        paths::METRICS,
        paths::TASK_RESULT,
        paths::TASK_LOG,
    ] {
        for _ in 0..3 {
            gateway.fault(path, Fault::problem(401, ProblemCode::CertificateRejected));
        }
    }
    let id = gateway.add(&install_now("openssl"));
    assert_eq!(gateway.outcome(id).await.state, TaskState::Succeeded);
    agent.stop().await;
    let status = read_status(agent.folder.path()).unwrap().unwrap();
    assert_eq!(status.standing, Standing::Stopped);
}

#[tokio::test]
async fn a_clock_that_is_off_by_a_day_changes_nothing() {
    for wrong in [
        SignedDuration::from_hours(-24),
        SignedDuration::from_hours(24),
    ] {
        let gateway = Gateway::start().await;
        let mut agent = Agent::enrolled_with(&gateway, WrongClock(wrong)).await;
        agent.start();
        let due = system_now() - SignedDuration::from_secs(1);
        let later = system_now() + SignedDuration::from_hours(1);
        let waiting = gateway.add(&task(TaskParameters::Scan, When::At { at: later }));
        let begins = gateway.add(&task(TaskParameters::Scan, When::At { at: due }));
        assert_eq!(gateway.outcome(begins).await.state, TaskState::Succeeded);
        let event = TaskEvent::Waiting {
            until: Some(later),
            reason: Some(WaitReason::StartTime),
        };
        gateway
            .until(|script| script.events(waiting).contains(&&event).then_some(()))
            .await;
        assert!(gateway.script().outcomes(waiting).is_empty());
        assert_eq!(gateway.script().seen.renewals, 0);
    }
}

#[tokio::test]
async fn a_damaged_store_is_set_aside_and_nothing_runs_twice() {
    let gateway = Gateway::start().await;
    let mut agent = Agent::running(&gateway).await;
    gateway
        .until(|script| script.seen.check_ins.first().map(|_| ()))
        .await;
    agent.stop().await;
    // The server believes that it delivered this one: for all the agent can know, it ran.
    let old = gateway.add(&install_now("old"));
    std::fs::write(
        agent.folder.path().join("state.redb"),
        vec![0x5a; 64 * 1024],
    )
    .unwrap();
    agent.start();
    let outcome = gateway.outcome(old).await;
    assert_eq!(outcome.state, TaskState::Failed);
    assert_eq!(outcome.reason, Some(ReasonCode::Interrupted));
    let new = gateway.add(&install_now("new"));
    assert_eq!(gateway.outcome(new).await.state, TaskState::Succeeded);
    assert_eq!(*agent.machine.installed.lock().unwrap(), ["new"]);
    assert!(agent.folder.path().join("state.redb.damaged-1").exists());
}

#[tokio::test]
async fn a_damaged_store_without_a_copy_of_the_identity_is_left_to_a_person() {
    let gateway = Gateway::start().await;
    let agent = Agent::enrolled(&gateway).await;
    let store = agent.folder.path().join("state.redb");
    std::fs::write(&store, vec![0x5a; 64 * 1024]).unwrap();
    std::fs::remove_file(agent.folder.path().join("identity.json")).unwrap();
    assert!(matches!(
        State::open(agent.folder.path()),
        Err(StateError::Damaged { .. })
    ));
    assert!(store.exists());
}

#[tokio::test]
async fn two_agents_do_not_share_a_state() {
    let gateway = Gateway::start().await;
    let agent = Agent::running(&gateway).await;
    assert!(matches!(
        State::open(agent.folder.path()),
        Err(StateError::InUse { .. })
    ));
}
