//! Restarts: what may be asked for, and of which devices.

use super::{Answer, Console, assert_problem};
use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use latarnik_model::{DeviceId, RestartSignalName, Role};
use serde_json::{Value, json};

/// Asks for a restart, each time as another action.
async fn ask_restart(console: &Console, cookie: &str, device: DeviceId, more: Value) -> Answer {
    let mut body = json!({"kind": "restart", "when": {"type": "now"}, "device_ids": [device]});
    let fields = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(fields);
    let request = Request::builder()
        .method(Method::POST)
        .uri("/api/v1/actions")
        .header(header::COOKIE, cookie)
        .header(header::HOST, "console.example")
        .header("idempotency-key", more.to_string())
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()));
    console.send(request.unwrap()).await
}

async fn device(console: &Console, name: &str, signal: Option<RestartSignalName>) -> DeviceId {
    let office = &console.office;
    let agent = office.device(office.provider, name).await;
    office.check_in(&agent, name, signal).await;
    agent.device_id
}

#[tokio::test]
async fn a_restart_is_told_in_time_and_postponed_within_limits() {
    let console = Console::open().await;
    let cookie = console.sign_in(Role::Owner).await;
    let strong = Some(RestartSignalName::RebootRequiredFile);
    let device = device(&console, "waiting", strong).await;
    for fits in [
        json!({}),
        json!({"delay_minutes": 0}),
        json!({"delay_minutes": 5}),
        json!({"delay_minutes": 60}),
        json!({"postponements": {"most": 0, "minutes": 5}}),
        json!({"postponements": {"most": 10, "minutes": 240}}),
    ] {
        let answer = ask_restart(&console, &cookie, device, fits.clone()).await;
        assert_eq!(
            answer.status,
            StatusCode::CREATED,
            "{fits}: {}",
            answer.body
        );
    }
    for (beyond, field) in [
        (json!({"delay_minutes": 1}), "delay_minutes"),
        (json!({"delay_minutes": 4}), "delay_minutes"),
        (json!({"delay_minutes": 61}), "delay_minutes"),
        (
            json!({"postponements": {"most": 11, "minutes": 15}}),
            "postponements.most",
        ),
        (
            json!({"postponements": {"most": 1, "minutes": 4}}),
            "postponements.minutes",
        ),
        (
            json!({"postponements": {"most": 1, "minutes": 241}}),
            "postponements.minutes",
        ),
    ] {
        let answer = ask_restart(&console, &cookie, device, beyond.clone()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{beyond}");
        let expected = json!([{"field": field, "code": "out_of_range"}]);
        assert_eq!(answer.body["field_errors"], expected);
    }
    let tasks = console
        .call(Method::GET, "/api/v1/tasks", &cookie, None)
        .await;
    let allowances: Vec<_> = tasks.body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| task["postponements"].to_string())
        .collect();
    assert!(allowances.contains(&r#"{"minutes":240,"most":10}"#.to_owned()));
    assert!(allowances.contains(&"null".to_owned()));
}

#[tokio::test]
async fn a_restart_that_nothing_asks_for_is_refused() {
    let console = Console::open().await;
    let cookie = console.sign_in(Role::Owner).await;
    for (name, signal) in [
        ("content", None),
        ("stale", Some(RestartSignalName::PendingFileRename)),
    ] {
        let device = device(&console, name, signal).await;
        let asked = json!({"delay_minutes": 5});
        let answer = ask_restart(&console, &cookie, device, asked).await;
        assert_problem(&answer, StatusCode::CONFLICT, "no_restart_pending");
    }
}
