//! Renewal.

use crate::{
    gateway::Gateway,
    harness::{Agent, opened, system_now},
};
use latarnik_agent_core::state::State;
use latarnik_protocol::{AgentConfig, Fingerprint, Trust};
use std::time::Duration;

/// A server that trusts another authority than the gateway's answers name, from now on.
fn other_trust(renewal_spread_seconds: u32) -> AgentConfig {
    AgentConfig {
        check_in_interval_seconds: 1,
        trust: Some(Trust {
            authorities: vec![Fingerprint::of(b"another")],
            since: system_now(),
            renewal_spread_seconds,
        }),
        ..AgentConfig::default()
    }
}

#[tokio::test]
async fn a_certificate_is_renewed_at_two_thirds_of_its_life_and_used_from_then_on() {
    let gateway = Gateway::start().await;
    gateway.change(|script| script.certificate_life = Some(Duration::from_secs(2)));
    let mut agent = Agent::enrolled(&gateway).await;
    let before = State::open(agent.folder.path())
        .unwrap()
        .identity()
        .unwrap()
        .unwrap();
    agent.start();
    gateway
        .until(|script| (script.seen.renewals > 0).then_some(()))
        .await;
    // Whatever the agent says next, it says under its new certificate.
    gateway.add(&crate::harness::scan_now());
    gateway
        .until(|script| {
            let mut peers: Vec<_> = script
                .seen
                .check_ins
                .iter()
                .map(|(peer, _)| *peer)
                .collect();
            peers.dedup();
            (peers.len() == 2).then_some(())
        })
        .await;
    agent.stop().await;
    let after = opened(agent.folder.path()).identity().unwrap().unwrap();
    assert_eq!(after.device_id, before.device_id);
    assert_ne!(after.key, before.key);
    assert!(after.expires_at > before.expires_at);
    assert_eq!(gateway.script().seen.renewals, 1);
}

#[tokio::test]
async fn a_certificate_is_renewed_when_the_server_trusts_other_authorities_but_only_once() {
    let gateway = Gateway::start().await;
    gateway.change(|script| script.config = Some(other_trust(0)));
    let mut agent = Agent::running(&gateway).await;
    // The answer names the old authority again: there is no point in asking a second time.
    gateway
        .until(|script| (script.seen.renewals > 0 && script.seen.check_ins.len() > 3).then_some(()))
        .await;
    agent.stop().await;
    assert_eq!(gateway.script().seen.renewals, 1);
}

#[tokio::test]
async fn a_renewal_for_other_authorities_waits_for_its_place_in_the_spread() {
    let gateway = Gateway::start().await;
    // The device's id puts it into the first thousandth of any spread.
    gateway.change(|script| {
        let mut config = other_trust(3600);
        let trust = config.trust.as_mut().unwrap();
        trust.since += jiff::SignedDuration::from_hours(1);
        script.config = Some(config);
    });
    let mut agent = Agent::running(&gateway).await;
    gateway
        .until(|script| (script.seen.check_ins.len() > 3).then_some(()))
        .await;
    assert_eq!(gateway.script().seen.renewals, 0);
    agent.stop().await;
}

#[tokio::test]
async fn the_configuration_is_fetched_anew_after_each_start() {
    let gateway = Gateway::start().await;
    let mut agent = Agent::running(&gateway).await;
    gateway
        .until(|script| (script.seen.check_ins.len() > 1).then_some(()))
        .await;
    agent.stop().await;
    // As after an upgrade: the same tag, but now the agent understands what it stands for.
    gateway.change(|script| script.config = Some(other_trust(0)));
    agent.start();
    gateway
        .until(|script| (script.seen.renewals > 0).then_some(()))
        .await;
    agent.stop().await;
}
