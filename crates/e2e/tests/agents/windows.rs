//! Maintenance windows, from the operator's change to the agent's work.

use crate::{agent::Agent, server::Server};
use jiff::{SignedDuration, Timestamp};
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
#[tokio::test]
async fn an_agent_that_is_cut_off_for_a_month_works_in_its_window_and_tells_later() {
    let mut server = Server::start().await;
    let mut agent = Agent::running(&server).await;
    server.window("22:00", 60).await;
    server
        .install_when(When::InWindow, vec![agent.id], "update")
        .await;
    server.tasks_wait(WaitReason::Window, today("22:00")).await;
    server.hang_up().await;
    agent.stop().await;
    // Four weeks later, in the window.
    let later = SignedDuration::from_hours(28 * 24 + 10);
    server.office.clock.advance(later);
    agent.start();
    agent.installs("update").await;
    server.listen_again().await;
    server.tasks_are(1, TaskState::Succeeded).await;
}
