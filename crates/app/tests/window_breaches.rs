//! What people ask for outside of maintenance windows.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a story that cannot be set up should fail at once"
)]

use jiff::{SignedDuration, Timestamp};
use latarnik_app::{
    Action, ActionRequest, ActionTarget, AppError, AuditEvent, AuditFilter, AuditQuery, BrokenKind,
    Context, Direction, NewBlackout, NewMaintenanceWindow, OutlookRequest, PageRequest, Problem,
    RequestedParameters, TaskFilter, TaskRecord, WindowBreach,
};
use latarnik_model::{
    ActionId, ActionKind, DeviceId, PolicyScope, Role, TenantId, When, WindowDraft,
};
use latarnik_testkit::{Office, on_both_engines};

/// The clock of these stories stands at Monday, 13:00 in Warsaw.
fn nightly(start_time: &str) -> WindowDraft {
    let definition = serde_json::json!({
        "recurrence": { "type": "weekly", "days": ["monday", "tuesday"] },
        "start_time": start_time,
        "duration_minutes": 240,
        "time_zone": "Europe/Warsaw",
        "actions": ["update"],
    });
    serde_json::from_value(definition).unwrap()
}

async fn window(office: &Office, tenant_id: TenantId, name: &str, definition: WindowDraft) {
    let new = NewMaintenanceWindow {
        tenant_id,
        scope: PolicyScope::Tenant,
        name: name.to_owned(),
        enabled: true,
        definition,
    };
    let shell = Context::command_line();
    office
        .app
        .create_maintenance_window(&shell, new)
        .await
        .unwrap();
}

async fn blackout_today(office: &Office, tenant_id: TenantId) {
    let definition = serde_json::json!({
        "period": { "type": "monthly", "first_day": 20, "last_day": 25 },
    });
    let new = NewBlackout {
        tenant_id,
        scope: PolicyScope::Tenant,
        name: "Tax days".to_owned(),
        definition: serde_json::from_value(definition).unwrap(),
    };
    let shell = Context::command_line();
    office.app.create_blackout(&shell, new).await.unwrap();
}

fn install(devices: &[DeviceId], when: When, breach: WindowBreach, key: &str) -> ActionRequest {
    ActionRequest {
        parameters: RequestedParameters::InstallUpdates {
            update_keys: None,
            categories: None,
        },
        target: ActionTarget::Devices(devices.to_vec()),
        when,
        breach,
        deadline: None,
        idempotency_key: key.to_owned(),
    }
}

fn outlook(devices: &[DeviceId], kind: ActionKind, when: When) -> OutlookRequest {
    OutlookRequest {
        kind,
        target: ActionTarget::Devices(devices.to_vec()),
        when,
    }
}

fn problem<T: std::fmt::Debug>(result: Result<T, AppError>) -> Problem {
    match result {
        Err(AppError::Refused(problem)) => problem,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

async fn only_task(office: &Office, action: ActionId) -> TaskRecord {
    let filter = TaskFilter {
        action_id: Some(action),
        ..TaskFilter::default()
    };
    let shell = Context::command_line();
    let page = PageRequest {
        limit: 10,
        after: None,
    };
    let order = Direction::Ascending;
    let found = office
        .app
        .list_tasks(&shell, None, &filter, order, &page)
        .await;
    found.unwrap().items.into_iter().next().unwrap()
}

async fn latest_audit(office: &Office, tenant: TenantId) -> AuditEvent {
    let query = AuditQuery {
        tenant_id: Some(tenant),
        filter: AuditFilter::default(),
    };
    let page = PageRequest {
        limit: 1,
        after: None,
    };
    let shell = Context::command_line();
    let events = office.app.list_audit_events(&shell, &query, &page).await;
    events.unwrap().items.into_iter().next().unwrap()
}

fn id(action: &Action) -> ActionId {
    action.record.id
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

on_both_engines! {
    async fn work_outside_of_a_window_needs_a_confirmation_and_is_marked_and_audited(database: Database) {
        let office = Office::open(database).await;
        let device = office.device(office.bakery, "till").await.device_id;
        window(&office, office.bakery, "Weeknights", nightly("22:00")).await;
        let technician = office.person(office.bakery, Role::Technician).await;

        let request = install(&[device], When::Now, WindowBreach::Refuse, "one");
        let refused = office.app.create_action(&technician, request).await;
        assert_eq!(problem(refused), Problem::OutsideMaintenanceWindow);

        let request = install(&[device], When::Now, WindowBreach::Confirmed, "two");
        let action = office.app.create_action(&technician, request).await.unwrap();
        assert!(only_task(&office, id(&action)).await.breaks_windows);
        assert_eq!(action.record.breaking_windows, 1);
        let event = latest_audit(&office, office.bakery).await;
        assert_eq!(event.action, "install_updates");
        let broken = ("breaks_windows".to_owned(), "Weeknights".to_owned());
        assert!(event.details.contains(&broken), "{:?}", event.details);
    }

    async fn work_in_an_open_window_breaks_nothing(database: Database) {
        let office = Office::open(database).await;
        let device = office.device(office.bakery, "till").await.device_id;
        window(&office, office.bakery, "Noon", nightly("12:30")).await;
        let shell = Context::command_line();
        let request = install(&[device], When::Now, WindowBreach::Refuse, "one");
        let action = office.app.create_action(&shell, request).await.unwrap();
        assert!(!only_task(&office, id(&action)).await.breaks_windows);
        let event = latest_audit(&office, office.bakery).await;
        assert!(event.details.iter().all(|(name, _)| name != "breaks_windows"));
    }

    async fn where_no_window_is_in_force_there_is_nothing_to_break(database: Database) {
        let office = Office::open(database).await;
        let till = office.device(office.bakery, "till").await.device_id;
        // Another tenant's window binds nobody here, nor does one for other work.
        window(&office, office.printer, "Weeknights", nightly("22:00")).await;
        let mut restarts = nightly("22:00");
        restarts.actions = vec!["restart".to_owned()];
        window(&office, office.bakery, "Restarts", restarts).await;
        let shell = Context::command_line();
        let request = install(&[till], When::Now, WindowBreach::Refuse, "one");
        let action = office.app.create_action(&shell, request).await.unwrap();
        assert!(!only_task(&office, id(&action)).await.breaks_windows);
    }

    async fn the_instant_that_is_asked_for_is_the_one_that_counts(database: Database) {
        let office = Office::open(database).await;
        let device = office.device(office.bakery, "till").await.device_id;
        window(&office, office.bakery, "Weeknights", nightly("22:00")).await;
        let shell = Context::command_line();
        let inside = When::At { at: at("2026-11-23T22:30:00Z") };
        let request = install(&[device], inside, WindowBreach::Refuse, "inside");
        let action = office.app.create_action(&shell, request).await.unwrap();
        assert!(!only_task(&office, id(&action)).await.breaks_windows);
        let outside = When::At { at: at("2026-11-23T20:30:00Z") };
        let request = install(&[device], outside, WindowBreach::Refuse, "outside");
        let refused = office.app.create_action(&shell, request).await;
        assert_eq!(problem(refused), Problem::OutsideMaintenanceWindow);
    }

    async fn what_waits_for_the_window_and_what_disturbs_nobody_breaks_nothing(database: Database) {
        let office = Office::open(database).await;
        let device = office.device(office.bakery, "till").await.device_id;
        window(&office, office.bakery, "Weeknights", nightly("22:00")).await;
        blackout_today(&office, office.bakery).await;
        let shell = Context::command_line();
        let waits = install(&[device], When::InWindow, WindowBreach::Refuse, "waits");
        office.app.create_action(&shell, waits).await.unwrap();
        let scan = ActionRequest {
            parameters: RequestedParameters::Scan,
            ..install(&[device], When::Now, WindowBreach::Refuse, "scan")
        };
        office.app.create_action(&shell, scan).await.unwrap();
    }

    async fn of_many_devices_those_are_marked_that_are_outside_of_their_own_windows(database: Database) {
        let office = Office::open(database).await;
        let till = office.device(office.bakery, "till").await.device_id;
        let press = office.device(office.printer, "press").await.device_id;
        window(&office, office.bakery, "Weeknights", nightly("22:00")).await;
        let shell = Context::command_line();
        let request = install(&[till, press], When::Now, WindowBreach::Confirmed, "both");
        let action = office.app.create_action(&shell, request).await.unwrap();
        let filter = TaskFilter {
            action_id: Some(id(&action)),
            ..TaskFilter::default()
        };
        let page = PageRequest { limit: 10, after: None };
        let order = Direction::Ascending;
        let tasks = office.app.list_tasks(&shell, None, &filter, order, &page).await.unwrap().items;
        let broken = tasks.iter().filter(|task| task.breaks_windows);
        let broken: Vec<_> = broken.map(|task| task.device_id).collect();
        assert_eq!((tasks.len(), broken), (2, vec![till]));
        // Each sees of the action what is done to their own devices.
        assert_eq!(action.record.breaking_windows, 1);
        for (tenant, breaking) in [(office.bakery, 1), (office.printer, 0)] {
            let owner = office.person(tenant, Role::Owner).await;
            let seen = office.app.read_action(&owner, id(&action)).await.unwrap();
            assert_eq!(seen.record.breaking_windows, breaking);
        }
        // The other tenant learns nothing of it.
        let event = latest_audit(&office, office.printer).await;
        assert!(event.details.iter().all(|(name, _)| name != "breaks_windows"));
    }

    async fn the_outlook_tells_who_may_when_and_what_breaks(database: Database) {
        let office = Office::open(database).await;
        let till = office.device(office.bakery, "till").await.device_id;
        let oven = office.device(office.bakery, "oven").await.device_id;
        let press = office.device(office.printer, "press").await.device_id;
        window(&office, office.bakery, "Weeknights", nightly("22:00")).await;
        let shell = Context::command_line();

        let request = outlook(&[till, oven, press], ActionKind::InstallUpdates, When::Now);
        let found = office.app.read_action_outlook(&shell, request).await.unwrap();
        assert_eq!((found.devices, found.open, found.closed), (3, 0, 2));
        assert_eq!((found.held_without_window, found.without_opening), (1, 1));
        let first = found.first_opening.unwrap();
        assert_eq!(first.opening.start, at("2026-11-23T21:00:00Z"));
        assert_eq!(first.local_start(), "2026-11-23T22:00:00+01:00");
        assert_eq!(found.last_opening_at, Some(at("2026-11-23T21:00:00Z")));
        assert_eq!(found.broken.len(), 1);
        assert_eq!(found.broken[0].kind, BrokenKind::Window);
        assert_eq!((found.broken[0].name.as_str(), found.broken[0].devices), ("Weeknights", 2));

        // A blackout goes before the window, and is what is broken.
        blackout_today(&office, office.bakery).await;
        office.clock.advance(SignedDuration::from_hours(9));
        let request = outlook(&[till], ActionKind::InstallUpdates, When::Now);
        let found = office.app.read_action_outlook(&shell, request).await.unwrap();
        assert_eq!(found.broken.len(), 1);
        assert_eq!((found.broken[0].kind, found.broken[0].name.as_str()), (BrokenKind::Blackout, "Tax days"));
        let first = found.first_opening.unwrap();
        assert_eq!(first.local_start(), "2026-11-30T22:00:00+01:00");

        // A look for updates may run at any time.
        let request = outlook(&[till], ActionKind::Scan, When::Now);
        let found = office.app.read_action_outlook(&shell, request).await.unwrap();
        assert_eq!((found.open, found.broken.len()), (1, 0));
    }

    async fn who_may_not_act_gets_no_outlook(database: Database) {
        let office = Office::open(database).await;
        let till = office.device(office.bakery, "till").await.device_id;
        let press = office.device(office.printer, "press").await.device_id;
        let viewer = office.person(office.bakery, Role::ClientView).await;
        let request = outlook(&[till], ActionKind::InstallUpdates, When::Now);
        let refused = office.app.read_action_outlook(&viewer, request).await;
        assert_eq!(problem(refused), Problem::Forbidden);
        let technician = office.person(office.bakery, Role::Technician).await;
        let request = outlook(&[press], ActionKind::InstallUpdates, When::Now);
        let refused = office.app.read_action_outlook(&technician, request).await;
        assert_eq!(problem(refused), Problem::NotFound);
    }
}
