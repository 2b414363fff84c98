//! The machine's source of updates is set as the server wants it.

use crate::{gateway::Gateway, harness::Agent};
use jiff::Timestamp;
use latarnik_protocol::{AgentConfig, LastRestart, UpdateSettings};

fn wanted(updates: Option<UpdateSettings>) -> AgentConfig {
    AgentConfig {
        check_in_interval_seconds: 1,
        updates,
        ..AgentConfig::default()
    }
}

fn controlled() -> UpdateSettings {
    UpdateSettings {
        control_automatic_updates: true,
        title_languages: vec!["pl".to_owned()],
        ..UpdateSettings::default()
    }
}

async fn applied(agent: &Agent, times: usize) -> Vec<UpdateSettings> {
    loop {
        let settings = agent.machine.settings.lock().unwrap().clone();
        if settings.len() >= times {
            return settings;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn settings_are_applied_when_they_come_and_after_every_start() {
    let gateway = Gateway::start().await;
    gateway.change(|script| script.config = Some(wanted(Some(controlled()))));
    let mut agent = Agent::running(&gateway).await;
    assert_eq!(applied(&agent, 1).await, [controlled()]);
    // A search in the new language follows at once, and not again.
    while *agent.machine.scans.lock().unwrap() < 2 {
        tokio::task::yield_now().await;
    }
    agent.stop().await;
    agent.start();
    assert_eq!(applied(&agent, 2).await, [controlled(), controlled()]);
    agent.stop().await;
    assert_eq!(*agent.machine.scans.lock().unwrap(), 2);
}

#[tokio::test]
async fn a_server_that_says_nothing_wants_nothing_changed() {
    let gateway = Gateway::start().await;
    gateway.change(|script| script.config = Some(wanted(None)));
    let mut agent = Agent::running(&gateway).await;
    gateway
        .until(|script| (script.seen.check_ins.len() >= 3).then_some(()))
        .await;
    agent.stop().await;
    assert!(agent.machine.settings.lock().unwrap().is_empty());
}

#[tokio::test]
async fn settings_that_cannot_be_applied_hold_nothing_up_and_are_not_tried_at_every_turn() {
    let gateway = Gateway::start().await;
    gateway.change(|script| script.config = Some(wanted(Some(controlled()))));
    let mut agent = Agent::enrolled(&gateway).await;
    *agent.machine.settings_fail.lock().unwrap() = true;
    agent.start();
    applied(&agent, 1).await;
    let id = gateway.add(&crate::harness::scan_now());
    gateway.outcome(id).await;
    agent.stop().await;
    assert_eq!(agent.machine.settings.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn who_restarted_the_machine_is_told_once_after_a_start_of_the_agent() {
    let gateway = Gateway::start().await;
    gateway.change(|script| script.config = Some(wanted(None)));
    let mut agent = Agent::enrolled(&gateway).await;
    let last = LastRestart {
        at: Timestamp::UNIX_EPOCH,
        by: Some("EXAMPLE\\administrator".to_owned()),
        process: None,
        reason: None,
        comment: None,
    };
    *agent.machine.last_restart.lock().unwrap() = Some(last.clone());
    agent.start();
    let told = gateway
        .until(|script| {
            let check_ins = &script.seen.check_ins;
            let all = check_ins
                .iter()
                .map(|(_, request)| request.last_restart.clone());
            (check_ins.len() >= 3).then(|| all.collect::<Vec<_>>())
        })
        .await;
    agent.stop().await;
    assert_eq!(told[0], Some(last));
    assert!(told[1..].iter().all(Option::is_none));
}
