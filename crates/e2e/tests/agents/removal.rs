//! Removing a device.

use crate::{
    agent::Agent,
    server::{Server, in_time},
};
use latarnik_agent_core::engine::Standing;
use latarnik_model::TaskState;

#[tokio::test]
async fn removed_device_is_out_at_once_and_others_notice_nothing() {
    let server = Server::start().await;
    let (removed, other) = (Agent::running(&server).await, Agent::running(&server).await);
    in_time(async {
        while server.gateway.waiting_polls() != 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let app = &server.office.app;
    app.remove_device(&server.operator, removed.id)
        .await
        .unwrap();
    removed.stands(Standing::Rejected).await;
    server.install(vec![other.id], "update").await;
    server.tasks_are(1, TaskState::Succeeded).await;
    other.stands(Standing::Connected).await;
    assert!(removed.machine.installed.lock().unwrap().is_empty());
}
