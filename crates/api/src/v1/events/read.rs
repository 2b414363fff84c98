//! The stream of events.

use super::task_budget::TaskBudget;
use crate::{ApiState, access, caller::Watcher, problem::Problem};
use axum::{
    extract::{FromRequestParts, State},
    response::sse::{Event as SseEvent, KeepAlive, Sse},
};
use futures_util::{Stream, StreamExt, stream};
use http::request::Parts;
use latarnik_app::Event;
use latarnik_model::{ActionId, DeviceId, Scope, TaskId, TaskState, TenantId};
use serde::Serialize;
use std::{
    convert::Infallible,
    time::{Duration, Instant},
};
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// How often whoever watches has to prove anew that they may.
const PROVE_EVERY: Duration = Duration::from_secs(10);
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Data of `device_changed` and `device_removed`.
#[derive(Serialize)]
struct DeviceEvent {
    id: DeviceId,
    tenant_id: TenantId,
}

/// Data of `action_changed`.
#[derive(Serialize)]
struct ActionEvent {
    id: ActionId,
}

/// Data of `tenants_changed`.
#[derive(Serialize)]
struct TenantEvent {
    id: TenantId,
}

/// Data of `policies_changed` and `maintenance_changed`.
#[derive(Serialize)]
struct RulesEvent {
    tenant_id: TenantId,
}

/// Data of `task_changed`.
#[derive(Serialize)]
struct TaskEvent {
    id: TaskId,
    device_id: DeviceId,
    action_id: ActionId,
    tenant_id: TenantId,
    state: TaskState,
}

/// Server-sent events: `device_changed`, `device_removed`, `task_changed`, `action_changed`,
/// `tenants_changed`, `policies_changed`, `maintenance_changed`, `alerts_changed` with what to fetch
/// again, and `resync` when events were missed.
///
/// `action_changed` comes at most twice a second for an action and stands for any number of its
/// tasks; of those, `task_changed` tells no more than 20 a second one by one.
#[utoipa::path(
    get, path = "/api/v1/events", operation_id = "read_events", tag = "events",
    extensions(("x-access" = json!(access::SIGNED_IN))),
    responses(
        (status = 200, description = "Events until the session or token ends", body = String,
            content_type = "text/event-stream"),
        (status = 401, description = "`not_signed_in`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    watcher: Watcher,
    parts: Parts,
) -> Sse<impl Stream<Item = Result<SseEvent, Infallible>>> {
    let events = state.app().events().subscribe();
    let shutdown = state.shutdown().clone();
    let scope = watcher.context().scope.clone();
    let end = async move {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = until_shut_out(state, parts, watcher, PROVE_EVERY) => {}
        }
    };
    // A first event at once tells the browser that the line stands.
    let hello = stream::once(async { Ok(SseEvent::default().event("hello").data("{}")) });
    let stream = hello.chain(visible(events, scope)).take_until(end);
    Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

/// Waits until the session or token has ended, or shows something else than before. A browser comes
/// back by itself and learns what holds now.
async fn until_shut_out(state: ApiState, mut parts: Parts, watcher: Watcher, every: Duration) {
    let admitted = &watcher.context().scope;
    loop {
        tokio::time::sleep(every).await;
        match Watcher::from_request_parts(&mut parts, &state).await {
            Ok(now) if now.context().scope == *admitted => {}
            _ => return,
        }
    }
}

/// The events of tenants in scope.
fn visible(
    events: Receiver<Event>,
    scope: Scope,
) -> impl Stream<Item = Result<SseEvent, Infallible>> {
    let state = (events, scope, TaskBudget::default());
    stream::unfold(state, async |(mut events, scope, mut budget)| {
        loop {
            let event = match events.recv().await {
                Ok(event) => event,
                Err(RecvError::Lagged(_)) => {
                    return Some((Ok(named("resync", &())), (events, scope, budget)));
                }
                Err(RecvError::Closed) => return None,
            };
            if event.is_visible_in(&scope)
                && is_worth_telling(&event, &mut budget)
                && let Some(event) = render(event)
            {
                return Some((Ok(event), (events, scope, budget)));
            }
        }
    })
}

fn is_worth_telling(event: &Event, budget: &mut TaskBudget) -> bool {
    match event {
        Event::TaskChanged { action_id, .. } => budget.allows(*action_id, Instant::now()),
        _ => true,
    }
}

fn render(event: Event) -> Option<SseEvent> {
    match event {
        Event::DeviceChanged {
            device_id,
            tenant_id,
        } => Some(named(
            "device_changed",
            &DeviceEvent {
                id: device_id,
                tenant_id,
            },
        )),
        Event::DeviceRemoved {
            device_id,
            tenant_id,
        } => Some(named(
            "device_removed",
            &DeviceEvent {
                id: device_id,
                tenant_id,
            },
        )),
        Event::TaskChanged {
            task_id,
            device_id,
            action_id,
            tenant_id,
            state,
        } => {
            let data = TaskEvent {
                id: task_id,
                device_id,
                action_id,
                tenant_id,
                state,
            };
            Some(named("task_changed", &data))
        }
        Event::ActionChanged { action_id, .. } => {
            Some(named("action_changed", &ActionEvent { id: action_id }))
        }
        Event::TenantsChanged { tenant_id } => {
            Some(named("tenants_changed", &TenantEvent { id: tenant_id }))
        }
        Event::PoliciesChanged { tenant_id } => {
            Some(named("policies_changed", &RulesEvent { tenant_id }))
        }
        Event::MaintenanceChanged { tenant_id } => {
            Some(named("maintenance_changed", &RulesEvent { tenant_id }))
        }
        Event::AlertsChanged { .. } => Some(named("alerts_changed", &())),
        _ => None,
    }
}

fn named(name: &str, data: &impl Serialize) -> SseEvent {
    let data = serde_json::to_string(data).expect("events have only string keys");
    SseEvent::default().event(name).data(data)
}
