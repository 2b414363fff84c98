//! Work that windows bind: when it begins, what is told of it meanwhile, and what becomes of the
//! rest when a window has no more room.

mod changes;
mod clock_changes;
mod killed;
mod parts;
mod restarting;
mod waiting;

use crate::{
    authority::{Authority, Validity},
    gateway::{Gateway, Script},
    harness::{Agent, task},
    machine::update,
};
use jiff::{SignedDuration, Timestamp, ToSpan, civil::Weekday, tz::TimeZone};
use latarnik_agent_core::engine::{MaintenanceStatus, Standing, read_status};
use latarnik_model::{MaintenanceAction, TaskId, TaskParameters, WaitReason, When};
use latarnik_protocol::{AgentConfig, RawMaintenance, Task, TaskEvent};
use serde_json::{Value, json};

const WINDOW: &str = "019aa000-0000-7000-8000-0000000000a1";
const BLACKOUT: &str = "019aa000-0000-7000-8000-0000000000b1";

/// A window that opens on the weekday of its start.
pub(super) fn weekly(start: Timestamp, minutes: i64) -> Value {
    let local = start.to_zoned_datetime(TimeZone::UTC);
    let day = match local.weekday() {
        Weekday::Monday => "monday",
        Weekday::Tuesday => "tuesday",
        Weekday::Wednesday => "wednesday",
        Weekday::Thursday => "thursday",
        Weekday::Friday => "friday",
        Weekday::Saturday => "saturday",
        Weekday::Sunday => "sunday",
    };
    window(&[day], start, minutes)
}

/// A window that opens at that time of every day.
pub(super) fn daily(start: Timestamp, minutes: i64) -> Value {
    const DAYS: [&str; 7] = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    window(&DAYS, start, minutes)
}

fn window(days: &[&str], start: Timestamp, minutes: i64) -> Value {
    let local = start.to_zoned_datetime(TimeZone::UTC);
    json!({
        "id": WINDOW,
        "name": "Night",
        "enabled": true,
        "definition": {
            "recurrence": {"type": "weekly", "days": days},
            "start_time": local.strftime("%H:%M").to_string(),
            "duration_minutes": minutes,
            "time_zone": "UTC",
            "actions": ["update", "restart"],
        },
    })
}

pub(super) fn blackout(from: Timestamp, until: Timestamp) -> Value {
    json!({
        "id": BLACKOUT,
        "name": "Year end",
        "definition": {
            "period": {"type": "once", "from": from.to_string(), "until": until.to_string()},
            "actions": ["update", "restart", "backup"],
        },
    })
}

/// What the server wants, with these windows and blackouts of the tenant.
pub(super) fn wanted(windows: &[Value], blackouts: &[Value]) -> AgentConfig {
    AgentConfig {
        maintenance: Some(RawMaintenance(json!({
            "tenant_zone": "UTC",
            "scopes": [{
                "scope": {"kind": "tenant"},
                "windows": windows,
                "blackouts": blackouts,
            }],
        }))),
        check_in_interval_seconds: 1,
        ..AgentConfig::default()
    }
}

/// A gateway that is there for longer than a month.
pub(super) async fn lasting_gateway() -> Gateway {
    let validity = Validity {
        from: -1,
        until: 80,
    };
    Gateway::with(Authority::new(), &["127.0.0.1"], &validity).await
}

pub(super) fn install_in_window(keys: &[&str]) -> Task {
    let update_keys = Some(keys.iter().map(|key| (*key).to_owned()).collect());
    let parameters = TaskParameters::InstallUpdates {
        update_keys,
        categories: None,
    };
    task(parameters, When::InWindow)
}

/// The next full minute from so many minutes on.
pub(super) fn in_minutes(agent: &Agent, minutes: i64) -> Timestamp {
    let now = latarnik_model::Clock::now(&*agent.clock);
    let second = now.as_second() + minutes * 60;
    Timestamp::from_second(second - second.rem_euclid(60)).unwrap()
}

/// Lets time pass up to just beyond an instant, at the server and on the machine, which is out of
/// contact meanwhile.
pub(super) fn reach(gateway: &Gateway, agent: &Agent, instant: Timestamp) {
    let now = latarnik_model::Clock::now(&*agent.clock);
    let by = instant.duration_since(now) + SignedDuration::from_secs(1);
    agent.clock.advance(by);
    gateway.script().ahead += by;
}

/// Takes the agent out of contact. An answer that was under way then, with the time of before, has
/// arrived or is lost when this returns.
pub(super) async fn cut_off(gateway: &Gateway, agent: &Agent) {
    let stands = async |standing| {
        when(|| {
            let status = read_status(agent.folder.path()).ok()??;
            (status.standing == standing).then_some(())
        })
        .await;
    };
    stands(Standing::Connected).await;
    gateway.set_gone(true);
    stands(Standing::Unreachable).await;
}

pub(super) async fn when<T>(look: impl Fn() -> Option<T>) -> T {
    let found = async {
        loop {
            match look() {
                Some(found) => return found,
                None => tokio::task::yield_now().await,
            }
        }
    };
    let limit = std::time::Duration::from_secs(30);
    tokio::time::timeout(limit, found)
        .await
        .expect("it did not happen")
}

/// What the agent tells people at its machine, once that looks so.
pub(super) async fn status<T>(agent: &Agent, look: impl Fn(&MaintenanceStatus) -> Option<T>) -> T {
    let folder = agent.folder.path();
    let seen = when(|| look(&read_status(folder).ok()??.maintenance?));
    seen.await
}

/// What the rules say there of a kind of work, where rules and time are known.
pub(super) fn is_open(status: &MaintenanceStatus, action: MaintenanceAction) -> Option<bool> {
    let mut actions = status.actions.iter();
    Some(actions.find(|one| one.action == action)?.open)
}

pub(super) async fn update_is_open(agent: &Agent, open: bool) {
    let is_so = |status: &MaintenanceStatus| {
        is_open(status, MaintenanceAction::Update).filter(|told| *told == open)
    };
    status(agent, is_so).await;
}

/// Returns when the agent's gate has looked at the time that it is now.
pub(super) async fn looks(agent: &Agent) {
    // A look that is under way may have begun before.
    let enough = *agent.machine.looks.lock().unwrap() + 3;
    when(|| (*agent.machine.looks.lock().unwrap() >= enough).then_some(())).await;
}

/// Returns when the agent itself knows that a task waits so.
pub(super) async fn waits(agent: &Agent, id: TaskId, (until, reason): Waits) {
    status(agent, |status| {
        let task = status.waiting.iter().find(|task| task.task_id == id)?;
        ((task.until, task.reason) == (until, Some(reason))).then_some(())
    })
    .await;
}

/// Until when, if that is known, and for what.
pub(super) type Waits = (Option<Timestamp>, WaitReason);

/// Every wait that the server was told of, in order.
pub(super) fn told(script: &Script, id: TaskId) -> Vec<Waits> {
    let waits = script
        .events(id)
        .into_iter()
        .filter_map(|event| match event {
            TaskEvent::Waiting { until, reason } => Some((*until, reason.unwrap())),
            _ => None,
        });
    waits.collect()
}

pub(super) async fn told_last(gateway: &Gateway, id: TaskId, wait: Waits) {
    gateway
        .until(|script| (told(script, id).last() == Some(&wait)).then_some(()))
        .await;
}

pub(super) fn installed(agent: &Agent) -> Vec<String> {
    agent.machine.installed.lock().unwrap().clone()
}

pub(super) fn offer(agent: &Agent, keys: &[&str]) {
    let offered = keys.iter().map(|key| update(key)).collect();
    *agent.machine.offered.lock().unwrap() = offered;
}

/// So many days later at the same time of the day.
pub(super) fn days_later(instant: Timestamp, days: i64) -> Timestamp {
    instant + (24 * days).hours()
}
