//! Load tests, with their results as JSON on standard output.

use crate::{
    agent::Agent,
    clock::SystemClock,
    progress::{print_json, say},
    random::Random,
};
use anyhow::{Result, bail};
use jiff::Timestamp;
use latarnik_agent_core::connection::CallError;
use latarnik_model::{Clock, TaskId, TaskState};
use latarnik_protocol::{
    CheckInRequest, InventoryReport, OutputExcerpt, TaskEvent, TaskOutcome, TaskReport,
};
use serde::Serialize;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, sleep, timeout_at},
};

/// Time for connections to settle before anything counts.
const WARM_UP: Duration = Duration::from_secs(2);
/// Longest wait of one poll.
const POLL: Duration = Duration::from_secs(60);

#[derive(Debug, Serialize)]
struct Connected {
    state: &'static str,
    agents: usize,
}

#[derive(Debug, Serialize)]
struct CheckIns {
    state: &'static str,
    connections: usize,
    seconds: f64,
    check_ins: usize,
    failures: usize,
    check_ins_per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
}

#[derive(Debug, Serialize)]
struct ActionToStart {
    state: &'static str,
    agents: usize,
    tasks: usize,
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
}

/// Every agent checks in without pause, as an agent without news does.
pub(crate) async fn check_ins(agents: &[Arc<Agent>], duration: Duration) -> Result<()> {
    announce(agents)?;
    let (counting, stopping) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicBool::new(false)),
    );
    let mut running = JoinSet::new();
    for agent in agents.iter().cloned() {
        running.spawn(saturate(agent, counting.clone(), stopping.clone()));
    }
    sleep(WARM_UP).await;
    counting.store(true, Ordering::Relaxed);
    let started = Instant::now();
    sleep(duration).await;
    stopping.store(true, Ordering::Relaxed);
    let seconds = started.elapsed().as_secs_f64();
    let (mut latencies, mut failures) = (Vec::new(), 0);
    while let Some(result) = running.join_next().await {
        let (taken, failed) = result?;
        latencies.extend(taken);
        failures += failed;
    }
    latencies.sort_unstable();
    print_json(&CheckIns {
        state: "done",
        connections: agents.len(),
        seconds,
        check_ins: latencies.len(),
        failures,
        check_ins_per_second: latencies.len() as f64 / seconds,
        p50_ms: quantile_ms(&latencies, 0.5),
        p99_ms: quantile_ms(&latencies, 0.99),
    })
}

/// The answers' times in microseconds, and how many check-ins failed.
async fn saturate(
    agent: Arc<Agent>,
    counting: Arc<AtomicBool>,
    stopping: Arc<AtomicBool>,
) -> (Vec<u32>, usize) {
    let (mut request, client) = (heartbeat(&agent), agent.client());
    let (mut latencies, mut failures) = (Vec::new(), 0);
    let mut random = agent.random();
    while !stopping.load(Ordering::Relaxed) {
        request.sent_at = agent.clock.machine_now();
        let started = Instant::now();
        let answer = client.check_in(&request).await;
        let is_counted = counting.load(Ordering::Relaxed) && !stopping.load(Ordering::Relaxed);
        match answer {
            Ok(_) if is_counted => latencies.push(microseconds(started.elapsed())),
            Ok(_) => {}
            Err(error) => {
                failures += usize::from(is_counted);
                recover(&mut random, &error).await;
            }
        }
    }
    (latencies, failures)
}

/// A check-in without news.
fn heartbeat(agent: &Agent) -> CheckInRequest {
    let machine = agent.machine();
    CheckInRequest {
        sent_at: agent.clock.machine_now(),
        boot_id: machine.boot_id().to_owned(),
        booted_at: Some(machine.booted_at()),
        facts: None,
        scan: None,
        updates: Some(InventoryReport {
            hash: machine.inventory().hash(),
            delta: None,
            full: None,
        }),
        restart: None,
        last_restart: None,
        needs: None,
    }
}

/// Every agent waits for tasks and ends each at once, until the time is over or enough were read.
pub(crate) async fn action_to_start(
    agents: &[Arc<Agent>],
    duration: Duration,
    enough: Option<usize>,
) -> Result<()> {
    let (read, mut reads) = mpsc::unbounded_channel();
    let begun = SystemClock.now();
    let mut running = JoinSet::new();
    for agent in agents.iter().cloned() {
        running.spawn(answer_tasks(agent, begun, read.clone()));
    }
    drop(read);
    sleep(WARM_UP).await;
    announce(agents)?;
    let deadline = Instant::now() + duration;
    let mut latencies = Vec::new();
    while latencies.len() < enough.unwrap_or(usize::MAX) {
        match timeout_at(deadline, reads.recv()).await {
            Ok(Some(latency)) => latencies.push(microseconds(latency)),
            Ok(None) => bail!("the server rejected every agent"),
            Err(_) => break,
        }
    }
    latencies.sort_unstable();
    print_json(&ActionToStart {
        state: "done",
        agents: agents.len(),
        tasks: latencies.len(),
        p50_ms: quantile_ms(&latencies, 0.5),
        p99_ms: quantile_ms(&latencies, 0.99),
        max_ms: quantile_ms(&latencies, 1.0),
    })
}

/// Sends the age of each task when it was read; tasks of earlier runs are ended and do not count.
async fn answer_tasks(agent: Arc<Agent>, begun: Timestamp, read: mpsc::UnboundedSender<Duration>) {
    let mut random = agent.random();
    let mut after = 0;
    loop {
        match agent.client().tasks(POLL, after).await {
            Ok(batch) => {
                let now = SystemClock.now();
                for task in batch.tasks {
                    after = after.max(task.sequence);
                    let made = made_at(task.id);
                    if made >= begun {
                        // Nobody listens any more only when the measurement is over.
                        let _ = read.send(now.duration_since(made).unsigned_abs());
                    }
                    end_at_once(&agent, task.id).await;
                }
            }
            Err(error) if error.is_certificate_rejected() => return,
            Err(error) => recover(&mut random, &error).await,
        }
    }
}

/// The instant in a task's id, which the server puts there to the millisecond.
fn made_at(task: TaskId) -> Timestamp {
    let (seconds, nanoseconds) = task
        .0
        .get_timestamp()
        .map_or((0, 0), |stamp| stamp.to_unix());
    let seconds = i64::try_from(seconds).unwrap_or_default();
    let nanoseconds = i32::try_from(nanoseconds).unwrap_or_default();
    Timestamp::new(seconds, nanoseconds).unwrap_or_default()
}

async fn end_at_once(agent: &Agent, task_id: TaskId) {
    let outcome = TaskOutcome {
        state: TaskState::Succeeded,
        reason: None,
        reason_detail: None,
        started_at: Some(agent.clock.now()),
        exit_code: Some(0),
        output: OutputExcerpt::default(),
        updates: Vec::new(),
        scan: None,
        boot_id: None,
    };
    let report = TaskReport {
        task_id,
        at: agent.clock.now(),
        event: TaskEvent::Finished(outcome),
    };
    if let Err(error) = agent.client().report(&report).await {
        say(&format!("task {task_id}: {error}"));
    }
}

async fn recover(random: &mut Random, error: &CallError) {
    sleep(crate::identity::pause(random, 1, error)).await;
}

/// Says that every agent is connected.
pub(crate) fn announce(agents: &[Arc<Agent>]) -> Result<()> {
    print_json(&Connected {
        state: "connected",
        agents: agents.len(),
    })
}

fn microseconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)
}

/// A quantile of sorted microseconds, in milliseconds; 0 if there are none.
fn quantile_ms(sorted: &[u32], quantile: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let index = (last as f64 * quantile).ceil() as usize;
    sorted
        .get(index)
        .map_or(0.0, |microseconds| f64::from(*microseconds) / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_taken_from_the_sorted_list() {
        let sorted: Vec<u32> = (1..=100).map(|ms| ms * 1_000).collect();
        assert_eq!(quantile_ms(&sorted, 0.0), 1.0);
        assert_eq!(quantile_ms(&sorted, 0.5), 51.0);
        assert_eq!(quantile_ms(&sorted, 0.99), 100.0);
        assert_eq!(quantile_ms(&[], 0.5), 0.0);
    }

    #[test]
    fn a_task_was_made_at_the_instant_in_its_id() {
        let id = "0199f3a0-0000-7000-8000-000000000000"
            .parse::<TaskId>()
            .unwrap();
        assert_eq!(
            made_at(id),
            Timestamp::from_millisecond(0x0199_f3a0_0000).unwrap()
        );
    }
}
