//! A restart that windows bind comes inside of them, or when a person at the machine asks for it.

use super::*;
use latarnik_agent_core::{Choice, Notice, Withdrawal};
use latarnik_model::{MaintenanceAction, Postponements, RestartDelay};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

fn restart_in_window(delay: u16, most: u8) -> Task {
    let parameters = TaskParameters::Restart {
        delay_minutes: RestartDelay::try_from(delay).unwrap(),
        postponements: Postponements::new(most, 60).ok().filter(|_| most > 0),
        if_pending: false,
    };
    task(parameters, When::InWindow)
}

/// An agent whose machine wants a restart, with somebody at it, inside of a daily window of ninety
/// minutes.
async fn counting_down(gateway: &Gateway, task: &Task) -> (Agent, TaskId, Timestamp, Notice) {
    let mut agent = Agent::enrolled(gateway).await;
    agent.machine.wants_restart();
    agent.machine.sign_in(&["anna"]);
    let start = in_minutes(&agent, -1);
    gateway.set_config(wanted(&[daily(start, 90)], &[]));
    agent.start();
    let id = gateway.add(task);
    let notice = shown(&agent).await;
    (agent, id, start, notice)
}

async fn shown(agent: &Agent) -> Notice {
    when(|| {
        let shown = agent.machine.shown.lock().unwrap();
        shown.as_ref().map(|(notice, _)| notice.clone())
    })
    .await
}

fn restarts(agent: &Agent) -> usize {
    agent.machine.restarts.lock().unwrap().len()
}

#[tokio::test]
async fn a_restart_whose_delay_does_not_fit_waits_for_the_next_opening() {
    let gateway = lasting_gateway().await;
    let mut agent = Agent::enrolled(&gateway).await;
    agent.machine.wants_restart();
    // Forty minutes are left: too few for the delay and the restart itself.
    let start = in_minutes(&agent, -20);
    gateway.set_config(wanted(&[daily(start, 60)], &[]));
    agent.start();
    let id = gateway.add(&restart_in_window(40, 0));
    let next = days_later(start, 1);
    told_last(&gateway, id, (Some(next), WaitReason::LongerWindow)).await;
    assert_eq!(restarts(&agent), 0);
}

#[tokio::test]
async fn a_restart_that_people_put_off_beyond_its_window_waits_for_the_next_and_is_not_dropped() {
    let gateway = lasting_gateway().await;
    let (agent, id, start, notice) = counting_down(&gateway, &restart_in_window(15, 2)).await;
    assert_eq!(notice.postponement.map(|p| p.left), Some(2));
    agent.machine.answer(Choice::Postpone);
    let second = when(|| {
        let shown = agent.machine.shown.lock().unwrap();
        let notice = shown.as_ref().map(|(notice, _)| notice.clone());
        notice.filter(|shown| shown.until != notice_until(&agent, 0))
    })
    .await;
    assert_eq!(second.postponement.map(|p| p.left), Some(1));
    cut_off(&gateway, &agent).await;
    agent.machine.answer(Choice::Postpone);
    // An hour and a quarter, and another hour: that is beyond the window.
    let next = days_later(start, 1);
    waits(&agent, id, (Some(next), WaitReason::Window)).await;
    let withdrawals = agent.machine.withdrawals.lock().unwrap().clone();
    assert_eq!(withdrawals, [Withdrawal::PutOff]);
    assert_eq!(restarts(&agent), 0);
    gateway.set_gone(false);
    told_last(&gateway, id, (Some(next), WaitReason::Window)).await;
    cut_off(&gateway, &agent).await;
    reach(&gateway, &agent, next);
    // What people have used of their postponements stays used.
    let third = shown(&agent).await;
    assert_eq!(third.postponement, None);
    reach(&gateway, &agent, third.until);
    when(|| (restarts(&agent) == 1).then_some(())).await;
}

fn notice_until(agent: &Agent, number: usize) -> Timestamp {
    agent.machine.notices.lock().unwrap()[number].until
}

#[tokio::test]
async fn a_window_that_closes_while_a_restart_counts_down_puts_it_off() {
    let gateway = lasting_gateway().await;
    let (agent, id, start, _) = counting_down(&gateway, &restart_in_window(15, 0)).await;
    let end = days_later(start, 10);
    gateway.set_config(wanted(&[daily(start, 90)], &[blackout(start, end)]));
    told_last(&gateway, id, (Some(end), WaitReason::Blackout)).await;
    assert_eq!(restarts(&agent), 0);
    assert_eq!(*agent.machine.shown.lock().unwrap(), None);
}

#[tokio::test]
async fn a_person_at_the_machine_may_have_the_restart_at_once() {
    let gateway = lasting_gateway().await;
    let (agent, _, _, notice) = counting_down(&gateway, &restart_in_window(15, 0)).await;
    assert!(notice.may_restart_now);
    agent.machine.answer(Choice::RestartNow);
    when(|| (restarts(&agent) == 1).then_some(())).await;
}

#[tokio::test]
async fn a_machine_that_slept_through_its_window_does_not_restart_when_it_wakes() {
    let gateway = lasting_gateway().await;
    let (agent, id, start, _) = counting_down(&gateway, &restart_in_window(15, 0)).await;
    cut_off(&gateway, &agent).await;
    reach(&gateway, &agent, start + 600.minutes());
    waits(&agent, id, (Some(days_later(start, 1)), WaitReason::Window)).await;
    assert_eq!(restarts(&agent), 0);
}

#[tokio::test]
async fn a_person_who_answers_when_the_machine_wakes_after_its_window_is_told_once_more_and_has_it()
{
    let gateway = lasting_gateway().await;
    let (agent, _, _, notice) = counting_down(&gateway, &restart_in_window(15, 0)).await;
    cut_off(&gateway, &agent).await;
    // The window closes while the answer to the notice, which is still on the screen, is on its way.
    let (clock, server) = (agent.clock.clone(), gateway.clock_hand());
    *agent.machine.answering.lock().unwrap() = Some(Box::new(move || {
        let sleeps = SignedDuration::from_hours(10);
        clock.advance(sleeps);
        server(sleeps);
    }));
    agent.machine.answer(Choice::RestartNow);
    let again = when(|| {
        let shown = agent.machine.shown.lock().unwrap();
        let again = shown.as_ref().map(|(notice, _)| notice.clone());
        again.filter(|again| again.until != notice.until)
    })
    .await;
    when(|| restart_is_open(&agent).filter(|open| !open)).await;
    assert!(again.may_restart_now);
    assert_eq!(restarts(&agent), 0);
    agent.machine.answer(Choice::RestartNow);
    when(|| (restarts(&agent) == 1).then_some(())).await;
    assert!(!put_off(&agent));
}

#[tokio::test]
async fn a_restart_that_a_person_asked_for_comes_also_when_a_task_in_its_way_outlasts_the_window() {
    let gateway = lasting_gateway().await;
    let (agent, _, start, _) = counting_down(&gateway, &restart_in_window(15, 0)).await;
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
    let by_force = Task {
        when: When::Now,
        ..install_in_window(&["a"])
    };
    gateway.add(&by_force);
    when(|| begun.load(Ordering::Acquire).then_some(())).await;
    agent.machine.answer(Choice::RestartNow);
    // It waits for the installation, and is off the screen meanwhile.
    when(|| agent.machine.shown.lock().unwrap().is_none().then_some(())).await;
    cut_off(&gateway, &agent).await;
    reach(&gateway, &agent, start + 600.minutes());
    when(|| restart_is_open(&agent).filter(|open| !open)).await;
    goes_on.store(true, Ordering::Release);
    // So much later the person is told again, and then has it.
    let again = shown(&agent).await;
    assert_eq!(restarts(&agent), 0);
    reach(&gateway, &agent, again.until);
    when(|| (restarts(&agent) == 1).then_some(())).await;
    assert!(!put_off(&agent));
}

fn put_off(agent: &Agent) -> bool {
    let withdrawals = agent.machine.withdrawals.lock().unwrap();
    withdrawals.contains(&Withdrawal::PutOff)
}

/// What the agent tells people of it.
fn restart_is_open(agent: &Agent) -> Option<bool> {
    let status = read_status(agent.folder.path()).ok()??.maintenance?;
    is_open(&status, MaintenanceAction::Restart)
}
