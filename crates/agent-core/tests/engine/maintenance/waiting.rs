//! Nothing begins outside of its window, whoever is out of contact and whatever the clocks do.

use super::*;
use crate::harness::{WrongClock, opened, pace, scan_now};
use latarnik_agent_core::{
    LearnedTime, Needs, Part,
    engine::{ClockStanding, RulesStanding},
};
use latarnik_model::{RestartDelay, TaskState};
use latarnik_protocol::TaskReport;
use std::time::Duration;

#[tokio::test]
async fn a_month_out_of_contact_work_runs_when_its_window_opens_and_results_arrive_in_order() {
    let gateway = lasting_gateway().await;
    let mut agent = Agent::enrolled(&gateway).await;
    let start = days_later(in_minutes(&agent, 60), 28);
    gateway.set_config(wanted(&[weekly(start, 120)], &[]));
    agent.start();
    let first = gateway.add(&install_in_window(&["a"]));
    let second = gateway.add(&install_in_window(&["b"]));
    let until = gateway
        .until(|script| {
            let last = told(script, second).last().copied();
            last.filter(|_| !told(script, first).is_empty())
        })
        .await;
    assert_eq!(until.1, WaitReason::Window);
    cut_off(&gateway, &agent).await;
    // The agent starts anew meanwhile: the rules are on its disk.
    agent.stop().await;
    reach(&gateway, &agent, start - 3.minutes());
    agent.start();
    waits(&agent, first, (Some(start), WaitReason::Window)).await;
    assert_eq!(installed(&agent), [""; 0]);
    reach(&gateway, &agent, start);
    when(|| (installed(&agent) == ["a", "b"]).then_some(())).await;
    gateway.set_gone(false);
    for id in [first, second] {
        assert_eq!(gateway.outcome(id).await.state, TaskState::Succeeded);
    }
    let script = gateway.script();
    let finished = |report: &&TaskReport| matches!(report.event, TaskEvent::Finished(_));
    let reports = script.seen.reports.iter().filter(finished);
    let order: Vec<_> = reports.map(|report| report.task_id).collect();
    assert_eq!(order, [first, second]);
}

#[tokio::test]
async fn what_a_person_asked_for_and_what_no_window_binds_begins_at_once() {
    let gateway = lasting_gateway().await;
    let mut agent = Agent::enrolled(&gateway).await;
    let start = in_minutes(&agent, 600);
    gateway.set_config(wanted(&[weekly(start, 60)], &[]));
    agent.start();
    let scan = Task {
        when: When::InWindow,
        ..scan_now()
    };
    let by_force = Task {
        when: When::Now,
        ..install_in_window(&["a"])
    };
    for task in [scan, by_force] {
        let id = gateway.add(&task);
        assert_eq!(gateway.outcome(id).await.state, TaskState::Succeeded);
    }
}

#[tokio::test]
async fn a_task_that_needs_more_than_its_window_waits_for_a_longer_one() {
    let gateway = lasting_gateway().await;
    let mut agent = Agent::enrolled(&gateway).await;
    let mut needs = Needs::default();
    needs.learn(Part::Update, Duration::from_secs(40 * 60));
    opened(agent.folder.path()).set_needs(&needs).unwrap();
    let start = in_minutes(&agent, -1);
    gateway.set_config(wanted(&[daily(start, 30)], &[]));
    agent.start();
    let id = gateway.add(&install_in_window(&["a"]));
    told_last(&gateway, id, (None, WaitReason::LongerWindow)).await;
    gateway.set_config(wanted(&[daily(start, 60)], &[]));
    assert_eq!(gateway.outcome(id).await.state, TaskState::Succeeded);
}

#[tokio::test]
async fn without_rules_and_with_rules_of_a_newer_server_work_that_they_bind_holds() {
    let gateway = lasting_gateway().await;
    let mut agent = Agent::enrolled(&gateway).await;
    let start = in_minutes(&agent, -1);
    let mut newer = daily(start, 600);
    newer["definition"]["recurrence"] = json!({"type": "lunar"});
    for config in [
        AgentConfig {
            check_in_interval_seconds: 1,
            ..AgentConfig::default()
        },
        wanted(&[newer], &[]),
    ] {
        let standing = match config.maintenance {
            Some(_) => RulesStanding::Unreadable,
            None => RulesStanding::Missing,
        };
        gateway.set_config(config);
        if standing == RulesStanding::Missing {
            agent.start();
        }
        let id = gateway.add(&install_in_window(&["a"]));
        told_last(&gateway, id, (None, WaitReason::RulesUnknown)).await;
        status(&agent, |status| (status.rules == standing).then_some(())).await;
        // Everything else goes on.
        let scan = gateway.add(&scan_now());
        assert_eq!(gateway.outcome(scan).await.state, TaskState::Succeeded);
    }
    assert_eq!(installed(&agent), [""; 0]);
    gateway.set_config(wanted(&[daily(start, 600)], &[]));
    when(|| (installed(&agent).len() == 2).then_some(())).await;
}

#[tokio::test]
async fn an_agent_that_never_heard_the_time_does_not_guess() {
    let gateway = lasting_gateway().await;
    let mut agent = Agent::enrolled(&gateway).await;
    let start = in_minutes(&agent, 60);
    gateway.set_config(wanted(&[daily(start, 600)], &[]));
    agent.start();
    let id = gateway.add(&install_in_window(&["a"]));
    told_last(&gateway, id, (Some(start), WaitReason::Window)).await;
    cut_off(&gateway, &agent).await;
    agent.stop().await;
    let state = opened(agent.folder.path());
    state.set_learned_time(LearnedTime::default()).unwrap();
    drop(state);
    agent.start();
    waits(&agent, id, (None, WaitReason::ClockUnknown)).await;
    reach(&gateway, &agent, start);
    status(&agent, |status| {
        (status.clock == ClockStanding::Unknown).then_some(())
    })
    .await;
    assert_eq!(installed(&agent), [""; 0]);
    gateway.set_gone(false);
    assert_eq!(gateway.outcome(id).await.state, TaskState::Succeeded);
}

#[tokio::test]
async fn a_clock_that_somebody_sets_while_nobody_tells_the_time_opens_no_window() {
    for jump in [
        SignedDuration::from_hours(365 * 24),
        -SignedDuration::from_hours(50 * 365 * 24),
    ] {
        let gateway = lasting_gateway().await;
        let mut agent = Agent::enrolled(&gateway).await;
        let start = in_minutes(&agent, 60);
        gateway.set_config(wanted(&[weekly(start, 120)], &[]));
        agent.start();
        let id = gateway.add(&install_in_window(&["a"]));
        told_last(&gateway, id, (Some(start), WaitReason::Window)).await;
        cut_off(&gateway, &agent).await;
        agent.clock.set(jump);
        let written = |agent: &Agent| {
            let status = read_status(agent.folder.path()).ok()??;
            Some(status.written_at)
        };
        // It looks again after the jump, and still waits for the same instant.
        agent.machine.moves_to(Some("Europe/Warsaw"));
        status(&agent, |status| status.time_zone.clone()).await;
        assert!(written(&agent).is_some());
        waits(&agent, id, (Some(start), WaitReason::Window)).await;
        // A new process goes on from there.
        agent.stop().await;
        agent.start();
        waits(&agent, id, (Some(start), WaitReason::Window)).await;
        assert_eq!(installed(&agent), [""; 0]);
        let left = SignedDuration::from_mins(61);
        agent.clock.advance(left);
        gateway.script().ahead += left;
        when(|| (installed(&agent) == ["a"]).then_some(())).await;
    }
}

#[tokio::test]
async fn a_machine_whose_clock_fell_back_while_it_was_off_waits_for_the_servers_time() {
    let gateway = lasting_gateway().await;
    let mut agent = Agent::enrolled(&gateway).await;
    let start = in_minutes(&agent, 60);
    gateway.set_config(wanted(&[daily(start, 120)], &[]));
    agent.start();
    let id = gateway.add(&install_in_window(&["a"]));
    told_last(&gateway, id, (Some(start), WaitReason::Window)).await;
    cut_off(&gateway, &agent).await;
    agent.stop().await;
    agent.clock.set(-SignedDuration::from_hours(50 * 365 * 24));
    agent.start();
    waits(&agent, id, (None, WaitReason::ClockUnknown)).await;
    gateway.set_gone(false);
    told_last(&gateway, id, (Some(start), WaitReason::Window)).await;
}

#[tokio::test]
async fn people_at_the_machine_see_the_rules_the_openings_and_what_waits() {
    let gateway = lasting_gateway().await;
    let mut agent = Agent::enrolled_with(&gateway, WrongClock::default()).await;
    agent.pace = pace();
    let start = in_minutes(&agent, 60);
    gateway.set_config(wanted(&[weekly(start, 120)], &[]));
    agent.start();
    let id = gateway.add(&task(
        TaskParameters::Restart {
            delay_minutes: RestartDelay::NONE,
            postponements: None,
            if_pending: false,
        },
        When::InWindow,
    ));
    waits(&agent, id, (Some(start), WaitReason::Window)).await;
    let told = status(&agent, |status| Some(status.clone())).await;
    assert_eq!(
        (told.rules, told.clock),
        (RulesStanding::Known, ClockStanding::Known)
    );
    assert!(told.rules_since.is_some());
    let update = &told.actions[0];
    assert!(
        !update.open && update.because.contains("window \"Night\""),
        "{update:?}"
    );
    assert_eq!(update.openings.len(), 5);
    let backup = &told.actions[2];
    assert!(backup.open, "{backup:?}");
}
