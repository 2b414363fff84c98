//! Windows that are saved together, and what a window would overlap with before it is saved.

use crate::scene::{Scene, fields, problem, sunday_night, weekly};
use latarnik_app::{
    AppError, AuditFilter, AuditQuery, BatchedWindow, Context, Event, FieldCode,
    MaintenanceWindowBatch, PageRequest, Problem, WindowPreview,
};
use latarnik_model::{MaintenanceWindowId, PolicyScope, Role, TenantId, WindowDraft};
use latarnik_testkit::on_both_engines;

fn new(name: &str, definition: WindowDraft) -> BatchedWindow {
    BatchedWindow {
        replaces: None,
        name: name.to_owned(),
        enabled: true,
        definition,
    }
}

fn instead_of(id: MaintenanceWindowId, version: u64, name: &str) -> BatchedWindow {
    BatchedWindow {
        replaces: Some((id, version)),
        ..new(name, sunday_night())
    }
}

fn lunch() -> WindowDraft {
    weekly(&["monday", "friday"], "12:00", 30, &["update"])
}

impl Scene {
    fn batch(&self, windows: Vec<BatchedWindow>) -> MaintenanceWindowBatch {
        MaintenanceWindowBatch {
            tenant_id: self.office.bakery,
            scope: PolicyScope::Tenant,
            windows,
        }
    }

    /// What the audit says was done to which window of a tenant, the latest last.
    async fn audited(&self, tenant: TenantId) -> Vec<(String, String)> {
        let query = AuditQuery {
            tenant_id: Some(tenant),
            filter: AuditFilter::default(),
        };
        let page = PageRequest {
            limit: 100,
            after: None,
        };
        let shell = Context::command_line();
        let events = self.office.app.list_audit_events(&shell, &query, &page);
        let events = events.await.unwrap().items.into_iter().rev();
        let of_windows = events.filter(|event| event.target_kind == "maintenance_window");
        let told = of_windows.map(|event| (event.action, event.target_name.unwrap_or_default()));
        told.collect()
    }

    fn preview(&self, scope: PolicyScope, definition: WindowDraft) -> WindowPreview {
        WindowPreview {
            tenant_id: self.office.bakery,
            scope,
            replaces: None,
            definition,
            time_zone: None,
            from: None,
            count: None,
        }
    }

    async fn would_overlap(&self, preview: WindowPreview) -> Vec<String> {
        let found = self
            .office
            .app
            .preview_maintenance_window(&self.owner, preview);
        let overlaps = found.await.unwrap().overlaps.into_iter();
        overlaps.map(|(_, name)| name).collect()
    }
}

on_both_engines! {
    async fn windows_are_saved_together_and_each_is_audited(database: Database) {
        let scene = Scene::open(database).await;
        let app = &scene.office.app;
        let made = scene.window(PolicyScope::Tenant, "Night", sunday_night()).await;
        let id = made.record.window.id;
        let mut events = app.events().subscribe();
        let batch = scene.batch(vec![
            instead_of(id, 1, " Nights "),
            new("Lunch", lunch()),
            new("Lunch too", lunch()),
        ]);
        let saved = app.save_maintenance_windows(&scene.owner, batch).await.unwrap();
        let told: Vec<_> = saved
            .iter()
            .map(|entry| (entry.record.window.name.as_str(), entry.record.version))
            .collect();
        assert_eq!(told, [("Nights", 2), ("Lunch", 1), ("Lunch too", 1)]);
        assert_eq!(saved[0].record.window.id, id);
        assert_eq!(saved[1].overlaps[0].1, "Lunch too");
        let event = events.try_recv().unwrap();
        assert!(matches!(event, Event::MaintenanceChanged { .. }), "{event:?}");
        assert!(events.try_recv().is_err(), "consoles and agents hear of it once");
        let mut audited = scene.audited(scene.office.bakery).await;
        audited.sort();
        let told = |action: &str, name: &str| (action.to_owned(), name.to_owned());
        assert_eq!(audited, [
            told("change_maintenance_window", "Nights"),
            told("create_maintenance_window", "Lunch"),
            told("create_maintenance_window", "Lunch too"),
            told("create_maintenance_window", "Night"),
        ]);
    }

    async fn one_that_is_not_usable_is_named_and_none_is_saved(database: Database) {
        let scene = Scene::open(database).await;
        let app = &scene.office.app;
        let mut endless = lunch();
        endless.duration_minutes = 7 * 24 * 60 + 1;
        let batch = scene.batch(vec![
            new("Lunch", lunch()),
            new(" ", endless),
            new("Never", weekly(&[], "12:00", 30, &["update"])),
        ]);
        let refused = app.save_maintenance_windows(&scene.owner, batch).await;
        let Err(AppError::InvalidItems { list: "windows", errors }) = refused else {
            panic!("expected unusable windows, got {refused:?}");
        };
        let faults: Vec<_> = errors.iter().map(|(at, e)| (*at, e.field, e.code)).collect();
        assert_eq!(faults, [
            (1, "name", FieldCode::Required),
            (1, "duration_minutes", FieldCode::OutOfRange),
            (2, "days", FieldCode::Required),
        ]);
        assert_eq!(scene.seen_by(&scene.owner, None).await, Vec::<String>::new());
        assert_eq!(scene.audited(scene.office.bakery).await, []);
        let none = app.save_maintenance_windows(&scene.owner, scene.batch(Vec::new())).await;
        assert_eq!(fields(none), [("windows", FieldCode::Required)]);
        let many = vec![new("Lunch", lunch()); 101];
        let many = app.save_maintenance_windows(&scene.owner, scene.batch(many)).await;
        assert_eq!(fields(many), [("windows", FieldCode::TooLong)]);
    }

    async fn one_that_was_changed_meanwhile_holds_back_the_others(database: Database) {
        let scene = Scene::open(database).await;
        let app = &scene.office.app;
        let made = scene.window(PolicyScope::Tenant, "Night", sunday_night()).await;
        let id = made.record.window.id;
        for windows in [
            vec![new("Lunch", lunch()), instead_of(id, 2, "Seen too early")],
            vec![new("Lunch", lunch()), instead_of(id, 0, "Never seen")],
            vec![instead_of(id, 1, "Once"), instead_of(id, 1, "Twice")],
        ] {
            let batch = scene.batch(windows);
            let refused = app.save_maintenance_windows(&scene.owner, batch).await;
            assert_eq!(problem(refused), Problem::ChangedMeanwhile);
        }
        let gone = MaintenanceWindowId(uuid::Uuid::from_u128(7));
        let batch = scene.batch(vec![new("Lunch", lunch()), instead_of(gone, 1, "Gone")]);
        let refused = app.save_maintenance_windows(&scene.owner, batch).await;
        assert_eq!(problem(refused), Problem::NotFound);
        assert_eq!(scene.seen_by(&scene.owner, None).await, ["Night"]);
        assert_eq!(scene.audited(scene.office.bakery).await.len(), 1);
    }

    async fn only_who_may_change_windows_saves_several(database: Database) {
        let scene = Scene::open(database).await;
        let (office, app) = (&scene.office, &scene.office.app);
        let made = scene.window(PolicyScope::Tenant, "Night", sunday_night()).await;
        let id = made.record.window.id;
        let batch = || scene.batch(vec![new("Lunch", lunch())]);
        for role in [Role::Technician, Role::ClientView] {
            let person = office.person(office.bakery, role).await;
            let refused = app.save_maintenance_windows(&person, batch()).await;
            assert_eq!(problem(refused), Problem::Forbidden);
        }
        let stranger = office.person(office.printer, Role::Owner).await;
        let hidden = app.save_maintenance_windows(&stranger, batch()).await;
        assert_eq!(fields(hidden), [("tenant_id", FieldCode::Unknown)]);
        // Another tenant's window is not taken over by one's own.
        let theirs = MaintenanceWindowBatch {
            tenant_id: office.printer,
            ..scene.batch(vec![instead_of(id, 1, "Mine")])
        };
        let hidden = app.save_maintenance_windows(&stranger, theirs).await;
        assert_eq!(problem(hidden), Problem::NotFound);
        let till = office.device(office.bakery, "till").await.device_id;
        let elsewhere = MaintenanceWindowBatch {
            tenant_id: office.printer,
            scope: PolicyScope::Device(till),
            ..batch()
        };
        let hidden = app.save_maintenance_windows(&stranger, elsewhere).await;
        assert_eq!(fields(hidden), [("device_id", FieldCode::Unknown)]);
        assert_eq!(scene.seen_by(&scene.owner, None).await, ["Night"]);
    }

    async fn together_they_stay_within_the_tenants_two_hundred(database: Database) {
        let scene = Scene::open(database).await;
        let (office, app) = (&scene.office, &scene.office.app);
        let made = scene.window(PolicyScope::Tenant, "First", sunday_night()).await;
        let own = latarnik_model::Scope::one(office.bakery);
        let transaction = office.store().begin(&own).await.unwrap();
        for number in 1..199_u128 {
            let mut record = made.record.clone();
            record.window.id = MaintenanceWindowId(uuid::Uuid::from_u128(number));
            record.window.enabled = false;
            transaction.insert_maintenance_window(&record).await.unwrap();
        }
        transaction.commit().await.unwrap();
        let two = scene.batch(vec![new("Lunch", lunch()), new("Lunch too", lunch())]);
        let refused = app.save_maintenance_windows(&scene.owner, two).await;
        assert_eq!(problem(refused), Problem::TooManyMaintenanceWindows);
        let id = made.record.window.id;
        let one = scene.batch(vec![instead_of(id, 1, "First"), new("Lunch", lunch())]);
        assert_eq!(app.save_maintenance_windows(&scene.owner, one).await.unwrap().len(), 2);
        let full = scene.batch(vec![instead_of(id, 2, "First again")]);
        app.save_maintenance_windows(&scene.owner, full).await.unwrap();
    }

    async fn preview_names_what_the_window_would_overlap_with(database: Database) {
        let scene = Scene::open(database).await;
        let app = &scene.office.app;
        let tills = scene.group("Tills", None).await;
        let night = scene.window(PolicyScope::Tenant, "Night", sunday_night()).await;
        let late = || weekly(&["monday"], "01:30", 60, &["update"]);
        let preview = |scope| scene.preview(scope, late());
        assert_eq!(scene.would_overlap(preview(PolicyScope::Tenant)).await, ["Night"]);
        let of_tills = preview(PolicyScope::Group(tills));
        assert_eq!(scene.would_overlap(of_tills).await, Vec::<String>::new());
        let itself = WindowPreview {
            replaces: Some(night.record.window.id),
            ..preview(PolicyScope::Tenant)
        };
        assert_eq!(scene.would_overlap(itself).await, Vec::<String>::new());
        let touches = scene.preview(PolicyScope::Tenant, weekly(&["monday"], "02:00", 60, &["update"]));
        assert_eq!(scene.would_overlap(touches).await, Vec::<String>::new());
        let other_work = scene.preview(PolicyScope::Tenant, weekly(&["sunday"], "22:00", 60, &["backup"]));
        assert_eq!(scene.would_overlap(other_work).await, Vec::<String>::new());
        // Windows that come by the month are compared too, and those that do not count are not.
        let mut monthly = sunday_night();
        monthly.recurrence = latarnik_model::RecurrenceDraft::Monthly {
            nth: "first".to_owned(),
            weekday: "sunday".to_owned(),
            offset_days: 1,
        };
        scene.window(PolicyScope::Group(tills), "By the month", monthly).await;
        let mondays = scene.preview(PolicyScope::Group(tills), weekly(&["monday"], "23:00", 60, &["restart"]));
        assert_eq!(scene.would_overlap(mondays).await, ["By the month"]);
        let off = latarnik_app::MaintenanceWindowChange {
            enabled: false,
            ..scene.change(1, sunday_night())
        };
        let id = night.record.window.id;
        app.replace_maintenance_window(&scene.owner, id, off).await.unwrap();
        assert_eq!(scene.would_overlap(preview(PolicyScope::Tenant)).await, Vec::<String>::new());
    }

    async fn preview_tells_nobody_of_another_tenants_windows(database: Database) {
        let scene = Scene::open(database).await;
        let (office, app) = (&scene.office, &scene.office.app);
        let tills = scene.group("Tills", None).await;
        let night = scene.window(PolicyScope::Tenant, "Night", sunday_night()).await;
        let stranger = office.person(office.printer, Role::Owner).await;
        let theirs = |scope| WindowPreview {
            tenant_id: office.printer,
            ..scene.preview(scope, sunday_night())
        };
        let own = app.preview_maintenance_window(&stranger, theirs(PolicyScope::Tenant)).await;
        assert!(own.unwrap().overlaps.is_empty());
        let hidden = app.preview_maintenance_window(&stranger, theirs(PolicyScope::Group(tills)));
        assert_eq!(fields(hidden.await), [("group_id", FieldCode::Unknown)]);
        let preview = scene.preview(PolicyScope::Tenant, sunday_night());
        let hidden = app.preview_maintenance_window(&stranger, preview).await;
        assert_eq!(fields(hidden), [("tenant_id", FieldCode::Unknown)]);
        let replaced = WindowPreview { replaces: Some(night.record.window.id), ..theirs(PolicyScope::Tenant) };
        let hidden = app.preview_maintenance_window(&stranger, replaced).await;
        assert_eq!(fields(hidden), [("window_id", FieldCode::Unknown)]);
        let viewer = office.person(office.bakery, Role::ClientView).await;
        let preview = scene.preview(PolicyScope::Tenant, sunday_night());
        let found = app.preview_maintenance_window(&viewer, preview).await.unwrap();
        assert_eq!(found.overlaps[0].1, "Night");
    }
}
