//! What the server is told of the time that work needs.

use crate::{gateway::Gateway, harness::Agent};
use latarnik_protocol::{AgentConfig, CheckInRequest, WorkNeedsReport};

#[tokio::test]
async fn the_server_is_told_after_a_start_and_not_with_every_check_in() {
    let gateway = Gateway::start().await;
    gateway.change(|script| {
        script.config = Some(AgentConfig {
            check_in_interval_seconds: 1,
            ..AgentConfig::default()
        });
    });
    let mut agent = Agent::running(&gateway).await;
    let check_ins: Vec<CheckInRequest> = gateway
        .until(|script| {
            let seen = &script.seen.check_ins;
            let requests = seen.iter().map(|(_, request)| request.clone());
            (seen.len() >= 3).then(|| requests.collect())
        })
        .await;
    agent.stop().await;
    let told: Vec<_> = check_ins.iter().map(|request| request.needs).collect();
    let standard = WorkNeedsReport {
        update_seconds: 15 * 60,
        restart_seconds: 5 * 60,
    };
    assert_eq!(told.first(), Some(&Some(standard)));
    assert!(told.iter().skip(1).all(Option::is_none), "{told:?}");
}
