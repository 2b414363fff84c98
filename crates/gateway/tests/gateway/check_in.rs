//! Check-ins and configuration.

use crate::support::{Device, Server, facts, in_time, ok, refused};
use latarnik_app::NewUpdatePolicy;
use latarnik_model::{
    OsFamily, PolicyScope, RestartBehavior, Switch, UpdateCategory, UpdatePolicy, UpdateSource,
    WorkNeeds,
};
use latarnik_protocol::{
    AgentConfig, CheckInRequest, CheckInResponse, Facts, Inventory, InventoryHash, InventoryReport,
    LastRestart, ProblemCode, TaskBatch, Update, UpdateSettings, WorkNeedsReport, limits, paths,
};
use reqwest::{Method, StatusCode};

fn check_in() -> CheckInRequest {
    CheckInRequest {
        sent_at: "2026-11-23T12:00:00Z".parse().unwrap(),
        boot_id: "boot-1".to_owned(),
        booted_at: None,
        facts: Some(facts()),
        scan: None,
        updates: None,
        restart: None,
        last_restart: None,
        needs: None,
    }
}

fn update(key: &str) -> Update {
    Update {
        key: key.to_owned(),
        source: UpdateSource::WindowsUpdate,
        title: "2026-11 Zbiorcza aktualizacja".to_owned(),
        category: UpdateCategory::Security,
        severity: None,
        kb: Some("KB5070001".to_owned()),
        update_id: None,
        revision: None,
        package: None,
        installed_version: None,
        available_version: None,
        size_bytes: Some(1),
        released_at: None,
        restart: RestartBehavior::Always,
        titles: None,
    }
}

fn full(inventory: &Inventory) -> InventoryReport {
    let full = Some(inventory.updates().cloned().collect());
    InventoryReport {
        hash: inventory.hash(),
        delta: None,
        full,
    }
}

async fn sent(device: &Device, updates: InventoryReport) -> CheckInResponse {
    let request = CheckInRequest {
        updates: Some(updates),
        ..check_in()
    };
    ok(device.agent.post_json(paths::METRICS, &request).await).await
}

async fn keys(server: &Server, device: &Device) -> Vec<String> {
    let updates = server
        .app
        .list_device_updates(&server.operator, device.id)
        .await
        .unwrap();
    let mut keys: Vec<_> = updates.into_iter().map(|update| update.offer.key).collect();
    keys.sort();
    keys
}

#[tokio::test]
async fn inventory_travels_in_full_then_as_a_delta_then_as_a_hash() {
    let server = Server::start().await;
    let device = server.device().await;
    let first = Inventory::new([update("a"), update("b")]);
    let second = Inventory::new([update("b"), update("c")]);
    let hash_alone = |inventory: &Inventory| InventoryReport {
        hash: inventory.hash(),
        delta: None,
        full: None,
    };
    assert!(sent(&device, hash_alone(&first)).await.resend_updates);
    assert!(!sent(&device, full(&first)).await.resend_updates);
    assert_eq!(keys(&server, &device).await, ["a", "b"]);
    let delta = Some(second.delta_from(&first));
    let report = InventoryReport {
        hash: second.hash(),
        delta,
        full: None,
    };
    assert!(!sent(&device, report.clone()).await.resend_updates);
    assert_eq!(keys(&server, &device).await, ["b", "c"]);
    assert!(!sent(&device, hash_alone(&second)).await.resend_updates);
    assert!(sent(&device, hash_alone(&first)).await.resend_updates);
}

#[tokio::test]
async fn inventory_that_is_not_what_its_hash_says_is_refused_and_changes_nothing() {
    let server = Server::start().await;
    let device = server.device().await;
    let good = Inventory::new([update("a")]);
    sent(&device, full(&good)).await;
    let other_hash = InventoryHash("0".repeat(64));
    let wrong_hash = InventoryReport {
        hash: other_hash,
        ..full(&Inventory::default())
    };
    let long_key = full(&Inventory::new([update(&"k".repeat(513))]));
    let no_key = full(&Inventory::new([update("")]));
    let many = (0..=limits::UPDATES).map(|number| update(&number.to_string()));
    let too_many = full(&Inventory::new(many));
    for updates in [wrong_hash, long_key, no_key, too_many] {
        let request = CheckInRequest {
            updates: Some(updates),
            ..check_in()
        };
        let refusal = refused(device.agent.post_json(paths::METRICS, &request).await).await;
        assert_eq!(
            refusal,
            (StatusCode::BAD_REQUEST, ProblemCode::MalformedBody)
        );
    }
    assert_eq!(keys(&server, &device).await, ["a"]);
}

#[tokio::test]
async fn titles_in_other_languages_and_who_restarted_the_machine_are_kept() {
    let server = Server::start().await;
    let device = server.device().await;
    let titles = [("en".to_owned(), "2026-11 Cumulative Update".to_owned())];
    let inventory = Inventory::new([Update {
        titles: Some(titles.clone().into()),
        ..update("a")
    }]);
    let last = LastRestart {
        at: "2026-11-23T11:58:00Z".parse().unwrap(),
        by: Some("SHOP\\anna".to_owned()),
        process: Some("C:\\Windows\\Explorer.EXE".to_owned()),
        reason: Some("0x0".to_owned()),
        comment: None,
    };
    let request = CheckInRequest {
        updates: Some(full(&inventory)),
        last_restart: Some(last),
        ..check_in()
    };
    let _: CheckInResponse = ok(device.agent.post_json(paths::METRICS, &request).await).await;
    let (app, operator) = (&server.app, &server.operator);
    let updates = app.list_device_updates(operator, device.id).await.unwrap();
    assert_eq!(updates[0].offer.titles, titles.into());
    let known = app.read_device(operator, device.id).await.unwrap();
    let by = known.record.last_restart.and_then(|last| last.by);
    assert_eq!(by.as_deref(), Some("SHOP\\anna"));
}

#[tokio::test]
async fn what_a_policy_wants_of_windows_reaches_the_agent() {
    let server = Server::start().await;
    let device = server.device().await;
    let mut request = check_in();
    request.facts = Some(Facts {
        os_family: OsFamily::Windows,
        ..facts()
    });
    let send = async || -> CheckInResponse {
        ok(device.agent.post_json(paths::METRICS, &request).await).await
    };
    let before = send().await.config_etag;
    let poll = device.agent.poll(0);
    server.polls_wait(1).await;
    let app = &server.app;
    let known = app.read_device(&server.operator, device.id).await.unwrap();
    let policy = NewUpdatePolicy {
        tenant_id: known.record.tenant_id,
        scope: PolicyScope::Tenant,
        policy: UpdatePolicy {
            control_automatic_updates: Some(Switch::On),
            ..UpdatePolicy::default()
        },
    };
    app.create_update_policy(&server.operator, policy)
        .await
        .unwrap();
    app.apply_update_policies().await.unwrap();
    let batch: TaskBatch = ok(in_time(poll).await.unwrap()).await;
    let told = batch.config_etag.unwrap();
    assert_ne!(told, before, "the waiting poll ends and says so");
    assert_ne!(
        send().await.config_etag,
        before,
        "the check-in says that it changed"
    );
    let config: AgentConfig = ok(device.agent.get(paths::CONFIG).await).await;
    let updates = config.updates.unwrap();
    assert!(updates.control_automatic_updates && !updates.microsoft_update);
}

#[tokio::test]
async fn configuration_is_sent_once_and_then_unchanged() {
    let server = Server::start().await;
    let device = server.device().await;
    let response = device.agent.get(paths::CONFIG).await;
    let etag = response.headers()["etag"].to_str().unwrap().to_owned();
    let config: AgentConfig = ok(response).await;
    let trust = config.trust.clone().unwrap();
    assert_eq!(trust.authorities, [server.authority.fingerprint()]);
    assert_eq!(trust.since, server.authority.made_at());
    let defaults = AgentConfig::default();
    let updates = config.updates.clone().unwrap();
    let nothing_but_titles = UpdateSettings {
        title_languages: vec!["en".to_owned(), "pl".to_owned()],
        ..UpdateSettings::default()
    };
    assert_eq!(updates, nothing_but_titles);
    let rules = config.maintenance.clone().unwrap().read().unwrap();
    assert!(rules.scopes.is_empty(), "nobody made a window yet");
    assert_eq!(
        AgentConfig {
            trust: None,
            updates: None,
            maintenance: None,
            ..config
        },
        defaults
    );
    let again = device
        .agent
        .call(Method::GET, paths::CONFIG)
        .header("if-none-match", &etag);
    let again = again.send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(again.headers()["etag"], etag);
    let other = device
        .agent
        .call(Method::GET, paths::CONFIG)
        .header("if-none-match", "\"x\"");
    assert_eq!(other.send().await.unwrap().status(), StatusCode::OK);
    let answer: CheckInResponse =
        ok(device.agent.post_json(paths::METRICS, &check_in()).await).await;
    assert_eq!(answer.config_etag, etag);
}

#[tokio::test]
async fn agent_with_a_clock_off_by_a_day_is_heard() {
    let server = Server::start().await;
    let device = server.device().await;
    let request = CheckInRequest {
        sent_at: "2026-11-24T12:00:00Z".parse().unwrap(),
        ..check_in()
    };
    let answer: CheckInResponse = ok(device.agent.post_json(paths::METRICS, &request).await).await;
    assert_eq!(answer.server_time.to_string(), "2026-11-23T12:00:00Z");
}

#[tokio::test]
async fn how_much_time_work_needs_is_kept_within_what_is_a_measure_of_work() {
    let server = Server::start().await;
    let device = server.device().await;
    let known = async || {
        let known = server.app.read_device(&server.operator, device.id).await;
        known.unwrap().record.needs
    };
    let _: CheckInResponse = ok(device.agent.post_json(paths::METRICS, &check_in()).await).await;
    assert_eq!(known().await, None, "an agent that does not tell");
    for (told, kept) in [
        ((2700, 360), WorkNeeds::new(2700, 360)),
        ((0, u64::MAX), WorkNeeds::new(60, 172_800)),
    ] {
        let request = CheckInRequest {
            needs: Some(WorkNeedsReport {
                update_seconds: told.0,
                restart_seconds: told.1,
            }),
            ..check_in()
        };
        let _: CheckInResponse = ok(device.agent.post_json(paths::METRICS, &request).await).await;
        assert_eq!(known().await, Some(kept));
    }
    let mut refused_one = serde_json::to_value(check_in()).unwrap();
    for figure in [
        serde_json::json!(-1),
        serde_json::json!(1.5),
        serde_json::json!("60"),
    ] {
        refused_one["needs"] = serde_json::json!({"update_seconds": figure, "restart_seconds": 60});
        let answer = device.agent.post_json(paths::METRICS, &refused_one).await;
        let expected = (StatusCode::BAD_REQUEST, ProblemCode::MalformedBody);
        assert_eq!(refused(answer).await, expected);
    }
    assert_eq!(known().await, Some(WorkNeeds::new(60, 172_800)));
}
