//! Restarts that count down: what people are shown, what they may answer, and that none is dropped
//! silently.

use crate::{
    gateway::{Gateway, Script},
    harness::{Agent, Seeded, install_now, scan_now, task},
};
use jiff::{SignedDuration, Timestamp};
use latarnik_agent_core::{Answer, Choice, Creator, Notice, Postponement, Withdrawal};
use latarnik_model::{
    Clock, Postponements, ReasonCode, RestartDelay, TaskId, TaskParameters, TaskState, When,
};
use latarnik_protocol::{RestartReport, Task, TaskEvent, TaskProgress};
use std::time::Duration;

fn restart(gateway: &Gateway, minutes: u16, most: u8) -> TaskId {
    let parameters = TaskParameters::Restart {
        delay_minutes: RestartDelay::try_from(minutes).unwrap(),
        postponements: (most > 0).then(|| Postponements::new(most, 15).unwrap()),
        if_pending: false,
    };
    gateway.add(&task(parameters, When::Now))
}

/// A machine that wants to restart, with these people.
async fn agent(gateway: &Gateway, people: &[&'static str]) -> Agent {
    let mut agent = Agent::enrolled(gateway).await;
    agent.pace.restart_grace = Duration::from_secs(48 * 60 * 60);
    agent.machine.wants_restart();
    agent.machine.sign_in(people);
    agent.start();
    agent
}

async fn when<T>(look: impl Fn() -> Option<T>) -> T {
    let found = async {
        loop {
            if let Some(found) = look() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let limit = Duration::from_secs(20);
    tokio::time::timeout(limit, found)
        .await
        .expect("it did not happen")
}

/// The notice on the screen, once it is as expected.
async fn shown(agent: &Agent, expected: impl Fn(&Notice) -> bool) -> Notice {
    when(|| {
        let shown = agent.machine.shown.lock().unwrap();
        let (notice, _) = shown.as_ref()?;
        expected(notice).then(|| notice.clone())
    })
    .await
}

async fn any_shown(agent: &Agent) -> Notice {
    shown(agent, |_| true).await
}

fn restarts(agent: &Agent) -> usize {
    agent.machine.restarts.lock().unwrap().len()
}

async fn asked_for(agent: &Agent) {
    when(|| (restarts(agent) == 1).then_some(())).await;
}

/// Moves the clock to just beyond this instant.
fn reach(agent: &Agent, instant: Timestamp) {
    let left = instant.duration_since(agent.clock.now());
    agent.clock.advance(left + SignedDuration::from_secs(1));
}

async fn progress(gateway: &Gateway, id: TaskId, postponed: u8) -> TaskProgress {
    gateway
        .until(|script| {
            script.events(id).into_iter().find_map(|event| match event {
                TaskEvent::Progress(progress) if progress.postponed == Some(postponed) => {
                    Some(progress.clone())
                }
                _ => None,
            })
        })
        .await
}

/// What the server was last told of a restart; a check-in without it changes nothing.
fn told(script: &Script) -> Option<&RestartReport> {
    let mut check_ins = script.seen.check_ins.iter().rev();
    check_ins.find_map(|(_, check_in)| check_in.restart.as_ref())
}

#[tokio::test]
async fn everybody_is_shown_when_the_machine_restarts_and_then_it_does() {
    let gateway = Gateway::start().await;
    let agent = agent(&gateway, &["anna", "jan"]).await;
    let id = restart(&gateway, 15, 0);
    let notice = any_shown(&agent).await;
    let told = progress(&gateway, id, 0).await;
    assert_eq!(told.restart_at, Some(notice.until));
    let in_minutes = notice.until.duration_since(agent.clock.now()).as_mins();
    assert!((14..=15).contains(&in_minutes), "{in_minutes}");
    assert_eq!(notice.postponement, None);
    assert!(!notice.may_restart_now, "two people are signed in");
    assert_eq!(restarts(&agent), 0);
    reach(&agent, notice.until);
    asked_for(&agent).await;
    let request = agent.machine.restarts.lock().unwrap()[0].clone();
    assert_eq!(request.delay, Duration::ZERO);
    let withdrawals = agent.machine.withdrawals.lock().unwrap().clone();
    assert_eq!(withdrawals, [Withdrawal::Quietly]);
}

#[tokio::test]
async fn people_may_know_who_asked_for_the_restart() {
    let gateway = Gateway::start().await;
    let agent = agent(&gateway, &["anna"]).await;
    let parameters = TaskParameters::Restart {
        delay_minutes: RestartDelay::try_from(15).unwrap(),
        postponements: None,
        if_pending: false,
    };
    let created_by = Some(Creator::User {
        name: "Jan Kowalski".to_owned(),
    });
    gateway.add(&Task {
        created_by: created_by.clone(),
        ..task(parameters, When::Now)
    });
    assert_eq!(any_shown(&agent).await.created_by, created_by);
}

#[tokio::test]
async fn where_nobody_is_signed_in_a_delay_is_let_go() {
    let gateway = Gateway::start().await;
    let agent = agent(&gateway, &[]).await;
    restart(&gateway, 60, 3);
    asked_for(&agent).await;
    assert!(agent.machine.notices.lock().unwrap().is_empty());
}

#[tokio::test]
async fn where_the_system_does_not_tell_who_is_there_the_delay_is_kept() {
    let gateway = Gateway::start().await;
    let agent = agent(&gateway, &[]).await;
    *agent.machine.people.lock().unwrap() = None;
    let id = restart(&gateway, 30, 1);
    let told = progress(&gateway, id, 0).await;
    assert_eq!(restarts(&agent), 0);
    any_shown(&agent).await;
    agent.machine.answer(Choice::Postpone);
    let told_again = progress(&gateway, id, 1).await;
    assert!(
        told_again.restart_at > told.restart_at,
        "somebody may be there"
    );
    let told = told_again;
    reach(&agent, told.restart_at.unwrap());
    asked_for(&agent).await;
}

#[tokio::test]
async fn people_postpone_as_often_as_they_may_and_the_server_knows() {
    let gateway = Gateway::start().await;
    let agent = agent(&gateway, &["anna"]).await;
    let id = restart(&gateway, 5, 2);
    let mut until = any_shown(&agent).await.until;
    for postponed in 1..=2_u8 {
        let left = 3 - postponed;
        let offered = Some(Postponement { minutes: 15, left });
        shown(&agent, |notice| notice.postponement == offered).await;
        agent.machine.answer(Choice::Postpone);
        let told = progress(&gateway, id, postponed).await;
        until += SignedDuration::from_mins(15);
        assert_eq!(told.restart_at, Some(until));
    }
    let last = shown(&agent, |notice| notice.postponement.is_none()).await;
    agent.machine.answer(Choice::Postpone);
    when(|| {
        agent
            .machine
            .answers
            .lock()
            .unwrap()
            .is_empty()
            .then_some(())
    })
    .await;
    assert_eq!(any_shown(&agent).await, last, "there is no third time");
    gateway
        .until(|script| {
            let restart = told(script)?;
            (restart.scheduled_at == Some(until) && restart.postponed == Some(2)).then_some(())
        })
        .await;
    reach(&agent, until);
    asked_for(&agent).await;
}

#[tokio::test]
async fn an_answer_to_an_earlier_notice_does_nothing() {
    let gateway = Gateway::start().await;
    let agent = agent(&gateway, &["anna", "jan"]).await;
    let id = restart(&gateway, 5, 5);
    let first = any_shown(&agent).await;
    let answer = Answer {
        until: first.until,
        choice: Choice::Postpone,
    };
    *agent.machine.answers.lock().unwrap() = vec![answer, answer];
    progress(&gateway, id, 1).await;
    let second = shown(&agent, |notice| notice.until != first.until).await;
    assert_eq!(second.postponement.unwrap().left, 4);
}

#[tokio::test]
async fn the_only_person_may_have_it_at_once() {
    let gateway = Gateway::start().await;
    let agent = agent(&gateway, &["anna"]).await;
    restart(&gateway, 60, 0);
    assert!(any_shown(&agent).await.may_restart_now);
    agent.machine.answer(Choice::RestartNow);
    asked_for(&agent).await;
}

#[tokio::test]
async fn who_signs_in_later_is_told_too() {
    let gateway = Gateway::start().await;
    let agent = agent(&gateway, &["anna"]).await;
    restart(&gateway, 60, 0);
    any_shown(&agent).await;
    agent.machine.sign_in(&["anna", "jan"]);
    when(|| {
        let shown = agent.machine.shown.lock().unwrap();
        let (_, sessions) = shown.as_ref()?;
        (sessions.len() == 2).then_some(())
    })
    .await;
}

#[tokio::test]
async fn when_everybody_has_gone_it_restarts_a_minute_later() {
    let gateway = Gateway::start().await;
    let agent = agent(&gateway, &["anna"]).await;
    restart(&gateway, 60, 0);
    any_shown(&agent).await;
    agent.machine.sign_in(&[]);
    let looked = Duration::from_millis(100);
    tokio::time::sleep(looked).await;
    assert_eq!(restarts(&agent), 0);
    agent.clock.advance(SignedDuration::from_secs(61));
    asked_for(&agent).await;
}

#[tokio::test]
async fn an_agent_that_is_killed_keeps_the_instant_and_the_postponements() {
    let gateway = Gateway::start().await;
    let mut agent = agent(&gateway, &["anna"]).await;
    let id = restart(&gateway, 10, 2);
    any_shown(&agent).await;
    agent.machine.answer(Choice::Postpone);
    progress(&gateway, id, 1).await;
    let before = shown(&agent, |notice| notice.postponement.unwrap().left == 1).await;
    agent.drop_dead().await;
    *agent.machine.shown.lock().unwrap() = None;
    agent.start();
    assert_eq!(any_shown(&agent).await, before);
    assert_eq!(restarts(&agent), 0);
    reach(&agent, before.until);
    asked_for(&agent).await;
}

#[tokio::test]
async fn what_passed_while_the_agent_did_not_run_is_told_once_more() {
    let gateway = Gateway::start().await;
    let mut agent = agent(&gateway, &["anna"]).await;
    restart(&gateway, 10, 0);
    let first = any_shown(&agent).await;
    agent.stop().await;
    assert_eq!(
        *agent.machine.withdrawals.lock().unwrap(),
        [Withdrawal::Quietly]
    );
    agent.clock.advance(SignedDuration::from_hours(9));
    agent.start();
    let second = shown(&agent, |notice| notice.until != first.until).await;
    assert_eq!(restarts(&agent), 0);
    let left = second.until.duration_since(agent.clock.now()).as_secs();
    assert!((270..=300).contains(&left), "{left}");
    reach(&agent, second.until);
    asked_for(&agent).await;
}

#[tokio::test]
async fn cancelling_takes_the_notices_off_every_screen() {
    let gateway = Gateway::start().await;
    let agent = agent(&gateway, &["anna"]).await;
    let id = restart(&gateway, 30, 2);
    any_shown(&agent).await;
    gateway.until(|script| told(script)?.scheduled_at).await;
    gateway.change(|script| script.cancelled.push(id));
    let outcome = gateway.outcome(id).await;
    assert_eq!(outcome.state, TaskState::Cancelled);
    assert_eq!(outcome.reason, Some(ReasonCode::CancelledByOperator));
    assert!(agent.machine.shown.lock().unwrap().is_none());
    assert_eq!(
        *agent.machine.withdrawals.lock().unwrap(),
        [Withdrawal::CalledOff]
    );
    gateway
        .until(|script| told(script)?.scheduled_at.is_none().then_some(()))
        .await;
    assert_eq!(restarts(&agent), 0);
}

#[tokio::test]
async fn a_machine_that_restarts_meanwhile_has_done_what_was_asked() {
    let gateway = Gateway::start().await;
    let mut agent = agent(&gateway, &["anna"]).await;
    let id = restart(&gateway, 30, 2);
    any_shown(&agent).await;
    agent.drop_dead().await;
    *agent.machine.boot_id.lock().unwrap() = "boot-2".to_owned();
    agent.start();
    assert_eq!(gateway.outcome(id).await.state, TaskState::Succeeded);
    assert_eq!(restarts(&agent), 0);
}

#[tokio::test]
async fn a_signal_that_has_vanished_ends_the_restart_with_that_reason() {
    let gateway = Gateway::start().await;
    let agent = agent(&gateway, &["anna"]).await;
    let id = restart(&gateway, 5, 0);
    let notice = any_shown(&agent).await;
    agent.machine.signals.lock().unwrap().clear();
    reach(&agent, notice.until);
    let outcome = gateway.outcome(id).await;
    assert_eq!(outcome.reason, Some(ReasonCode::NoRestartPending));
    assert_eq!(restarts(&agent), 0);
    assert!(agent.machine.shown.lock().unwrap().is_none());
}

#[tokio::test]
async fn other_tasks_run_while_a_restart_counts_down_and_none_is_cut_off_by_it() {
    let gateway = Gateway::start().await;
    let agent = agent(&gateway, &["anna"]).await;
    let restarting = restart(&gateway, 60, 0);
    let notice = any_shown(&agent).await;
    let scan = gateway.add(&scan_now());
    assert_eq!(gateway.outcome(scan).await.state, TaskState::Succeeded);
    agent.machine.on_install(|_, _, cancel| {
        while !cancel.is_cancelled() {
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    });
    let install = gateway.add(&install_now("kernel"));
    when(|| (!agent.machine.installed.lock().unwrap().is_empty()).then_some(())).await;
    reach(&agent, notice.until);
    when(|| agent.machine.shown.lock().unwrap().is_none().then_some(())).await;
    assert_eq!(restarts(&agent), 0, "an installation is in the way");
    agent.clock.advance(SignedDuration::from_mins(10));
    gateway.change(|script| script.cancelled.push(install));
    gateway.outcome(install).await;
    let again = any_shown(&agent).await;
    let scan = gateway.add(&scan_now());
    reach(&agent, again.until);
    asked_for(&agent).await;
    let script = gateway.script();
    assert!(script.outcomes(scan).is_empty(), "nothing begins any more");
    assert!(script.outcomes(restarting).is_empty());
}

/// Whatever happens to a restart, in whatever order: it ends once, with a reason, or it waits and
/// says until when.
#[tokio::test]
async fn no_restart_is_dropped_silently() {
    for seed in 0..12 {
        let gateway = Gateway::start().await;
        let mut agent = agent(&gateway, &["anna"]).await;
        let random = Seeded::new(20_261_126 + seed);
        let id = restart(&gateway, 5, 3);
        progress(&gateway, id, 0).await;
        let mut story = Vec::new();
        for step in 0..8 {
            let event = random.next() % 7;
            story.push(event);
            match event {
                0 | 1 if agent.machine.shown.lock().unwrap().is_some() => {
                    agent.machine.answer(Choice::Postpone);
                }
                2 => agent.machine.sign_in(&["anna", "jan"]),
                3 => agent.clock.advance(SignedDuration::from_mins(2)),
                4 => {
                    agent.drop_dead().await;
                    agent.start();
                }
                5 => {
                    agent.stop().await;
                    agent.start();
                }
                _ if step > 4 => gateway.change(|script| script.cancelled.push(id)),
                _ => {}
            }
            // The moment of the next event, not a wait for something to be ready.
            tokio::time::sleep(Duration::from_millis(random.next() % 12)).await;
        }
        agent.drop_dead().await;
        let asked = restarts(&agent);
        assert!(asked <= 1, "{story:?}");
        if asked == 1 || random.next().is_multiple_of(2) {
            *agent.machine.boot_id.lock().unwrap() = "boot-2".to_owned();
            agent.start();
        } else {
            agent.start();
            gateway.change(|script| script.cancelled.push(id));
        }
        gateway.outcome(id).await;
        agent.stop().await;
        let outcomes = gateway.script().outcomes(id);
        let first = &outcomes[0];
        assert!(outcomes.iter().all(|o| o == first), "{story:?}");
        let explained = first.state == TaskState::Succeeded || first.reason.is_some();
        assert!(explained, "{story:?}");
    }
}
