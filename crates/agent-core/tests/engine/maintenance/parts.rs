//! An installation that its window has no room for goes on in the next.

use super::*;
use crate::{gateway::Fault, machine::update};
use latarnik_model::{ReasonCode, TaskState, UpdateOutcome};
use latarnik_protocol::{TaskOutcome, paths};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

const FIVE: [&str; 5] = ["a", "b", "c", "d", "e"];

/// Every update takes twenty minutes.
fn takes_twenty_minutes(gateway: &Gateway, agent: &Agent) {
    let (clock, server) = (agent.clock.clone(), gateway.clock_hand());
    let passes = move |_: &str| {
        let by = SignedDuration::from_mins(20);
        clock.advance(by);
        server(by);
    };
    agent.machine.on_each(passes);
}

fn outcomes(outcome: &TaskOutcome) -> Vec<(&str, UpdateOutcome)> {
    let updates = outcome.updates.iter();
    updates
        .map(|update| (update.key.as_str(), update.outcome))
        .collect()
}

fn all_installed() -> Vec<(&'static str, UpdateOutcome)> {
    FIVE.map(|key| (key, UpdateOutcome::Installed)).into()
}

/// An agent out of contact, just before a daily window of fifty minutes that five updates wait for.
async fn before_the_window(gateway: &Gateway, task: &Task) -> (Agent, TaskId, Timestamp) {
    let mut agent = Agent::enrolled(gateway).await;
    offer(&agent, &FIVE);
    takes_twenty_minutes(gateway, &agent);
    let start = in_minutes(&agent, 60);
    gateway.set_config(wanted(&[daily(start, 50)], &[]));
    agent.start();
    let id = gateway.add(task);
    told_last(gateway, id, (Some(start), WaitReason::Window)).await;
    cut_off(gateway, &agent).await;
    (agent, id, start)
}

#[tokio::test]
async fn five_updates_are_installed_in_three_windows_and_the_result_tells_of_all() {
    let gateway = lasting_gateway().await;
    let (mut agent, id, start) = before_the_window(&gateway, &install_in_window(&FIVE)).await;
    for (day, so_far) in [(0, 2), (1, 4)] {
        reach(&gateway, &agent, days_later(start, day));
        let next = days_later(start, day + 1);
        when(|| (installed(&agent).len() == so_far).then_some(())).await;
        waits(&agent, id, (Some(next), WaitReason::LongerWindow)).await;
        assert_eq!(installed(&agent), FIVE[..so_far]);
        // What is left is on the disk.
        agent.stop().await;
        agent.start();
    }
    reach(&gateway, &agent, days_later(start, 2));
    when(|| (installed(&agent) == FIVE).then_some(())).await;
    gateway.set_gone(false);
    let outcome = gateway.outcome(id).await;
    assert_eq!(
        (outcome.state, outcome.reason),
        (TaskState::Succeeded, None)
    );
    assert_eq!(outcomes(&outcome), all_installed());
    let script = gateway.script();
    assert_eq!(script.outcomes(id).len(), 1);
    let events = script
        .events(id)
        .into_iter()
        .filter_map(|event| match event {
            TaskEvent::Waiting { until, .. } => Some(*until),
            TaskEvent::Running => Some(None),
            _ => None,
        });
    let day = |day| Some(days_later(start, day));
    let expected = [day(0), None, day(1), None, day(2), None];
    // The same instant may be told twice: for another reason, or because an answer was lost.
    let mut events: Vec<_> = events.collect();
    events.dedup();
    assert_eq!(events, expected);
}

#[tokio::test]
async fn the_log_of_all_parts_is_one() {
    let gateway = lasting_gateway().await;
    let (agent, id, start) = before_the_window(&gateway, &install_in_window(&FIVE[..3])).await;
    reach(&gateway, &agent, start);
    when(|| (installed(&agent).len() == 2).then_some(())).await;
    waits(
        &agent,
        id,
        (Some(days_later(start, 1)), WaitReason::LongerWindow),
    )
    .await;
    reach(&gateway, &agent, days_later(start, 1));
    when(|| (installed(&agent).len() == 3).then_some(())).await;
    gateway.set_gone(false);
    let log = gateway
        .until(|script| script.seen.logs.get(&id).cloned())
        .await;
    assert_eq!(&log[..], b"installing\ninstalling\n");
}

#[tokio::test]
async fn everything_that_is_offered_means_in_a_later_part_what_is_offered_then() {
    let gateway = lasting_gateway().await;
    let everything = task(
        TaskParameters::InstallUpdates {
            update_keys: None,
            categories: None,
        },
        When::InWindow,
    );
    let (agent, id, start) = before_the_window(&gateway, &everything).await;
    reach(&gateway, &agent, start);
    waits(
        &agent,
        id,
        (Some(days_later(start, 1)), WaitReason::LongerWindow),
    )
    .await;
    when(|| (installed(&agent).len() == 2).then_some(())).await;
    // A newer version of one that was left, and an update that was undone, which had its turn.
    *agent.machine.offered.lock().unwrap() = ["a", "c2"].map(update).into();
    reach(&gateway, &agent, days_later(start, 1));
    when(|| (installed(&agent) == ["a", "b", "c2"]).then_some(())).await;
    gateway.set_gone(false);
    let outcome = gateway.outcome(id).await;
    use UpdateOutcome::{Installed, Skipped};
    let expected = [
        ("a", Installed),
        ("b", Installed),
        ("c", Skipped),
        ("d", Skipped),
        ("e", Skipped),
        ("c2", Installed),
    ];
    assert_eq!(outcomes(&outcome), expected);
    assert_eq!(outcome.reason, Some(ReasonCode::UpdateNotOffered));
}

#[tokio::test]
async fn killed_in_its_window_no_update_runs_twice_and_the_result_tells_what_was_done() {
    let gateway = lasting_gateway().await;
    let (mut agent, id, start) = before_the_window(&gateway, &install_in_window(&FIVE)).await;
    reach(&gateway, &agent, start);
    when(|| (installed(&agent).len() == 2).then_some(())).await;
    waits(
        &agent,
        id,
        (Some(days_later(start, 1)), WaitReason::LongerWindow),
    )
    .await;
    // The second part is killed within its first update.
    let killed = Arc::new(AtomicBool::new(false));
    let (reached, released) = (killed.clone(), Arc::new(AtomicBool::new(false)));
    let release = released.clone();
    agent.machine.on_each(move |_| {
        reached.store(true, Ordering::Release);
        while !release.load(Ordering::Acquire) {
            std::thread::yield_now();
        }
        panic!("the process is gone");
    });
    reach(&gateway, &agent, days_later(start, 1));
    when(|| killed.load(Ordering::Acquire).then_some(())).await;
    agent.drop_dead().await;
    released.store(true, Ordering::Release);
    offer(&agent, &["c", "d", "e"]);
    agent.start();
    gateway.set_gone(false);
    let outcome = gateway.outcome(id).await;
    assert_eq!(
        (outcome.state, outcome.reason),
        (TaskState::Failed, Some(ReasonCode::Interrupted))
    );
    use UpdateOutcome::{Installed, Skipped, Unconfirmed};
    let expected = [
        ("a", Installed),
        ("b", Installed),
        ("c", Unconfirmed),
        ("d", Skipped),
        ("e", Skipped),
    ];
    assert_eq!(outcomes(&outcome), expected);
    assert_eq!(installed(&agent), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_task_that_is_taken_back_between_two_windows_tells_what_it_did() {
    let gateway = lasting_gateway().await;
    let (agent, id, start) = before_the_window(&gateway, &install_in_window(&FIVE)).await;
    reach(&gateway, &agent, start);
    when(|| (installed(&agent).len() == 2).then_some(())).await;
    waits(
        &agent,
        id,
        (Some(days_later(start, 1)), WaitReason::LongerWindow),
    )
    .await;
    gateway.change(|script| script.cancelled.push(id));
    gateway.set_gone(false);
    let outcome = gateway.outcome(id).await;
    assert_eq!(outcome.state, TaskState::Cancelled);
    let installed = outcomes(&outcome)
        .into_iter()
        .filter(|(_, outcome)| *outcome == UpdateOutcome::Installed);
    assert_eq!(installed.count(), 2);
    assert_eq!(outcome.updates.len(), 5);
    assert!(outcome.started_at.is_some());
}

#[tokio::test]
async fn a_blackout_that_comes_while_updates_are_installed_lets_no_other_begin() {
    let gateway = lasting_gateway().await;
    let mut agent = Agent::enrolled(&gateway).await;
    offer(&agent, &FIVE);
    let now = in_minutes(&agent, -1);
    let end = days_later(now, 10);
    gateway.set_config(wanted(&[daily(now, 24 * 60)], &[]));
    let (begun, goes_on) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicBool::new(false)),
    );
    let (tell, wait) = (begun.clone(), goes_on.clone());
    agent.machine.on_each(move |_| {
        tell.store(true, Ordering::Release);
        while !wait.load(Ordering::Acquire) {
            std::thread::yield_now();
        }
    });
    agent.start();
    let id = gateway.add(&install_in_window(&FIVE));
    when(|| begun.load(Ordering::Acquire).then_some(())).await;
    let always = wanted(&[daily(now, 24 * 60)], &[blackout(now, end)]);
    gateway.set_config(always);
    update_is_open(&agent, false).await;
    goes_on.store(true, Ordering::Release);
    told_last(&gateway, id, (Some(end), WaitReason::Blackout)).await;
    assert_eq!(installed(&agent), ["a"]);
}

#[tokio::test]
async fn a_report_that_gets_lost_between_two_windows_is_sent_again() {
    let gateway = lasting_gateway().await;
    let (agent, id, start) = before_the_window(&gateway, &install_in_window(&FIVE)).await;
    reach(&gateway, &agent, start);
    when(|| (installed(&agent).len() == 2).then_some(())).await;
    waits(
        &agent,
        id,
        (Some(days_later(start, 1)), WaitReason::LongerWindow),
    )
    .await;
    gateway.fault(paths::TASK_RESULT, Fault::LoseAnswer);
    gateway.set_gone(false);
    let next = days_later(start, 1);
    told_last(&gateway, id, (Some(next), WaitReason::LongerWindow)).await;
}
