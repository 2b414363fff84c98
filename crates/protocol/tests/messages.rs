//! The bytes of every message. A snapshot that changes is a change of the protocol: additions are
//! allowed, everything else breaks agents in the field.

#![expect(clippy::unwrap_used, reason = "what surprises a test is to end it")]

use jiff::Timestamp;
use latarnik_model::{
    DeviceId, OsFamily, Postponements, ReasonCode, RestartBehavior, RestartDelay, RestartSignal,
    RestartSignalName, Severity, TaskId, TaskParameters, TaskState, UpdateCategory, UpdateOutcome,
    UpdateSource, WaitReason, When,
};
use latarnik_protocol::{
    AgentConfig, CheckInRequest, CheckInResponse, Creator, Facts, Fingerprint, Inventory,
    InventoryReport, LastRestart, OutputExcerpt, PROTOCOL_VERSION, Problem, ProblemCode,
    RawMaintenance, RawTask, RegisterRequest, RegisterResponse, RenewRequest, RenewResponse,
    RestartReport, ScanReport, Secret, Task, TaskBatch, TaskEvent, TaskOutcome, TaskProgress,
    TaskReport, TaskReportResponse, Trust, Update, UpdateResult, UpdateSettings, WorkNeedsReport,
};
use serde::{Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use uuid::Uuid;

const PROSE: &str = include_str!("../../../docs/agent-protocol.md");

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----\n";
const SIGNING_REQUEST: &str =
    "-----BEGIN CERTIFICATE REQUEST-----\nMIHh…\n-----END CERTIFICATE REQUEST-----\n";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-11-23T20:15:00Z")
}

fn task_id(number: u128) -> TaskId {
    TaskId(Uuid::from_u128(
        0x019a_a000_0000_7000_8000_0000_0000_0000 + number,
    ))
}

fn device_id() -> DeviceId {
    DeviceId(Uuid::from_u128(0x019a_a000_0000_7000_8000_0000_0000_00d0))
}

fn facts() -> Facts {
    Facts {
        hostname: "web-1".to_owned(),
        os_family: OsFamily::Linux,
        os_name: "Debian GNU/Linux 12 (bookworm)".to_owned(),
        os_version: "12.5".to_owned(),
        architecture: "x86_64".to_owned(),
        agent_version: "0.1.0".to_owned(),
        time_zone: Some("Europe/Warsaw".to_owned()),
    }
}

fn apt_update() -> Update {
    Update {
        key: "openssl=3.0.17-1~deb12u3".to_owned(),
        source: UpdateSource::Apt,
        title: "openssl".to_owned(),
        category: UpdateCategory::Security,
        severity: None,
        kb: None,
        update_id: None,
        revision: None,
        package: Some("openssl".to_owned()),
        installed_version: Some("3.0.16-1~deb12u1".to_owned()),
        available_version: Some("3.0.17-1~deb12u3".to_owned()),
        size_bytes: Some(1_431_000),
        released_at: None,
        restart: RestartBehavior::Unknown,
        titles: None,
    }
}

fn windows_update() -> Update {
    Update {
        key: "b1e70000-0000-4000-8000-000000000001:200".to_owned(),
        source: UpdateSource::WindowsUpdate,
        title: "2026-11 Zbiorcza aktualizacja systemu Windows 11 (KB5070001)".to_owned(),
        category: UpdateCategory::Security,
        severity: Some(Severity::Critical),
        kb: Some("KB5070001".to_owned()),
        update_id: Some("b1e70000-0000-4000-8000-000000000001".to_owned()),
        revision: Some(200),
        package: None,
        installed_version: None,
        available_version: None,
        size_bytes: Some(6_442_450_944),
        released_at: Some(at("2026-11-10T18:00:00Z")),
        restart: RestartBehavior::CanRequest,
        titles: None,
    }
}

fn heartbeat() -> CheckInRequest {
    CheckInRequest {
        sent_at: now(),
        boot_id: "8a0e0b7e-5c0e-4a53-9d3c-6a1f0c2d7e11".to_owned(),
        booted_at: Some(at("2026-11-20T06:00:00Z")),
        facts: None,
        scan: None,
        updates: None,
        restart: None,
        last_restart: None,
        needs: None,
    }
}

fn task(parameters: TaskParameters, when: When) -> Task {
    Task {
        parameters,
        when,
        deadline: None,
        timeout_seconds: 3600,
        created_by: None,
    }
}

fn report(event: TaskEvent) -> TaskReport {
    TaskReport {
        task_id: task_id(2),
        at: now(),
        event,
    }
}

/// Writes a message, compares it with its snapshot, reads it back, and looks for it in the prose.
#[track_caller]
fn assert_bytes<M: Serialize + DeserializeOwned>(name: &str, message: &M) {
    let bytes = serde_json::to_string(message).unwrap();
    let read: M = serde_json::from_str(&bytes).unwrap();
    assert_eq!(
        serde_json::to_string(&read).unwrap(),
        bytes,
        "{name} does not survive reading"
    );
    let shown = serde_json::to_string_pretty(message).unwrap();
    assert!(
        PROSE.contains(&shown),
        "docs/agent-protocol.md lacks {name}:\n{shown}"
    );
    insta::assert_snapshot!(name, format!("{bytes}\n\n{shown}"));
}

#[test]
fn registration() {
    let request = RegisterRequest {
        protocol_version: PROTOCOL_VERSION,
        secret: Secret::new([9; 24]).reveal(),
        signing_request: SIGNING_REQUEST.to_owned(),
        facts: facts(),
    };
    assert_bytes("register_request", &request);
    let response = RegisterResponse {
        device_id: device_id(),
        certificate: CERTIFICATE.to_owned(),
        expires_at: at("2027-02-21T20:15:00Z"),
        authorities: CERTIFICATE.to_owned(),
        authority_fingerprints: vec![Fingerprint::of(b"authority")],
        server_time: now(),
    };
    assert_bytes("register_response", &response);
}

#[test]
fn renewal() {
    let request = RenewRequest {
        signing_request: SIGNING_REQUEST.to_owned(),
    };
    assert_bytes("renew_request", &request);
    let response = RenewResponse {
        certificate: CERTIFICATE.to_owned(),
        expires_at: at("2027-02-21T20:15:00Z"),
        authorities: CERTIFICATE.to_owned(),
    };
    assert_bytes("renew_response", &response);
}

#[test]
fn configuration() {
    assert_bytes("config", &AgentConfig::default());
    let during_a_rotation = AgentConfig {
        trust: Some(Trust {
            authorities: vec![
                Fingerprint::of(b"authority"),
                Fingerprint::of(b"next authority"),
            ],
            since: now(),
            renewal_spread_seconds: 3600,
        }),
        ..AgentConfig::default()
    };
    assert_bytes("config_trust", &during_a_rotation);
    let with_updates = AgentConfig {
        updates: Some(UpdateSettings {
            microsoft_update: true,
            control_automatic_updates: true,
            title_languages: vec!["en".to_owned(), "pl".to_owned()],
        }),
        ..AgentConfig::default()
    };
    assert_bytes("config_updates", &with_updates);
}

#[test]
fn configuration_with_maintenance() {
    // As they travel: what is read of them is written the same.
    let rules = serde_json::json!({
        "tenant_zone": "Europe/Warsaw",
        "scopes": [
            {
                "scope": {"kind": "device", "id": "019aa000-0000-7000-8000-0000000000d0"},
                "blackouts": [{
                    "id": "019aa000-0000-7000-8000-0000000000b1",
                    "name": "Zamknięcie roku",
                    "definition": {
                        "period": {"type": "yearly", "first": "12-20", "last": "01-06"},
                        "actions": ["update", "restart", "backup"],
                    },
                }],
            },
            {
                "scope": {"kind": "tenant"},
                "windows": [
                    {
                        "id": "019aa000-0000-7000-8000-0000000000a1",
                        "name": "Noc",
                        "enabled": true,
                        "definition": {
                            "recurrence": {"type": "weekly", "days": ["tuesday", "thursday"]},
                            "start_time": "22:00",
                            "duration_minutes": 240,
                            "actions": ["update", "restart"],
                        },
                    },
                    {
                        "id": "019aa000-0000-7000-8000-0000000000a2",
                        "name": "Po drugim wtorku",
                        "enabled": true,
                        "definition": {
                            "recurrence": {
                                "type": "monthly",
                                "nth": "second",
                                "weekday": "tuesday",
                                "offset_days": 2,
                            },
                            "start_time": "01:00",
                            "duration_minutes": 180,
                            "time_zone": "UTC",
                            "actions": ["update"],
                        },
                    },
                ],
            },
        ],
        "without_windows": {"update": "hold", "restart": "hold", "backup": "run"},
    });
    let rules = RawMaintenance(rules).read().unwrap();
    let config = AgentConfig {
        maintenance: Some(RawMaintenance::new(&rules)),
        ..AgentConfig::default()
    };
    assert_bytes("config_maintenance", &config);
}

#[test]
fn maintenance_of_a_newer_server_spoils_nothing_else() {
    let json = r#"{"check_in_interval_seconds":60,"long_poll_seconds":240,
        "scan_interval_seconds":28800,"maintenance":{"tenant_zone":"UTC","scopes":"by the moon"}}"#;
    let config: AgentConfig = serde_json::from_str(json).unwrap();
    assert!(config.maintenance.unwrap().read().is_err());
}

#[test]
fn check_ins() {
    assert_bytes("check_in_heartbeat", &heartbeat());
    let inventory = Inventory::new([apt_update(), windows_update()]);
    let scan = ScanReport {
        attempted_at: now(),
        succeeded_at: Some(now()),
        number: Some(412),
        boot_id: Some("8a0e0b7e-5c0e-4a53-9d3c-6a1f0c2d7e11".to_owned()),
        error: None,
        error_detail: None,
    };
    let first = CheckInRequest {
        facts: Some(facts()),
        scan: Some(scan),
        updates: Some(InventoryReport {
            hash: inventory.hash(),
            delta: None,
            full: Some(inventory.updates().cloned().collect()),
        }),
        restart: Some(RestartReport {
            signals: vec![RestartSignal {
                name: RestartSignalName::RebootRequiredFile,
                detail: Some("linux-image-amd64".to_owned()),
            }],
            scheduled_at: Some(at("2026-11-23T20:20:00Z")),
            postponed: None,
        }),
        ..heartbeat()
    };
    assert_bytes("check_in_first", &first);
    let after = Inventory::new([windows_update()]);
    let changed = CheckInRequest {
        updates: Some(InventoryReport {
            hash: after.hash(),
            delta: Some(after.delta_from(&inventory)),
            full: None,
        }),
        ..heartbeat()
    };
    assert_bytes("check_in_changed", &changed);
    let failed = CheckInRequest {
        scan: Some(ScanReport {
            attempted_at: now(),
            succeeded_at: Some(at("2026-11-22T20:15:00Z")),
            number: Some(411),
            boot_id: None,
            error: Some(ReasonCode::WindowsUpdateError),
            error_detail: Some("0x8024402C".to_owned()),
        }),
        updates: Some(InventoryReport {
            hash: after.hash(),
            delta: None,
            full: None,
        }),
        ..heartbeat()
    };
    assert_bytes("check_in_failed_scan", &failed);
    let in_two_languages = Inventory::new([Update {
        titles: Some(BTreeMap::from([
            (
                "en".to_owned(),
                "2026-11 Cumulative Update for Windows 11 (KB5070001)".to_owned(),
            ),
            (
                "pl".to_owned(),
                "2026-11 Zbiorcza aktualizacja systemu Windows 11 (KB5070001)".to_owned(),
            ),
        ])),
        ..windows_update()
    }]);
    let after_a_restart = CheckInRequest {
        updates: Some(InventoryReport {
            hash: in_two_languages.hash(),
            delta: None,
            full: Some(in_two_languages.updates().cloned().collect()),
        }),
        last_restart: Some(LastRestart {
            at: at("2026-11-20T05:58:12Z"),
            by: Some("EXAMPLE\\administrator".to_owned()),
            process: Some("C:\\Windows\\System32\\shutdown.exe (WS-17)".to_owned()),
            reason: Some("0x80020010".to_owned()),
            comment: None,
        }),
        ..heartbeat()
    };
    assert_bytes("check_in_after_restart", &after_a_restart);
    let with_needs = CheckInRequest {
        needs: Some(WorkNeedsReport {
            update_seconds: 2700,
            restart_seconds: 300,
        }),
        ..heartbeat()
    };
    assert_bytes("check_in_needs", &with_needs);
    let response = CheckInResponse {
        server_time: now(),
        config_etag: "\"7f3a\"".to_owned(),
        resend_updates: false,
        resend_facts: true,
    };
    assert_bytes("check_in_response", &response);
}

#[test]
fn task_batches() {
    let install = TaskParameters::InstallUpdates {
        update_keys: Some(vec![apt_update().key]),
        categories: None,
    };
    let all = TaskParameters::InstallUpdates {
        update_keys: None,
        categories: None,
    };
    let by_category = TaskParameters::InstallUpdates {
        update_keys: None,
        categories: Some(vec![UpdateCategory::Security, UpdateCategory::Critical]),
    };
    let restart = TaskParameters::Restart {
        delay_minutes: RestartDelay::try_from(15).unwrap(),
        postponements: None,
        if_pending: false,
    };
    let mut in_window = task(all, When::InWindow);
    in_window.deadline = Some(at("2026-11-30T20:15:00Z"));
    let tasks = [
        task(TaskParameters::Scan, When::Now),
        task(install, When::Now),
        in_window,
        task(
            restart,
            When::At {
                at: at("2026-11-24T01:00:00Z"),
            },
        ),
        task(by_category, When::Now),
    ];
    let batch = TaskBatch {
        config_etag: None,
        tasks: (1..)
            .zip(&tasks)
            .map(|(n, task)| RawTask::new(task_id(n.into()), n, task))
            .collect(),
        cancelled: vec![task_id(0)],
        server_time: now(),
    };
    assert_bytes("task_batch", &batch);
    let empty = TaskBatch {
        config_etag: None,
        tasks: Vec::new(),
        cancelled: Vec::new(),
        server_time: now(),
    };
    assert_bytes("task_batch_empty", &empty);
    let changed = TaskBatch {
        config_etag: Some("\"7f3a\"".to_owned()),
        ..empty
    };
    assert_bytes("task_batch_config_changed", &changed);
}

#[test]
fn a_restart_for_what_others_leave_behind() {
    let restart = TaskParameters::Restart {
        delay_minutes: RestartDelay::try_from(15).unwrap(),
        postponements: None,
        if_pending: true,
    };
    let batch = TaskBatch {
        config_etag: None,
        tasks: vec![RawTask::new(task_id(6), 6, &task(restart, When::InWindow))],
        cancelled: Vec::new(),
        server_time: now(),
    };
    assert_bytes("task_batch_restart_if_pending", &batch);
}

#[test]
fn somebody_whom_this_program_does_not_know_may_ask_for_a_task() {
    let body = serde_json::json!({
        "kind": "scan", "when": {"type": "now"}, "timeout_seconds": 60,
        "created_by": {"kind": "oracle", "name": "Pythia"},
    });
    let raw = RawTask {
        id: task_id(1),
        sequence: 1,
        body,
    };
    assert_eq!(raw.read().unwrap().created_by, Some(Creator::Other));
}

#[test]
fn a_restart_that_people_may_postpone() {
    let restart = TaskParameters::Restart {
        delay_minutes: RestartDelay::try_from(15).unwrap(),
        postponements: Postponements::new(2, 30).ok(),
        if_pending: false,
    };
    let mut restart = task(restart, When::Now);
    restart.created_by = Some(Creator::User {
        name: "Anna Nowak".to_owned(),
    });
    let batch = TaskBatch {
        config_etag: None,
        tasks: vec![RawTask::new(task_id(5), 5, &restart)],
        cancelled: Vec::new(),
        server_time: now(),
    };
    assert_bytes("task_batch_restart", &batch);
    let restart_at = Some(at("2026-11-23T21:00:00Z"));
    let progress = TaskProgress {
        restart_at,
        postponed: Some(1),
        ..TaskProgress::default()
    };
    assert_bytes(
        "task_report_restart",
        &report(TaskEvent::Progress(progress)),
    );
    let restart = RestartReport {
        signals: vec![RestartSignal {
            name: RestartSignalName::RebootRequiredFile,
            detail: None,
        }],
        scheduled_at: restart_at,
        postponed: Some(1),
    };
    let check_in = CheckInRequest {
        restart: Some(restart),
        ..heartbeat()
    };
    assert_bytes("check_in_postponed", &check_in);
}

#[test]
fn task_reports() {
    let until = Some(at("2026-11-24T01:00:00Z"));
    assert_bytes(
        "task_report_waiting",
        &report(TaskEvent::Waiting {
            until,
            reason: None,
        }),
    );
    let for_a_window = TaskEvent::Waiting {
        until,
        reason: Some(WaitReason::Window),
    };
    assert_bytes("task_report_waiting_for_window", &report(for_a_window));
    let without_end = TaskEvent::Waiting {
        until: None,
        reason: Some(WaitReason::LongerWindow),
    };
    assert_bytes(
        "task_report_waiting_for_longer_window",
        &report(without_end),
    );
    assert_bytes("task_report_running", &report(TaskEvent::Running));
    let progress = TaskProgress {
        percent: Some(40),
        done: Some(2),
        total: Some(5),
        current: Some("openssl".to_owned()),
        ..TaskProgress::default()
    };
    assert_bytes(
        "task_report_progress",
        &report(TaskEvent::Progress(progress)),
    );
    let outcome = TaskOutcome {
        state: TaskState::Failed,
        reason: Some(ReasonCode::InstallerFailed),
        reason_detail: Some("0x80240022".to_owned()),
        started_at: Some(at("2026-11-23T20:10:00Z")),
        exit_code: Some(1),
        output: OutputExcerpt {
            stdout: "the end of what it said\n".to_owned(),
            stderr: String::new(),
        },
        updates: vec![UpdateResult {
            key: windows_update().key,
            title: windows_update().title,
            outcome: UpdateOutcome::Failed,
            result_code: Some(4),
            hresult: Some("0x80240022".to_owned()),
            reason: None,
            restart_required: false,
        }],
        scan: Some(413),
        boot_id: Some("8a0e0b7e-5c0e-4a53-9d3c-6a1f0c2d7e11".to_owned()),
    };
    assert_bytes(
        "task_report_finished",
        &report(TaskEvent::Finished(outcome)),
    );
    assert_bytes(
        "task_report_response",
        &TaskReportResponse {
            already_known: true,
        },
    );
}

#[test]
fn problems() {
    let problem = Problem {
        code: ProblemCode::TokenExpired,
        status: 403,
        detail: Some("expired at 2026-11-22T20:15:00Z".to_owned()),
        request_id: Some("019aa000-0000-7000-8000-0000000000ff".to_owned()),
    };
    assert_bytes("problem", &problem);
}

#[test]
fn fields_of_a_newer_program_are_ignored_and_an_earlier_one_may_lack_some() {
    let json = r#"{"server_time":"2026-11-23T20:15:00Z","config_etag":"a","tomorrow":{"x":1}}"#;
    let response: CheckInResponse = serde_json::from_str(json).unwrap();
    assert_eq!(response.config_etag, "a");
    let json = r#"{"check_in_interval_seconds":60,"long_poll_seconds":240,
        "scan_interval_seconds":28800}"#;
    let config: AgentConfig = serde_json::from_str(json).unwrap();
    assert_eq!(config.trust, None, "an earlier server names nobody");
    let json = r#"{"code":"out_of_coffee","status":418}"#;
    let problem: Problem = serde_json::from_str(json).unwrap();
    assert_eq!(problem.code, ProblemCode::Other);
}

#[test]
fn one_unusable_task_leaves_the_others_readable() {
    let json = r#"{"tasks":[
        {"id":"019aa000-0000-7000-8000-000000000001","sequence":1,
         "body":{"kind":"polish_lens","when":{"type":"now"},"timeout_seconds":5}},
        {"id":"019aa000-0000-7000-8000-000000000002","sequence":2,
         "body":{"kind":"scan","when":{"type":"now"},"timeout_seconds":5,"colour":"red"}}
    ],"server_time":"2026-11-23T20:15:00Z"}"#;
    let batch: TaskBatch = serde_json::from_str(json).unwrap();
    let read: Vec<bool> = batch.tasks.iter().map(|task| task.read().is_ok()).collect();
    assert_eq!(read, [false, true]);
}
