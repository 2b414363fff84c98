//! Long polls, results and logs.

use crate::support::{Device, Server, already_known, in_time, ok, refused};
use latarnik_model::{TaskId, TaskParameters, TaskState};
use latarnik_protocol::{
    OutputExcerpt, ProblemCode, TaskBatch, TaskEvent, TaskOutcome, limits, paths,
};
use reqwest::{Method, StatusCode};

const UNKNOWN: (StatusCode, ProblemCode) = (StatusCode::NOT_FOUND, ProblemCode::TaskUnknown);

fn finished(state: TaskState) -> TaskEvent {
    TaskEvent::Finished(TaskOutcome {
        state,
        reason: None,
        reason_detail: None,
        started_at: None,
        exit_code: Some(0),
        output: OutputExcerpt::default(),
        updates: Vec::new(),
        scan: None,
        boot_id: None,
    })
}

/// A device with one task that it has taken.
async fn device_with_task(server: &Server) -> (Device, TaskId) {
    let device = server.device().await;
    server.ask_for_scan(device.id, &device.id.to_string()).await;
    let batch = device.agent.tasks(0).await;
    (device, batch.tasks[0].id)
}

async fn state(server: &Server, task: TaskId) -> TaskState {
    server
        .app
        .read_task(&server.operator, task)
        .await
        .unwrap()
        .state
}

async fn log(server: &Server, task: TaskId) -> Vec<u8> {
    let mut reader = server
        .app
        .read_task_log(&server.operator, task)
        .await
        .unwrap();
    let mut log = Vec::new();
    while let Some(piece) = reader.next().await.unwrap() {
        log.extend(piece);
    }
    log
}

#[tokio::test]
async fn waiting_poll_gets_a_new_task_at_once_and_other_devices_do_not() {
    let server = Server::start().await;
    let (device, other) = (server.device().await, server.device().await);
    let (poll, other_poll) = (device.agent.poll(0), other.agent.poll(0));
    server.polls_wait(2).await;
    server.ask_for_scan(device.id, "first").await;
    let batch: TaskBatch = ok(in_time(poll).await.unwrap()).await;
    assert_eq!(batch.tasks.len(), 1);
    assert_eq!(
        batch.tasks[0].read().unwrap().parameters,
        TaskParameters::Scan
    );
    assert_eq!(server.gateway.waiting_polls(), 1);
    other_poll.abort();
}

#[tokio::test]
async fn task_is_offered_until_it_is_acknowledged() {
    let server = Server::start().await;
    let (device, task) = device_with_task(&server).await;
    let again = device.agent.tasks(0).await;
    assert_eq!(again.tasks[0].id, task);
    assert_eq!(state(&server, task).await, TaskState::Queued);
    assert!(
        device
            .agent
            .tasks(again.tasks[0].sequence)
            .await
            .tasks
            .is_empty()
    );
    assert_eq!(state(&server, task).await, TaskState::Delivered);
}

#[tokio::test]
async fn newer_poll_of_a_device_ends_the_older_one_empty() {
    let server = Server::start().await;
    let device = server.device().await;
    let older = device.agent.poll(0);
    server.polls_wait(1).await;
    let newer = device.agent.poll(0);
    let batch: TaskBatch = ok(in_time(older).await.unwrap()).await;
    assert!(batch.tasks.is_empty());
    server.polls_wait(1).await;
    server.ask_for_scan(device.id, "first").await;
    assert_eq!(
        ok::<TaskBatch>(in_time(newer).await.unwrap())
            .await
            .tasks
            .len(),
        1
    );
}

#[tokio::test]
async fn broken_connection_takes_its_poll_and_its_presence_along() {
    let server = Server::start().await;
    let device = server.device().await;
    let poll = device.agent.poll(0);
    server.polls_wait(1).await;
    assert!(server.gateway.is_connected(device.id));
    poll.abort();
    drop(device.agent);
    server.polls_wait(0).await;
    in_time(async {
        while server.gateway.connected_devices() != 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn cancellation_wakes_the_poll_and_is_told_once_at_once() {
    let server = Server::start().await;
    let (device, task) = device_with_task(&server).await;
    let after = device.agent.tasks(0).await.tasks[0].sequence;
    let poll = device.agent.poll(after);
    server.polls_wait(1).await;
    server
        .app
        .cancel_task(&server.operator, task)
        .await
        .unwrap();
    let batch: TaskBatch = ok(in_time(poll).await.unwrap()).await;
    assert_eq!(batch.cancelled, [task]);
    // Told already: this poll waits, although the task has not ended yet.
    let poll = device.agent.poll(after);
    server.polls_wait(1).await;
    assert!(!poll.is_finished());
    poll.abort();
}

#[tokio::test]
async fn shutdown_ends_a_long_poll_empty_and_then_the_connection() {
    let mut server = Server::start().await;
    let device = server.device().await;
    let poll = device.agent.poll(0);
    server.polls_wait(1).await;
    server.begin_shutdown();
    let batch: TaskBatch = ok(in_time(poll).await.unwrap()).await;
    assert!(batch.tasks.is_empty());
    server.shutdown_is_over().await;
    assert!(
        device
            .agent
            .call(Method::GET, paths::CONFIG)
            .send()
            .await
            .is_err()
    );
}

#[tokio::test]
async fn result_that_is_delivered_twice_is_known_the_second_time() {
    let server = Server::start().await;
    let (device, task) = device_with_task(&server).await;
    assert!(!already_known(device.agent.report(task, TaskEvent::Running).await).await);
    assert!(already_known(device.agent.report(task, TaskEvent::Running).await).await);
    for known in [false, true] {
        let response = device
            .agent
            .report(task, finished(TaskState::Succeeded))
            .await;
        assert_eq!(already_known(response).await, known);
    }
    let late = device.agent.report(task, finished(TaskState::Failed)).await;
    assert!(already_known(late).await);
    assert_eq!(state(&server, task).await, TaskState::Succeeded);
}

#[tokio::test]
async fn task_of_another_device_is_unknown() {
    let server = Server::start().await;
    let (_, task) = device_with_task(&server).await;
    let other = server.device().await;
    let report = other
        .agent
        .report(task, finished(TaskState::Succeeded))
        .await;
    assert_eq!(refused(report).await, UNKNOWN);
    assert_eq!(
        refused(other.agent.put_log(task, "log").await).await,
        UNKNOWN
    );
    assert_eq!(state(&server, task).await, TaskState::Queued);
    let path = format!("{}/garbage", paths::TASK_LOG);
    let response = other
        .agent
        .call(Method::PUT, &path)
        .body("log")
        .send()
        .await
        .unwrap();
    assert_eq!(refused(response).await, UNKNOWN);
}

#[tokio::test]
async fn task_that_ends_in_a_state_that_is_no_end_is_refused() {
    let server = Server::start().await;
    let (device, task) = device_with_task(&server).await;
    let refusal = refused(
        device
            .agent
            .report(task, finished(TaskState::Running))
            .await,
    )
    .await;
    assert_eq!(
        refusal,
        (StatusCode::BAD_REQUEST, ProblemCode::MalformedBody)
    );
}

#[tokio::test]
async fn log_is_stored_whole_and_replaces_an_earlier_one() {
    let server = Server::start().await;
    let (device, task) = device_with_task(&server).await;
    let long: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_be_bytes).collect();
    for content in [b"short".to_vec(), long] {
        let response = device.agent.put_log(task, content.clone()).await;
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
        assert!(log(&server, task).await == content);
    }
}

#[tokio::test]
async fn log_over_its_limit_is_refused_and_the_earlier_one_stays() {
    let server = Server::start().await;
    let (device, task) = device_with_task(&server).await;
    device.agent.put_log(task, "short").await;
    let too_long = vec![b'x'; usize::try_from(limits::TASK_LOG_BYTES).unwrap() + 1];
    let refusal = refused(device.agent.put_log(task, too_long).await).await;
    assert_eq!(
        refusal,
        (StatusCode::PAYLOAD_TOO_LARGE, ProblemCode::BodyTooLarge)
    );
    assert_eq!(log(&server, task).await, b"short");
}

#[tokio::test]
async fn question_that_makes_no_sense_is_refused() {
    let server = Server::start().await;
    let device = server.device().await;
    for query in ["wait=soon", "after=-1", "wait=1&after="] {
        let response = device.agent.get(&format!("{}?{query}", paths::TASKS)).await;
        let refusal = refused(response).await;
        assert_eq!(
            refusal,
            (StatusCode::BAD_REQUEST, ProblemCode::MalformedRequest),
            "{query}"
        );
    }
}
