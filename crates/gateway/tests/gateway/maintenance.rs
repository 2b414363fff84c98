//! How agents come to know when automatic work may run, and how soon.

use crate::support::{Device, Server, facts, in_time, ok};
use latarnik_app::{Context, GroupChange, MaintenanceWindowEntry, NewGroup, NewMaintenanceWindow};
use latarnik_model::{GroupId, MaintenanceRules, PolicyScope, TenantId};
use latarnik_protocol::{AgentConfig, CheckInRequest, CheckInResponse, TaskBatch, paths};
use std::time::Duration;
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(2);

impl Device {
    /// The tag of its configuration, as a check-in tells it.
    async fn etag(&self) -> String {
        let request = CheckInRequest {
            sent_at: "2026-11-23T12:00:00Z".parse().unwrap(),
            boot_id: "boot-1".to_owned(),
            booted_at: None,
            facts: Some(facts()),
            scan: None,
            updates: None,
            restart: None,
            last_restart: None,
            needs: None,
        };
        let answer = self.agent.post_json(paths::METRICS, &request).await;
        ok::<CheckInResponse>(answer).await.config_etag
    }

    async fn rules(&self) -> MaintenanceRules {
        let config: AgentConfig = ok(self.agent.get(paths::CONFIG).await).await;
        config.maintenance.unwrap().read().unwrap()
    }

    /// Names of windows that bind it.
    async fn windows(&self) -> Vec<String> {
        let scopes = self.rules().await.scopes.into_iter();
        let windows = scopes.flat_map(|scope| scope.windows);
        windows.map(|window| window.name).collect()
    }
}

impl Server {
    async fn window(
        &self,
        tenant: TenantId,
        scope: PolicyScope,
        name: &str,
    ) -> MaintenanceWindowEntry {
        let new = NewMaintenanceWindow {
            tenant_id: tenant,
            scope,
            name: name.to_owned(),
            enabled: true,
            definition: serde_json::from_value(serde_json::json!({
                "recurrence": {"type": "weekly", "days": ["sunday"]}, "start_time": "22:00",
                "duration_minutes": 240, "actions": ["update", "restart"],
            }))
            .unwrap(),
        };
        let shell = Context::command_line();
        let made = self.app.create_maintenance_window(&shell, new).await;
        made.unwrap()
    }

    async fn group(&self, name: &str, parent_id: Option<GroupId>) -> GroupId {
        let new = NewGroup {
            tenant_id: self.tenant,
            name: name.to_owned(),
            parent_id,
        };
        let shell = Context::command_line();
        let made = self.app.create_group(&shell, new).await.unwrap();
        made.record.id
    }

    async fn put(&self, device: &Device, group: Option<GroupId>) {
        let shell = Context::command_line();
        let moved = self.app.move_device(&shell, device.id, group).await;
        moved.unwrap();
    }
}

#[tokio::test]
async fn waiting_poll_ends_when_a_window_is_made_changed_or_deleted() {
    let server = Server::start().await;
    let device = server.device().await;
    let before = device.etag().await;
    let poll = device.agent.poll(0);
    server.polls_wait(1).await;
    let made = server
        .window(server.tenant, PolicyScope::Tenant, "Sunday night")
        .await;
    let batch: TaskBatch = ok(timeout(SOON, poll).await.unwrap().unwrap()).await;
    assert!(batch.tasks.is_empty());
    let with_window = batch.config_etag.unwrap();
    assert_ne!(with_window, before);
    assert_eq!(device.windows().await, ["Sunday night"]);
    assert_eq!(
        device.etag().await,
        with_window,
        "every answer says the same"
    );

    let poll = device.agent.poll(0);
    server.polls_wait(1).await;
    let shell = Context::command_line();
    let id = made.record.window.id;
    let deleted = server.app.delete_maintenance_window(&shell, id).await;
    deleted.unwrap();
    let batch: TaskBatch = ok(timeout(SOON, poll).await.unwrap().unwrap()).await;
    assert_eq!(batch.config_etag.unwrap(), before);
    assert!(device.windows().await.is_empty());
}

#[tokio::test]
async fn change_between_two_polls_ends_the_next_one() {
    let server = Server::start().await;
    let device = server.device().await;
    let before = device.etag().await;
    server
        .window(server.tenant, PolicyScope::Device(device.id), "Own")
        .await;
    let batch: TaskBatch = ok(in_time(device.agent.poll(0)).await.unwrap()).await;
    assert_ne!(batch.config_etag.unwrap(), before);
    let poll = device.agent.poll(0);
    server.polls_wait(1).await;
    poll.abort();
}

#[tokio::test]
async fn devices_for_which_nothing_changes_go_on_waiting() {
    let server = Server::start().await;
    let bakers = server.group("Bakers", None).await;
    let tills = server.group("Tills", None).await;
    let other_tenant = server.other_tenant().await;
    let (baker, till) = (server.device().await, server.device().await);
    let stranger = server.device_of(other_tenant).await;
    server.put(&baker, Some(bakers)).await;
    server.put(&till, Some(tills)).await;
    let mut before = Vec::new();
    for device in [&baker, &till, &stranger] {
        before.push(device.etag().await);
    }
    let polls = [&baker, &till, &stranger].map(|device| device.agent.poll(0));
    server.polls_wait(3).await;
    server
        .window(server.tenant, PolicyScope::Group(tills), "Tills")
        .await;
    let [baker_poll, till_poll, stranger_poll] = polls;
    let batch: TaskBatch = ok(timeout(SOON, till_poll).await.unwrap().unwrap()).await;
    assert_ne!(batch.config_etag.unwrap(), before[1]);
    assert_eq!(server.gateway.waiting_polls(), 2);
    baker_poll.abort();
    stranger_poll.abort();
    assert_eq!(baker.etag().await, before[0]);
    assert_eq!(stranger.etag().await, before[2]);
    assert!(stranger.windows().await.is_empty());
}

#[tokio::test]
async fn moving_a_device_or_its_group_changes_its_windows() {
    let server = Server::start().await;
    let shell = Context::command_line();
    let site = server.group("Site", None).await;
    let tills = server.group("Tills", None).await;
    let device = server.device().await;
    device.etag().await;
    server
        .window(server.tenant, PolicyScope::Group(site), "Site")
        .await;

    let poll = device.agent.poll(0);
    server.polls_wait(1).await;
    server.put(&device, Some(site)).await;
    ok::<TaskBatch>(timeout(SOON, poll).await.unwrap().unwrap()).await;
    assert_eq!(device.windows().await, ["Site"]);

    server.put(&device, Some(tills)).await;
    assert!(device.windows().await.is_empty());
    ok::<TaskBatch>(in_time(device.agent.poll(0)).await.unwrap()).await;

    let poll = device.agent.poll(0);
    server.polls_wait(1).await;
    let change = GroupChange {
        name: None,
        parent_id: Some(Some(site)),
    };
    server
        .app
        .update_group(&shell, tills, change)
        .await
        .unwrap();
    ok::<TaskBatch>(timeout(SOON, poll).await.unwrap().unwrap()).await;
    assert_eq!(device.windows().await, ["Site"]);

    // What lies in a group that is deleted lies in the one around it, and nothing changes.
    let poll = device.agent.poll(0);
    server.polls_wait(1).await;
    server.app.delete_group(&shell, tills).await.unwrap();
    assert_eq!(server.gateway.waiting_polls(), 1);
    assert_eq!(device.windows().await, ["Site"]);
    server.app.delete_group(&shell, site).await.unwrap();
    ok::<TaskBatch>(timeout(SOON, poll).await.unwrap().unwrap()).await;
    assert!(device.windows().await.is_empty());
}

#[tokio::test]
async fn settings_and_zone_of_the_tenant_reach_a_waiting_agent() {
    let server = Server::start().await;
    let shell = Context::command_line();
    let device = server.device().await;
    device.etag().await;
    let poll = device.agent.poll(0);
    server.polls_wait(1).await;
    let settings = serde_json::from_value(
        serde_json::json!({"update": "run", "restart": "hold", "backup": "run"}),
    )
    .unwrap();
    let changed = server
        .app
        .replace_maintenance_settings(&shell, server.tenant, settings);
    changed.await.unwrap();
    ok::<TaskBatch>(timeout(SOON, poll).await.unwrap().unwrap()).await;
    assert_eq!(device.rules().await.without_windows, settings);

    let poll = device.agent.poll(0);
    server.polls_wait(1).await;
    let change = latarnik_app::TenantChange {
        time_zone: Some("Asia/Kathmandu".to_owned()),
        ..latarnik_app::TenantChange::default()
    };
    let changed = server.app.update_tenant(&shell, server.tenant, change);
    changed.await.unwrap();
    ok::<TaskBatch>(timeout(SOON, poll).await.unwrap().unwrap()).await;
    assert_eq!(device.rules().await.tenant_zone, "Asia/Kathmandu");
}

#[tokio::test]
async fn what_a_task_waits_for_is_kept() {
    use latarnik_model::WaitReason;
    use latarnik_protocol::TaskEvent;
    let server = Server::start().await;
    let device = server.device().await;
    server.ask_for_scan(device.id, "first").await;
    let task = device.agent.tasks(0).await.tasks[0].id;
    let waits_for = async || {
        let task = server.app.read_task(&server.operator, task).await.unwrap();
        (task.waits_for, task.waiting_until)
    };
    let until = Some("2026-11-29T21:00:00Z".parse().unwrap());
    for (reason, until) in [
        (Some(WaitReason::Window), until),
        (Some(WaitReason::LongerWindow), None),
        (None, until),
    ] {
        let told = device
            .agent
            .report(task, TaskEvent::Waiting { until, reason });
        told.await;
        assert_eq!(waits_for().await, (reason, until));
    }
    device.agent.report(task, TaskEvent::Running).await;
    assert_eq!(waits_for().await, (None, None));
}
