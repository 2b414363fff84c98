//! Restart tasks.

use crate::{
    gateway::Gateway,
    harness::{Agent, install_now, task},
    machine::{installed, update},
};
use latarnik_model::{
    ReasonCode, RestartDelay, TaskId, TaskParameters, TaskState, UpdateOutcome, When,
};
use latarnik_protocol::{TaskEvent, UpdateResult};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

fn restart(gateway: &Gateway, minutes: u16) -> TaskId {
    let delay_minutes = RestartDelay::try_from(minutes).unwrap();
    let parameters = TaskParameters::Restart {
        delay_minutes,
        postponements: None,
        if_pending: false,
    };
    gateway.add(&task(parameters, When::Now))
}

async fn asked_for(agent: &Agent) {
    while agent.machine.restarts.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn without_a_strong_signal_nothing_restarts() {
    let gateway = Gateway::start().await;
    let agent = Agent::running(&gateway).await;
    let id = restart(&gateway, 0);
    let outcome = gateway.outcome(id).await;
    assert_eq!(outcome.reason, Some(ReasonCode::NoRestartPending));
    assert!(agent.machine.restarts.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_restart_for_what_others_may_leave_behind_is_not_needed_without_a_strong_signal() {
    let gateway = Gateway::start().await;
    let agent = Agent::running(&gateway).await;
    let parameters = TaskParameters::Restart {
        delay_minutes: RestartDelay::NONE,
        postponements: None,
        if_pending: true,
    };
    let id = gateway.add(&task(parameters, When::Now));
    let outcome = gateway.outcome(id).await;
    assert_eq!(outcome.state, TaskState::Cancelled);
    assert_eq!(outcome.reason, Some(ReasonCode::NoRestartPending));
    assert!(agent.machine.restarts.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_restart_succeeds_when_the_machine_comes_back_with_another_boot_id() {
    let gateway = Gateway::start().await;
    let mut agent = Agent::enrolled(&gateway).await;
    agent.pace.restart_grace = Duration::from_secs(600);
    agent.machine.wants_restart();
    agent.start();
    let id = restart(&gateway, 0);
    asked_for(&agent).await;
    let reported = gateway.script().events(id).contains(&&TaskEvent::Running);
    assert!(
        reported,
        "the report that it runs leaves before the machine goes down"
    );
    agent.stop().await;
    assert!(gateway.script().outcomes(id).is_empty());
    *agent.machine.boot_id.lock().unwrap() = "boot-2".to_owned();
    agent.start();
    assert_eq!(gateway.outcome(id).await.state, TaskState::Succeeded);
    assert_eq!(agent.machine.restarts.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_restart_that_does_not_come_fails() {
    let gateway = Gateway::start().await;
    let mut agent = Agent::enrolled(&gateway).await;
    agent.machine.wants_restart();
    agent.start();
    let id = restart(&gateway, 0);
    let outcome = gateway.outcome(id).await;
    assert_eq!(outcome.reason, Some(ReasonCode::RestartFailed));
}

#[tokio::test]
async fn an_agent_that_was_only_restarted_itself_asks_for_no_second_restart() {
    let gateway = Gateway::start().await;
    let mut agent = Agent::enrolled(&gateway).await;
    agent.pace.restart_grace = Duration::from_secs(600);
    agent.machine.wants_restart();
    agent.start();
    let id = restart(&gateway, 5);
    asked_for(&agent).await;
    agent.stop().await;
    agent.start();
    gateway.change(|script| script.cancelled.push(id));
    let outcome = gateway.outcome(id).await;
    assert_eq!(outcome.state, TaskState::Cancelled);
    assert_eq!(agent.machine.restarts.lock().unwrap().len(), 1);
    assert_eq!(*agent.machine.restarts_taken_back.lock().unwrap(), 1);
}

#[tokio::test]
async fn the_server_learns_when_the_machine_will_restart() {
    let gateway = Gateway::start().await;
    let mut agent = Agent::enrolled(&gateway).await;
    agent.machine.wants_restart();
    agent.machine.sign_in(&["anna"]);
    agent.start();
    restart(&gateway, 5);
    gateway
        .until(|script| {
            let mut check_ins = script.seen.check_ins.iter();
            check_ins.find_map(|(_, check_in)| check_in.restart.as_ref()?.scheduled_at)
        })
        .await;
}

#[tokio::test]
async fn an_installation_cut_off_by_a_restart_is_reported_after_a_fresh_scan() {
    let gateway = Gateway::start().await;
    let mut agent = Agent::running(&gateway).await;
    agent.machine.on_install(|_, _, _| {
        std::thread::park_timeout(Duration::from_secs(20));
        Ok(())
    });
    let id = gateway.add(&install_now("kernel"));
    // Its report may leave before its thread begins.
    while agent.machine.installed.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    agent.drop_dead().await;
    let scans = *agent.machine.scans.lock().unwrap();
    *agent.machine.boot_id.lock().unwrap() = "boot-2".to_owned();
    agent.start();
    let outcome = gateway.outcome(id).await;
    assert_eq!(outcome.reason, Some(ReasonCode::Interrupted));
    assert!(*agent.machine.scans.lock().unwrap() > scans);
    assert_eq!(*agent.machine.installed.lock().unwrap(), ["kernel"]);
}

#[tokio::test]
async fn an_installation_that_caused_the_restart_is_verified_after_it() {
    let gateway = Gateway::start().await;
    let mut agent = Agent::running(&gateway).await;
    let offered = |keys: &[&str]| keys.iter().map(|key| update(key)).collect();
    *agent.machine.offered.lock().unwrap() = offered(&["kernel", "libc", "tools"]);
    let on_disk = Arc::new(AtomicBool::new(false));
    let noted = on_disk.clone();
    agent.machine.on_install(move |_, sink, _| {
        let kernel = UpdateResult {
            restart_required: true,
            ..installed("kernel")
        };
        let begun = |key| UpdateResult {
            outcome: UpdateOutcome::Unconfirmed,
            ..installed(key)
        };
        sink.note(&[kernel, begun("libc"), begun("tools")]);
        noted.store(true, Ordering::Release);
        std::thread::park_timeout(Duration::from_secs(20));
        Ok(())
    });
    let id = gateway.add(&install_now("kernel"));
    while !on_disk.load(Ordering::Acquire) {
        tokio::task::yield_now().await;
    }
    agent.drop_dead().await;
    *agent.machine.offered.lock().unwrap() = offered(&["tools"]);
    *agent.machine.boot_id.lock().unwrap() = "boot-2".to_owned();
    agent.start();
    let outcome = gateway.outcome(id).await;
    let told: Vec<_> = outcome
        .updates
        .iter()
        .map(|update| update.outcome)
        .collect();
    use UpdateOutcome::{Failed, Installed};
    assert_eq!(told, [Installed, Installed, Failed]);
    assert!(
        outcome
            .updates
            .iter()
            .all(|update| !update.restart_required)
    );
    assert_eq!(outcome.updates[2].reason, Some(ReasonCode::Interrupted));
    assert_eq!(outcome.reason, Some(ReasonCode::Interrupted));
    assert_eq!(outcome.boot_id.as_deref(), Some("boot-2"));
    assert!(outcome.scan.is_some(), "a search has judged it");
    assert_eq!(
        agent.machine.installed.lock().unwrap().len(),
        1,
        "nothing ran twice"
    );
}

#[tokio::test]
async fn after_a_restart_the_agent_looks_for_updates_by_itself() {
    let gateway = Gateway::start().await;
    let mut agent = Agent::running(&gateway).await;
    let scanned = async |boot: &str| {
        gateway
            .until(|script| {
                let mut check_ins = script.seen.check_ins.iter().rev();
                let scan = check_ins.find_map(|(_, check_in)| check_in.scan.clone())?;
                (scan.boot_id.as_deref() == Some(boot)).then_some(scan.number)
            })
            .await
    };
    assert_eq!(scanned("boot-1").await, Some(1));
    agent.stop().await;
    agent.start();
    gateway
        .until(|script| (script.seen.check_ins.len() > 2).then_some(()))
        .await;
    assert_eq!(
        *agent.machine.scans.lock().unwrap(),
        1,
        "nothing has changed"
    );
    agent.stop().await;
    *agent.machine.boot_id.lock().unwrap() = "boot-2".to_owned();
    agent.start();
    assert_eq!(scanned("boot-2").await, Some(2));
}

#[tokio::test]
async fn the_end_of_an_installation_names_the_search_that_judged_it() {
    let gateway = Gateway::start().await;
    let agent = Agent::running(&gateway).await;
    let id = gateway.add(&install_now("openssl"));
    let outcome = gateway.outcome(id).await;
    assert_eq!(
        outcome.scan,
        Some((*agent.machine.scans.lock().unwrap() + 1).into())
    );
    assert_eq!(outcome.boot_id.as_deref(), Some("boot-1"));
}
