//! The rules change, or the machine moves, while a task waits.

use super::*;
use latarnik_model::{MaintenanceAction, TaskState};

#[tokio::test]
async fn a_window_that_changes_while_a_task_waits_is_followed_at_once_and_told() {
    use WaitReason::{Blackout, Window, WindowDefinition};
    let gateway = lasting_gateway().await;
    let mut agent = Agent::enrolled(&gateway).await;
    let start = in_minutes(&agent, 600);
    let (earlier, later) = (start - 120.minutes(), start + 60.minutes());
    gateway.set_config(wanted(&[weekly(start, 60)], &[]));
    agent.start();
    let id = gateway.add(&install_in_window(&["a"]));
    told_last(&gateway, id, (Some(start), Window)).await;
    gateway.set_config(wanted(&[weekly(earlier, 60)], &[]));
    told_last(&gateway, id, (Some(earlier), Window)).await;
    gateway.set_config(wanted(&[weekly(later, 60)], &[]));
    told_last(&gateway, id, (Some(later), Window)).await;
    gateway.set_config(wanted(&[], &[]));
    told_last(&gateway, id, (None, WindowDefinition)).await;
    let now = in_minutes(&agent, -1);
    let end = days_later(now, 10);
    let always = wanted(&[daily(now, 24 * 60)], &[blackout(now, end)]);
    gateway.set_config(always);
    told_last(&gateway, id, (Some(end), Blackout)).await;
    // What did not change was not told again.
    assert_eq!(told(&gateway.script(), id).len(), 5);
    gateway.set_config(wanted(&[daily(now, 24 * 60)], &[]));
    assert_eq!(gateway.outcome(id).await.state, TaskState::Succeeded);
    assert_eq!(told(&gateway.script(), id).len(), 5);
}

#[tokio::test]
async fn a_poll_that_names_another_configuration_is_followed_by_a_fetch_and_a_known_one_by_none() {
    let gateway = lasting_gateway().await;
    let mut agent = Agent::enrolled(&gateway).await;
    let rarely = |config: AgentConfig| AgentConfig {
        check_in_interval_seconds: 24 * 60 * 60,
        ..config
    };
    let start = in_minutes(&agent, 600);
    gateway.set_config(rarely(wanted(&[weekly(start, 60)], &[])));
    agent.start();
    let id = gateway.add(&install_in_window(&["a"]));
    told_last(&gateway, id, (Some(start), WaitReason::Window)).await;
    let fetched = gateway.script().configs_fetched;
    let second = gateway.add(&install_in_window(&["b"]));
    told_last(&gateway, second, (Some(start), WaitReason::Window)).await;
    assert_eq!(gateway.script().configs_fetched, fetched);
    let later = start + 60.minutes();
    gateway.set_config(rarely(wanted(&[weekly(later, 60)], &[])));
    told_last(&gateway, id, (Some(later), WaitReason::Window)).await;
    assert_eq!(gateway.script().configs_fetched, fetched + 1);
}

#[tokio::test]
async fn a_machine_that_moves_to_another_time_zone_waits_for_the_window_there() {
    let gateway = lasting_gateway().await;
    let mut agent = Agent::enrolled(&gateway).await;
    let start = in_minutes(&agent, 12 * 60);
    agent.machine.moves_to(Some("Etc/GMT"));
    gateway.set_config(wanted(&[local(start, 60)], &[]));
    agent.start();
    let id = gateway.add(&install_in_window(&["a"]));
    told_last(&gateway, id, (Some(start), WaitReason::Window)).await;
    // There the clocks are three hours ahead.
    agent.machine.moves_to(Some("Etc/GMT-3"));
    told_last(
        &gateway,
        id,
        (Some(start - 180.minutes()), WaitReason::Window),
    )
    .await;
    // One that nobody knows stands for the tenant's.
    agent.machine.moves_to(Some("Middle/Earth"));
    told_last(&gateway, id, (Some(start), WaitReason::Window)).await;
}

/// A daily window by the machine's own clock.
fn local(start: Timestamp, minutes: i64) -> Value {
    let mut window = daily(start, minutes);
    let definition = window["definition"].as_object_mut().unwrap();
    definition.remove("time_zone");
    window
}

#[tokio::test]
async fn a_machine_that_moves_out_of_contact_begins_when_the_window_opens_where_it_is() {
    // Three hours ahead, and five behind.
    for (zone, minutes) in [("Etc/GMT-3", -180), ("Etc/GMT+5", 300)] {
        let gateway = lasting_gateway().await;
        let mut agent = Agent::enrolled(&gateway).await;
        let start = in_minutes(&agent, 12 * 60);
        agent.machine.moves_to(Some("Etc/GMT"));
        gateway.set_config(wanted(&[local(start, 60)], &[]));
        agent.start();
        let id = gateway.add(&install_in_window(&["a"]));
        told_last(&gateway, id, (Some(start), WaitReason::Window)).await;
        cut_off(&gateway, &agent).await;
        agent.machine.moves_to(Some(zone));
        let there = start + minutes.minutes();
        waits(&agent, id, (Some(there), WaitReason::Window)).await;
        for earlier in [start, there - 30.seconds()] {
            if earlier < there {
                reach(&gateway, &agent, earlier);
                looks(&agent).await;
                assert_eq!(installed(&agent), [""; 0], "{zone}");
            }
        }
        reach(&gateway, &agent, there);
        when(|| (installed(&agent) == ["a"]).then_some(())).await;
        gateway.set_gone(false);
        assert_eq!(gateway.outcome(id).await.state, TaskState::Succeeded);
    }
}

#[tokio::test]
async fn a_machine_that_moves_while_it_installs_begins_no_update_that_the_new_clock_forbids() {
    let gateway = lasting_gateway().await;
    let mut agent = Agent::enrolled(&gateway).await;
    let start = in_minutes(&agent, -1);
    agent.machine.moves_to(Some("Etc/GMT"));
    let (machine, folder) = (agent.machine.clone(), agent.folder.path().to_owned());
    agent.machine.on_each(move |key| {
        if key == "a" {
            machine.moves_to(Some("Etc/GMT+5"));
            let closed = || {
                let status = read_status(&folder).ok()??.maintenance?;
                is_open(&status, MaintenanceAction::Update).filter(|open| !open)
            };
            while closed().is_none() {
                std::thread::yield_now();
            }
        }
    });
    gateway.set_config(wanted(&[local(start, 120)], &[]));
    agent.start();
    let id = gateway.add(&install_in_window(&["a", "b"]));
    let there = start + 300.minutes();
    told_last(&gateway, id, (Some(there), WaitReason::Window)).await;
    assert_eq!(installed(&agent), ["a"]);
    // Back home the window is still open.
    agent.machine.moves_to(Some("Etc/GMT"));
    let outcome = gateway.outcome(id).await;
    assert_eq!(outcome.state, TaskState::Succeeded);
    assert_eq!(installed(&agent), ["a", "b"]);
}

#[tokio::test]
async fn a_window_that_is_deleted_just_before_it_opens_lets_nothing_begin() {
    let gateway = lasting_gateway().await;
    let mut agent = Agent::enrolled(&gateway).await;
    let start = in_minutes(&agent, 60);
    gateway.set_config(wanted(&[daily(start, 60)], &[]));
    agent.start();
    let id = gateway.add(&install_in_window(&["a"]));
    told_last(&gateway, id, (Some(start), WaitReason::Window)).await;
    gateway.set_config(wanted(&[], &[]));
    waits(&agent, id, (None, WaitReason::WindowDefinition)).await;
    cut_off(&gateway, &agent).await;
    reach(&gateway, &agent, start);
    // The agent looked, and what it looked at is beyond the former start.
    update_is_open(&agent, false).await;
    waits(&agent, id, (None, WaitReason::WindowDefinition)).await;
    assert_eq!(installed(&agent), [""; 0]);
}
