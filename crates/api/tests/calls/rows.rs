//! How each operation is called, and what somebody gets who may call it.

use super::scene::{Fresh, Scene};
use serde_json::{Value, json};

/// Where an operation names what it acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// It acts on what the caller sees, or on nothing.
    Nothing,
    /// By the id in its path: something of the bakery.
    InPath,
    /// By an id in its body: something of the bakery.
    InBody,
    /// By a tenant in its body: the bakery.
    TenantInBody,
}

/// The answer to somebody who may.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reached {
    pub(crate) status: u16,
    pub(crate) code: Option<&'static str>,
}

pub(crate) type Body = fn(&Scene, &Fresh) -> Value;

/// One operation, in one way to call it.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) operation: &'static str,
    pub(crate) name: &'static str,
    /// Which of the fresh things takes the place of `{id}`.
    pub(crate) id: fn(&Fresh) -> String,
    pub(crate) query: &'static str,
    pub(crate) body: Option<Body>,
    pub(crate) target: Target,
    pub(crate) reached: Reached,
    /// For operations whose permission depends on what is asked for.
    pub(crate) permission: Option<&'static str>,
}

fn row(operation: &'static str, status: u16) -> Row {
    Row {
        operation,
        name: operation,
        id: |_| String::new(),
        query: "",
        body: None,
        target: Target::Nothing,
        reached: Reached { status, code: None },
        permission: None,
    }
}

impl Row {
    fn code(mut self, code: &'static str) -> Self {
        self.reached.code = Some(code);
        self
    }

    fn body(mut self, body: Body) -> Self {
        self.body = Some(body);
        self
    }

    fn path(mut self, id: fn(&Fresh) -> String) -> Self {
        self.id = id;
        self.target = Target::InPath;
        self
    }

    fn target(mut self, target: Target) -> Self {
        self.target = target;
        self
    }

    fn query(mut self, query: &'static str) -> Self {
        self.query = query;
        self
    }

    fn permission(mut self, name: &'static str, permission: &'static str) -> Self {
        self.name = name;
        self.permission = Some(permission);
        self
    }
}

pub(crate) fn all() -> Vec<Row> {
    [
        session(),
        profile(),
        users(),
        tokens(),
        tenants(),
        devices(),
        policies(),
        maintenance(),
        alerts(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn session() -> Vec<Row> {
    let link = |_: &Scene, _: &Fresh| json!({"token": "00".repeat(32)});
    let password = |_: &Scene, _: &Fresh| json!({"token": "00".repeat(32), "password": "x"});
    vec![
        row("create_session", 401)
            .code("invalid_credentials")
            .body(|_, fresh| json!({"email": fresh.unknown_email, "password": "wrong"})),
        row("read_session", 200),
        row("delete_session", 204),
        row("read_sign_in_options", 200),
        row("read_invitation", 404).code("link_unknown").body(link),
        row("accept_invitation", 404)
            .code("link_unknown")
            .body(password),
        row("create_password_reset_request", 202)
            .body(|_, fresh| json!({"email": fresh.unknown_email})),
        row("create_openid_sign_in", 404)
            .code("openid_unknown")
            .body(|_, fresh| json!({"email": fresh.unknown_email})),
        row("complete_openid_sign_in", 401)
            .code("openid_refused")
            .body(|_, _| json!({"state": "x", "code": "x"})),
        row("read_password_reset", 404)
            .code("link_unknown")
            .body(link),
        row("complete_password_reset", 404)
            .code("link_unknown")
            .body(password),
    ]
}

fn profile() -> Vec<Row> {
    let code = |_: &Scene, _: &Fresh| json!({"totp_code": "000000"});
    vec![
        row("update_profile", 200).body(|_, _| json!({"language": "pl"})),
        row("change_password", 422)
            .code("validation_failed")
            .body(|_, _| json!({"current_password": "wrong", "new_password": "x"})),
        row("begin_totp", 422)
            .code("validation_failed")
            .body(|_, _| json!({"password": "wrong"})),
        row("confirm_totp", 409).code("totp_not_on").body(code),
        row("disable_totp", 409).code("totp_not_on").body(code),
        row("renew_recovery_codes", 409)
            .code("totp_not_on")
            .body(code),
        row("list_sessions", 200),
        Row {
            // Somebody else's, even of the same tenant, is not there.
            target: Target::Nothing,
            ..row("delete_own_session", 404)
                .code("not_found")
                .path(|fresh| fresh.session.clone())
        },
    ]
}

fn users() -> Vec<Row> {
    let user = |fresh: &Fresh| fresh.user.clone();
    vec![
        row("list_users", 200),
        row("create_user", 201)
            .body(|scene, fresh| {
                json!({
                    "tenant_id": scene.bakery(), "email": fresh.unknown_email, "name": "New",
                    "role": "client_view", "language": "en",
                })
            })
            .target(Target::TenantInBody),
        row("read_user", 200).path(user),
        row("update_user", 200)
            .path(user)
            .body(|_, _| json!({"name": "Renamed"})),
        row("renew_invitation", 200).path(|fresh| fresh.invited.clone()),
        row("create_password_reset", 200).path(user),
        row("delete_second_factor", 409)
            .code("totp_not_on")
            .path(user),
        row("list_user_sessions", 200).path(user),
        row("delete_user_sessions", 204).path(user),
        row("delete_user", 204).path(user),
    ]
}

fn tokens() -> Vec<Row> {
    vec![
        row("list_api_tokens", 200),
        row("create_api_token", 201)
            .body(|scene, _| {
                json!({
                    "tenant_id": scene.bakery(), "name": "Program", "role": "client_view",
                    "expires_in_days": 1,
                })
            })
            .target(Target::TenantInBody),
        row("delete_api_token", 204).path(|fresh| fresh.api_token.clone()),
        row("list_enrollment_tokens", 200),
        row("create_enrollment_token", 201)
            .body(|scene, _| {
                json!({"tenant_id": scene.bakery(), "name": "Office", "expires_in_hours": 1})
            })
            .target(Target::TenantInBody),
        row("delete_enrollment_token", 204).path(|fresh| fresh.enrollment_token.clone()),
    ]
}

fn tenants() -> Vec<Row> {
    let tenant = |fresh: &Fresh| fresh.tenant.clone();
    let group = |fresh: &Fresh| fresh.group.clone();
    vec![
        row("list_tenants", 200),
        row("read_tenant", 200).path(tenant),
        row("create_tenant", 201).body(|_, fresh| json!({"name": fresh.unused_name})),
        row("update_tenant", 200)
            .path(tenant)
            .body(|_, _| json!({"time_zone": "Europe/Warsaw"})),
        row("delete_tenant", 422)
            .code("validation_failed")
            .path(tenant)
            .body(|_, _| json!({"name": "not its name"})),
        row("verify_audit", 200).path(tenant),
        row("replace_openid", 200).path(tenant).body(|_, _| {
            json!({
                "issuer": "https://login.example.com", "client_id": "latarnik",
                "client_secret": "secret", "domains": ["bakery.example"], "role_claim": "groups",
                "roles": [], "default_role": null, "enabled": false,
            })
        }),
        row("read_openid", 200).path(tenant),
        row("test_openid", 422)
            .code("validation_failed")
            .path(tenant)
            .body(|_, _| json!({"issuer": "ftp://login.example.com"})),
        row("delete_openid", 204).path(tenant),
        row("list_audit_events", 200),
        row("export_audit_events", 200).query("?format=jsonl"),
        row("list_groups", 200),
        row("create_group", 201)
            .body(|scene, fresh| json!({"tenant_id": scene.bakery(), "name": fresh.unused_name}))
            .target(Target::TenantInBody),
        row("update_group", 200)
            .path(group)
            .body(|_, fresh| json!({"name": fresh.unused_name})),
        row("delete_group", 204).path(group),
    ]
}

fn devices() -> Vec<Row> {
    let device = |fresh: &Fresh| fresh.device.clone();
    let task = |fresh: &Fresh| fresh.task.clone();
    vec![
        row("list_devices", 200),
        row("read_device", 200).path(device),
        row("list_device_updates", 200).path(device),
        row("list_device_update_steps", 200).path(device),
        row("list_updates", 200),
        row("read_update", 200).path(|fresh| fresh.update.clone()),
        row("list_update_devices", 200).path(|fresh| fresh.update.clone()),
        row("update_device", 200)
            .path(device)
            .body(|_, _| json!({"group_id": null})),
        row("create_action", 201)
            .permission("create_action: scan", "scan_devices")
            .body(|_, fresh| asked("scan", fresh))
            .target(Target::InBody),
        row("create_action", 201)
            .permission("create_action: install", "install_updates")
            .body(|_, fresh| asked("install_updates", fresh))
            .target(Target::InBody),
        row("create_action", 409)
            .code("no_restart_pending")
            .permission("create_action: restart", "restart_devices")
            .body(|_, fresh| asked("restart", fresh))
            .target(Target::InBody),
        row("read_action_outlook", 200)
            .permission("read_action_outlook: scan", "scan_devices")
            .body(|_, fresh| looked_at("scan", fresh))
            .target(Target::InBody),
        row("read_action_outlook", 200)
            .permission("read_action_outlook: install", "install_updates")
            .body(|_, fresh| looked_at("install_updates", fresh))
            .target(Target::InBody),
        row("read_action_outlook", 409)
            .code("no_restart_pending")
            .permission("read_action_outlook: restart", "restart_devices")
            .body(|_, fresh| looked_at("restart", fresh))
            .target(Target::InBody),
        row("list_actions", 200),
        row("read_action", 200).path(|fresh| fresh.action.clone()),
        row("cancel_action", 200).path(|fresh| fresh.action.clone()),
        row("list_tasks", 200),
        row("read_task", 200).path(task),
        row("read_task_log", 404).code("no_log").path(task),
        row("cancel_task", 200).path(task),
        row("delete_device", 204).path(device),
        row("list_agent_programs", 200),
        row("read_events", 200),
    ]
}

fn policies() -> Vec<Row> {
    let policy = |fresh: &Fresh| fresh.policy.clone();
    let rollout = |fresh: &Fresh| fresh.rollout.clone();
    vec![
        row("list_update_policies", 200),
        row("create_update_policy", 201)
            .body(|_, fresh| json!({"group_id": fresh.group, "tenant_id": fresh.tenant, "rules": {"categories": []}}))
            .target(Target::TenantInBody),
        row("preview_update_policy", 200)
            .body(|_, fresh| json!({"tenant_id": fresh.tenant, "rules": {"categories": []}}))
            .target(Target::TenantInBody),
        row("read_update_policy", 200).path(policy),
        row("replace_update_policy", 200)
            .path(policy)
            .body(|_, _| json!({"version": 1, "rules": {"categories": []}})),
        row("delete_update_policy", 204).path(policy),
        row("read_device_update_policy", 200).path(|fresh| fresh.device.clone()),
        row("list_update_decisions", 200),
        row("create_update_decision", 201)
            .body(|_, fresh| {
                json!({
                    "tenant_id": fresh.tenant, "verdict": "block",
                    "update": {"kind": "kb", "value": "KB5034441"},
                })
            })
            .target(Target::TenantInBody),
        row("delete_update_decision", 204).path(|fresh| fresh.decision.clone()),
        row("list_rollouts", 200),
        row("stop_rollout", 200).path(rollout),
        row("resume_rollout", 200).path(rollout),
        row("release_rollout", 200).path(rollout),
    ]
}

/// Every Sunday night.
pub(crate) fn window() -> Value {
    json!({
        "recurrence": {"type": "weekly", "days": ["sunday"]}, "start_time": "22:00",
        "duration_minutes": 240, "actions": ["update", "restart"],
    })
}

/// The days on which taxes are due.
pub(crate) fn blackout() -> Value {
    json!({"period": {"type": "monthly", "first_day": 20, "last_day": 25}})
}

fn maintenance() -> Vec<Row> {
    let window = |fresh: &Fresh| fresh.window.clone();
    let blackout = |fresh: &Fresh| fresh.blackout.clone();
    let tenant = |fresh: &Fresh| fresh.tenant.clone();
    vec![
        row("list_maintenance_windows", 200),
        row("create_maintenance_window", 201)
            .body(|_, fresh| {
                json!({
                    "tenant_id": fresh.tenant, "group_id": fresh.group, "name": fresh.unused_name,
                    "enabled": true, "definition": self::window(),
                })
            })
            .target(Target::TenantInBody),
        row("preview_maintenance_window", 200)
            .body(|_, fresh| {
                json!({
                    "tenant_id": fresh.tenant, "device_id": fresh.device,
                    "window_id": fresh.window, "definition": self::window(),
                })
            })
            .target(Target::TenantInBody),
        row("save_maintenance_windows", 200)
            .body(|_, fresh| {
                json!({
                    "tenant_id": fresh.tenant, "group_id": fresh.group,
                    "windows": [{
                        "name": fresh.unused_name, "enabled": true, "definition": self::window(),
                    }],
                })
            })
            .target(Target::TenantInBody),
        row("read_maintenance_window", 200).path(window),
        row("replace_maintenance_window", 200)
            .path(window)
            .body(|_, fresh| {
                json!({
                    "version": 1, "name": fresh.unused_name, "enabled": false,
                    "definition": self::window(),
                })
            }),
        row("delete_maintenance_window", 204).path(window),
        row("list_blackouts", 200),
        row("create_blackout", 201)
            .body(|_, fresh| {
                json!({
                    "tenant_id": fresh.tenant, "device_id": fresh.device,
                    "name": fresh.unused_name, "definition": self::blackout(),
                })
            })
            .target(Target::TenantInBody),
        row("preview_blackout", 200)
            .body(|_, fresh| json!({"tenant_id": fresh.tenant, "definition": self::blackout()}))
            .target(Target::TenantInBody),
        row("read_blackout", 200).path(blackout),
        row("replace_blackout", 200)
            .path(blackout)
            .body(|_, fresh| {
                json!({
                    "version": 1, "name": fresh.unused_name, "definition": self::blackout(),
                })
            }),
        row("delete_blackout", 204).path(blackout),
        row("read_maintenance_settings", 200).path(tenant),
        row("replace_maintenance_settings", 200)
            .path(tenant)
            .body(|_, _| json!({"update": "hold", "restart": "hold", "backup": "run"})),
        row("list_window_occurrences", 200),
        row("read_maintenance_plan", 200),
        row("list_calendar_feeds", 200),
        row("create_calendar_feed", 201)
            .body(|_, fresh| json!({"tenant_id": fresh.tenant, "device_id": fresh.device}))
            .target(Target::TenantInBody),
        row("delete_calendar_feed", 204).path(|fresh| fresh.feed.clone()),
        row("explain_device_maintenance", 200)
            .path(|fresh| fresh.device.clone())
            .query("?action=restart"),
    ]
}

fn alerts() -> Vec<Row> {
    let alert = |fresh: &Fresh| fresh.alert.clone();
    vec![
        row("list_alerts", 200),
        row("count_alerts", 200),
        row("read_alert", 200).path(alert),
        row("acknowledge_alert", 200)
            .path(alert)
            .body(|_, _| json!({"note": "I am on it"})),
        row("acknowledge_alerts", 200)
            .body(|_, fresh| json!({"alert_ids": [fresh.alert]}))
            .target(Target::InBody),
    ]
}

/// Other calls have made windows meanwhile, which this one may break.
fn asked(kind: &str, fresh: &Fresh) -> Value {
    json!({"kind": kind, "device_ids": [fresh.device], "when": {"type": "now"}, "break_windows": true})
}

fn looked_at(kind: &str, fresh: &Fresh) -> Value {
    json!({"kind": kind, "device_ids": [fresh.device], "when": {"type": "now"}})
}

/// How an operation is called of which nothing but its description is known.
pub(crate) fn undescribed() -> Row {
    Row {
        id: |_| "0193a1b2-0000-7000-8000-00000000abcd".to_owned(),
        ..row("undescribed", 200)
    }
}
