//! Maintenance windows, from the operator's change to the agent's work.

use crate::{agent::Agent, server::Server};
use jiff::Timestamp;
use latarnik_model::{TaskState, WaitReason, When};

/// The clocks of these tests stand at Monday, 23 November 2026, 12:00 UTC.
fn today(time: &str) -> Option<Timestamp> {
    Some(format!("2026-11-23T{time}:00Z").parse().unwrap())
}

#[tokio::test]
async fn changes_of_windows_reach_a_waiting_agent_which_works_when_one_opens() {
    let server = Server::start().await;
    let agent = Agent::running(&server).await;
    server
        .install_when(When::InWindow, vec![agent.id], "update")
        .await;
    server.tasks_wait(WaitReason::WindowDefinition, None).await;
    let window = server.window("22:00", 60).await;
    server.tasks_wait(WaitReason::Window, today("22:00")).await;
    server.move_window(window, "18:00").await;
    server.tasks_wait(WaitReason::Window, today("18:00")).await;
    assert!(agent.machine.installed.lock().unwrap().is_empty());
    server.move_window(window, "11:30").await;
    server.tasks_are(1, TaskState::Succeeded).await;
}
