//! Maintenance windows, from the operator's change to the agent's work.

use crate::{agent::Agent, server::Server};
use jiff::{SignedDuration, Timestamp};
use latarnik_model::{Blocker, MaintenanceAction, TaskState, WaitReason, When, WorkNeeds};

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

#[tokio::test]
async fn what_an_agent_learned_of_its_work_explains_why_nothing_begins() {
    let server = Server::start().await;
    let agent = Agent::running(&server).await;
    let standard = WorkNeeds::new(15 * 60, 5 * 60);
    server.needs_are(agent.id, standard).await;
    agent.machine.hold();
    server.install(vec![agent.id], "slow").await;
    agent.installs("slow").await;
    server.office.clock.advance(SignedDuration::from_mins(40));
    agent.machine.release();
    server.tasks_are(1, TaskState::Succeeded).await;
    let learned = WorkNeeds::new(40 * 60, 5 * 60);
    server.needs_are(agent.id, learned).await;
    // It is 12:40, and half an hour of the window is left.
    server.window("12:10", 60).await;
    server
        .install_when(When::InWindow, vec![agent.id], "later")
        .await;
    server
        .one_waits(WaitReason::LongerWindow, "2026-11-30T12:10:00Z")
        .await;
    let app = &server.office.app;
    let update = MaintenanceAction::Update;
    let explained = app.explain_maintenance(&server.operator, agent.id, update, None);
    let explained = explained.await.unwrap().explanation;
    assert!(explained.open);
    let short = Blocker::TooShort {
        needs_seconds: Some(40 * 60),
        left_seconds: Some(30 * 60),
        fits_at: Some("2026-11-30T12:10:00Z".parse().unwrap()),
    };
    assert!(
        explained.blockers.contains(&short),
        "{:?}",
        explained.blockers
    );
    assert_eq!(*agent.machine.installed.lock().unwrap(), ["slow"]);
}
