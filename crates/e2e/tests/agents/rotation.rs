//! Replacing the authority under a working fleet.

use crate::{agent::Agent, server::Server};
use latarnik_agent_core::{
    connection::CallError,
    engine::Standing,
    enrollment::{EnrollError, Existing},
};
use latarnik_model::TaskState;

#[tokio::test]
async fn fleet_goes_through_a_rotation_and_loses_no_task_and_no_report() {
    let server = Server::start().await;
    let mut fleet = Vec::new();
    for _ in 0..4 {
        fleet.push(Agent::running(&server).await);
    }
    let devices: Vec<_> = fleet.iter().map(|agent| agent.id).collect();
    let first = server.authorities().present().fingerprint();
    // One installation lasts from before the rotation until after its end.
    fleet[0].machine.hold();
    server.install(devices.clone(), "before").await;
    server.rotate();
    server.install(devices.clone(), "during").await;
    server.uncovered_are(0).await;
    for agent in &fleet {
        assert_eq!(agent.trusted(), 2);
    }
    server.install(devices.clone(), "renewed").await;
    server.finish().await;
    server.install(devices, "after").await;
    fleet[0].machine.release();
    server.tasks_are(16, TaskState::Succeeded).await;
    for agent in &mut fleet {
        agent.trusts(1).await;
        agent.stop().await;
        let installed = agent.machine.installed.lock().unwrap().clone();
        assert_eq!(installed, ["before", "during", "renewed", "after"]);
    }
    assert_ne!(server.authorities().present().fingerprint(), first);
}

#[tokio::test]
async fn agent_that_was_away_for_a_part_of_the_rotation_comes_through() {
    let server = Server::start().await;
    let (mut away, other) = (Agent::running(&server).await, Agent::running(&server).await);
    away.stands(Standing::Connected).await;
    away.stop().await;
    server.install(vec![away.id, other.id], "update").await;
    server.rotate();
    server.uncovered_are(1).await;
    away.start();
    server.uncovered_are(0).await;
    server.finish().await;
    server.tasks_are(2, TaskState::Succeeded).await;
    away.trusts(1).await;
    assert_eq!(*away.machine.installed.lock().unwrap(), ["update"]);
}

#[tokio::test]
async fn agent_that_was_away_for_the_whole_rotation_is_told_and_can_be_enrolled_anew() {
    let server = Server::start().await;
    let (mut away, other) = (Agent::running(&server).await, Agent::running(&server).await);
    away.stands(Standing::Connected).await;
    away.stop().await;
    let early = server.token().await;
    server.rotate();
    server.uncovered_are(1).await;
    other.trusts(2).await;
    server.finish().await;
    away.start();
    away.stands(Standing::Rejected).await;
    away.stop().await;
    let before = away.id;
    let refused = away.enroll(&early, Existing::Replace).await;
    assert!(
        matches!(refused, Err(EnrollError::Call(CallError::Untrusted { .. }))),
        "a token from before leads to the old authority: {refused:?}"
    );
    let token = server.token().await;
    away.enroll(&token, Existing::Replace).await.unwrap();
    assert_ne!(away.id, before);
    away.start();
    away.stands(Standing::Connected).await;
    server.install(vec![away.id], "update").await;
    server.tasks_are(1, TaskState::Succeeded).await;
}

#[tokio::test]
async fn agent_that_was_stopped_between_renewal_and_end_comes_through() {
    let server = Server::start().await;
    let mut agent = Agent::running(&server).await;
    server.rotate();
    server.uncovered_are(0).await;
    agent.stop().await;
    server.finish().await;
    server.install(vec![agent.id], "update").await;
    agent.start();
    server.tasks_are(1, TaskState::Succeeded).await;
    agent.trusts(1).await;
}

#[tokio::test]
async fn machine_that_is_enrolled_during_a_rotation_has_nothing_to_renew() {
    let server = Server::start().await;
    let early = Agent::running(&server).await;
    server.rotate();
    server.uncovered_are(0).await;
    early.trusts(2).await;
    let late = Agent::running(&server).await;
    let enrolled = late.identity();
    assert_eq!(late.trusted(), 2);
    server.uncovered_are(0).await;
    server.install(vec![late.id], "update").await;
    server.tasks_are(1, TaskState::Succeeded).await;
    assert_eq!(late.identity().certificate, enrolled.certificate);
}
