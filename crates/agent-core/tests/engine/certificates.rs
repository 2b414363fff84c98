//! Renewal.

use crate::{gateway::Gateway, harness::Agent};
use latarnik_agent_core::state::State;
use std::time::Duration;

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
    let after = State::open(agent.folder.path())
        .unwrap()
        .identity()
        .unwrap()
        .unwrap();
    assert_eq!(after.device_id, before.device_id);
    assert_ne!(after.key, before.key);
    assert!(after.expires_at > before.expires_at);
    assert_eq!(gateway.script().seen.renewals, 1);
}
