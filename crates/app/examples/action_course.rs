//! How an action over many devices goes: how long it takes to begin it, to deliver and to end all of
//! its tasks, and after how long its counts show the last end.
//!
//! `action_course sqlite 10000`, or `action_course postgres 10000` with `LATARNIK_TEST_POSTGRES`;
//! prints one line of JSON. The devices are sixteen at a time, and speak to the use cases: no HTTP
//! and no TLS in it.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot be made should fail at once, and its line is the result"
)]

use latarnik_app::{
    ActionRequest, ActionTarget, AgentIdentity, App, DeviceFilter, DeviceQuery, DeviceSort,
    Direction, Event, RequestedParameters,
    agents::{self, Outcome, Registration, Report},
};
use latarnik_model::{Clock, Role, TaskState, When};
use latarnik_testkit::{Database, Office, facts};
use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// Devices that speak at the same time.
const AT_ONCE: usize = 16;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let database = match arguments.next().as_deref() {
        Some("sqlite") => Database::sqlite().await,
        Some("postgres") => Database::postgres().await,
        _ => panic!("say `sqlite` or `postgres`"),
    };
    let count: u32 = arguments.next().unwrap().parse().unwrap();
    let office = Office::open(database).await;
    let owner = office.person(office.bakery, Role::Owner).await;
    let devices = register(&office, count).await;
    let app = office.app.clone();
    tokio::spawn(async move { app.run(std::future::pending()).await });
    let listener = tokio::spawn(listen(office.app.events().subscribe(), u64::from(count)));

    let begun = Instant::now();
    let action = office.app.create_action(&owner, request()).await.unwrap();
    let created = begun.elapsed();
    let begun = Instant::now();
    each(&office.app, &devices, |app, agent| async move {
        agents::take_tasks(&app, &agent, 0).await.unwrap();
        agents::take_tasks(&app, &agent, 1).await.unwrap();
    })
    .await;
    let delivered = begun.elapsed();
    let begun = Instant::now();
    let at = office.clock.now();
    each(&office.app, &devices, move |app, agent| async move {
        // Each device asked for its tasks once more, to know which it has.
        let tasks = agents::take_tasks(&app, &agent, 0).await.unwrap().tasks;
        let task = tasks.first().unwrap().id;
        for report in [Report::Running, Report::Finished(success())] {
            agents::report_task(&app, &agent, task, at, report)
                .await
                .unwrap();
        }
    })
    .await;
    let ended = begun.elapsed();
    let last = Instant::now();
    let id = action.record.id;
    let read = office.app.read_action(&owner, id).await.unwrap();
    let read_after = last.elapsed();
    assert_eq!(read.count(TaskState::Succeeded), u64::from(count));
    let (told, actions, tasks) = listener.await.unwrap();
    println!(
        r#"{{"devices":{count},"create_ms":{},"deliver_ms":{},"end_ms":{},"told_after_ms":{},"read_ms":{},"action_events":{actions},"task_events":{tasks}}}"#,
        created.as_millis(),
        delivered.as_millis(),
        ended.as_millis(),
        told.saturating_duration_since(last).as_millis(),
        read_after.as_millis(),
    );
}

fn request() -> ActionRequest {
    let query = DeviceQuery {
        tenant_id: None,
        filter: DeviceFilter::default(),
        online: None,
        sort: DeviceSort::Hostname,
        direction: Direction::Ascending,
    };
    ActionRequest {
        breach: latarnik_app::WindowBreach::Refuse,
        parameters: RequestedParameters::Scan,
        target: ActionTarget::Matching(Box::new(query)),
        when: When::Now,
        deadline: None,
        idempotency_key: "all".to_owned(),
    }
}

fn success() -> Outcome {
    Outcome {
        state: TaskState::Succeeded,
        reason: None,
        reason_detail: None,
        started_at: None,
        exit_code: Some(0),
        stdout: String::new(),
        stderr: String::new(),
        updates: Vec::new(),
        scan: None,
        boot_id: None,
    }
}

async fn register(office: &Office, count: u32) -> Arc<[AgentIdentity]> {
    let secret_hash = office.secret_hash(office.bakery, None).await;
    let mut devices = Vec::new();
    for number in 0..count {
        let mut key_fingerprint = [9; 32];
        if let Some(bytes) = key_fingerprint.first_chunk_mut() {
            *bytes = number.to_be_bytes();
        }
        let registration = Registration {
            secret_hash,
            key_fingerprint,
            facts: facts(&format!("machine-{number:06}")),
        };
        devices.push(agents::register(&office.app, registration).await.unwrap());
    }
    devices.into()
}

/// Does something on each device, some at a time.
async fn each<F: Future<Output = ()> + Send + 'static>(
    app: &App,
    devices: &Arc<[AgentIdentity]>,
    work: impl Fn(App, AgentIdentity) -> F + Clone + Send + 'static,
) {
    let workers = (0..AT_ONCE).map(|first| {
        let (app, devices, work) = (app.clone(), devices.clone(), work.clone());
        tokio::spawn(async move {
            for agent in devices.iter().skip(first).step_by(AT_ONCE) {
                work(app.clone(), *agent).await;
            }
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.unwrap();
    }
}

/// Counts events until all tasks have ended and the action was told after that: when that was, and
/// how many of actions and of tasks there were.
async fn listen(mut events: Receiver<Event>, tasks: u64) -> (Instant, u64, u64) {
    let (mut of_actions, mut of_tasks, mut ended) = (0, 0, 0);
    loop {
        match tokio::time::timeout(Duration::from_secs(600), events.recv()).await {
            Ok(Ok(Event::ActionChanged { .. })) => {
                of_actions += 1;
                if ended == tasks {
                    return (Instant::now(), of_actions, of_tasks);
                }
            }
            Ok(Ok(Event::TaskChanged { state, .. })) => {
                of_tasks += 1;
                ended += u64::from(state.is_final());
            }
            Ok(Ok(_) | Err(RecvError::Lagged(_))) => {}
            Ok(Err(RecvError::Closed)) | Err(_) => panic!("the action was never told"),
        }
    }
}
