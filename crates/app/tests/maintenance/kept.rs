//! Windows, blackouts and settings as they are kept.

use crate::scene::{Scene, fields, monthly, problem, sunday_night, taxes, weekly};
use latarnik_app::{
    AuditFilter, AuditQuery, BlackoutPreview, Context, FieldCode, NewMaintenanceWindow,
    PageRequest, Problem, WindowPreview,
};
use latarnik_model::{PolicyScope, Role, WithoutWindow, WithoutWindows};
use latarnik_testkit::on_both_engines;

on_both_engines! {
    async fn window_belongs_to_its_tenant_and_to_those_who_may_change_it(database: Database) {
        let scene = Scene::open(database).await;
        let office = &scene.office;
        let app = &office.app;
        let made = scene.window(PolicyScope::Tenant, " Sunday night ", sunday_night()).await;
        let id = made.record.window.id;
        assert_eq!((made.record.window.name.as_str(), made.record.version), ("Sunday night", 1));
        let stranger = office.person(office.printer, Role::Owner).await;
        let technician = office.person(office.bakery, Role::Technician).await;
        let viewer = office.person(office.bakery, Role::ClientView).await;
        let provider = office.person(office.provider, Role::Admin).await;
        assert_eq!(scene.seen_by(&stranger, None).await, Vec::<String>::new());
        assert_eq!(scene.seen_by(&stranger, Some(office.bakery)).await, Vec::<String>::new());
        for context in [&technician, &viewer, &provider] {
            assert_eq!(scene.seen_by(context, Some(office.bakery)).await, ["Sunday night"]);
        }
        assert_eq!(problem(app.read_maintenance_window(&stranger, id).await), Problem::NotFound);
        let change = || scene.change(1, sunday_night());
        assert_eq!(
            problem(app.replace_maintenance_window(&stranger, id, change()).await),
            Problem::NotFound
        );
        assert_eq!(problem(app.delete_maintenance_window(&stranger, id).await), Problem::NotFound);
        let new = || scene.window_to_be(PolicyScope::Tenant, "Theirs", sunday_night());
        let made = app.create_maintenance_window(&stranger, new()).await;
        assert_eq!(fields(made), [("tenant_id", FieldCode::Unknown)]);
        for context in [&technician, &viewer] {
            let refused = app.create_maintenance_window(context, new()).await;
            assert_eq!(problem(refused), Problem::Forbidden);
            let refused = app.replace_maintenance_window(context, id, change()).await;
            assert_eq!(problem(refused), Problem::Forbidden);
            let refused = app.delete_maintenance_window(context, id).await;
            assert_eq!(problem(refused), Problem::Forbidden);
        }
        app.delete_maintenance_window(&provider, id).await.unwrap();
        assert_eq!(problem(app.read_maintenance_window(&scene.owner, id).await), Problem::NotFound);
    }

    async fn nobody_overwrites_what_they_have_not_seen(database: Database) {
        let scene = Scene::open(database).await;
        let app = &scene.office.app;
        let made = scene.window(PolicyScope::Tenant, "Night", sunday_night()).await;
        let id = made.record.window.id;
        let change = scene.change(1, sunday_night());
        let changed = app.replace_maintenance_window(&scene.owner, id, change.clone()).await;
        assert_eq!(changed.unwrap().record.version, 2);
        let again = app.replace_maintenance_window(&scene.owner, id, change).await;
        assert_eq!(problem(again), Problem::ChangedMeanwhile);
        let huge = scene.change(u64::MAX, sunday_night());
        let huge = app.replace_maintenance_window(&scene.owner, id, huge).await;
        assert_eq!(problem(huge), Problem::ChangedMeanwhile);
    }

    async fn faults_are_told_at_their_fields(database: Database) {
        let scene = Scene::open(database).await;
        let app = &scene.office.app;
        let faults = async |name: &str, window| {
            let new = scene.window_to_be(PolicyScope::Tenant, name, window);
            fields(app.create_maintenance_window(&scene.owner, new).await)
        };
        let mut window = sunday_night();
        window.duration_minutes = 14;
        window.actions = Vec::new();
        window.time_zone = Some("Europe/Nowhere".to_owned());
        assert_eq!(
            faults(" ", window.clone()).await,
            [
                ("name", FieldCode::Required),
                ("duration_minutes", FieldCode::OutOfRange),
                ("actions", FieldCode::Required),
            ]
        );
        window.duration_minutes = 15;
        window.actions = vec!["backup".to_owned()];
        assert_eq!(faults("Night", window).await, [("time_zone", FieldCode::Unknown)]);
        let none = weekly(&[], "24:00", 60, &["update"]);
        let expected = [("days", FieldCode::Required), ("start_time", FieldCode::Malformed)];
        assert_eq!(faults("Night", none).await, expected);
        let many = weekly(&["monday"; 8], "22:00", 60, &["update"]);
        assert_eq!(faults("Night", many).await, [("days", FieldCode::TooLong)]);
        let preview = BlackoutPreview {
            tenant_id: scene.office.bakery,
            definition: monthly(0, 32),
            time_zone: Some("Mars/Base".to_owned()),
            from: None,
            count: Some(51),
        };
        assert_eq!(
            fields(app.preview_blackout(&scene.owner, preview.clone()).await),
            [
                ("time_zone", FieldCode::Unknown),
                ("first_day", FieldCode::OutOfRange),
                ("last_day", FieldCode::OutOfRange),
            ]
        );
        let preview = BlackoutPreview {
            definition: taxes(),
            time_zone: None,
            ..preview
        };
        let refused = app.preview_blackout(&scene.owner, preview).await;
        assert_eq!(fields(refused), [("count", FieldCode::OutOfRange)]);
    }

    async fn windows_of_one_scope_that_overlap_are_named_to_each_other(database: Database) {
        let scene = Scene::open(database).await;
        let app = &scene.office.app;
        let tills = scene.group("Tills", None).await;
        let night = scene.window(PolicyScope::Tenant, "Night", sunday_night()).await;
        assert!(night.overlaps.is_empty());
        let late = weekly(&["monday"], "01:00", 60, &["update"]);
        let late = scene.window(PolicyScope::Tenant, "Late", late).await;
        let early = weekly(&["monday"], "02:00", 60, &["update"]);
        scene.window(PolicyScope::Tenant, "Right after", early).await;
        let backups = weekly(&["sunday"], "22:00", 60, &["backup"]);
        scene.window(PolicyScope::Tenant, "Backups", backups).await;
        scene.window(PolicyScope::Group(tills), "Tills", sunday_night()).await;
        let night = app.read_maintenance_window(&scene.owner, night.record.window.id).await;
        assert_eq!(night.unwrap().overlaps, [(late.record.window.id, "Late".to_owned())]);
        let change = latarnik_app::MaintenanceWindowChange {
            enabled: false,
            ..scene.change(1, weekly(&["monday"], "01:00", 60, &["update"]))
        };
        let id = late.record.window.id;
        let off = app.replace_maintenance_window(&scene.owner, id, change).await.unwrap();
        assert!(off.overlaps.is_empty() && off.next.is_none());
    }

    async fn windows_go_with_their_scope(database: Database) {
        let scene = Scene::open(database).await;
        let (office, app) = (&scene.office, &scene.office.app);
        let tills = scene.group("Tills", None).await;
        let till = office.device(office.bakery, "till").await.device_id;
        for (scope, name) in [
            (PolicyScope::Tenant, "All"),
            (PolicyScope::Group(tills), "Tills"),
            (PolicyScope::Device(till), "Till"),
        ] {
            scene.window(scope, name, sunday_night()).await;
            scene.blackout(scope, name, taxes()).await;
            app.create_calendar_feed(&scene.owner, office.bakery, scope).await.unwrap();
        }
        app.delete_group(&scene.owner, tills).await.unwrap();
        assert_eq!(scene.seen_by(&scene.owner, None).await, ["All", "Till"]);
        app.remove_device(&scene.owner, till).await.unwrap();
        assert_eq!(scene.seen_by(&scene.owner, None).await, ["All"]);
        assert_eq!(app.list_blackouts(&scene.owner, None).await.unwrap().len(), 1);
        assert_eq!(app.list_calendar_feeds(&scene.owner, None).await.unwrap().len(), 1);
        let new = scene.window_to_be(PolicyScope::Group(tills), "Gone", sunday_night());
        let gone = app.create_maintenance_window(&scene.owner, new).await;
        assert_eq!(fields(gone), [("group_id", FieldCode::Unknown)]);
        let shell = Context::command_line();
        app.delete_tenant(&shell, office.bakery, "Piekarnia Zdrój").await.unwrap();
        app.keep_house().await;
        assert_eq!(scene.seen_by(&shell, None).await, Vec::<String>::new());
    }

    async fn tenant_has_two_hundred_windows_at_most(database: Database) {
        let scene = Scene::open(database).await;
        let (office, app) = (&scene.office, &scene.office.app);
        let made = scene.window(PolicyScope::Tenant, "First", sunday_night()).await;
        let store = office.store();
        let transaction = store.begin(&latarnik_model::Scope::one(office.bakery)).await.unwrap();
        for number in 1..200_u128 {
            let mut record = made.record.clone();
            record.window.id = latarnik_model::MaintenanceWindowId(uuid::Uuid::from_u128(number));
            record.window.enabled = false;
            transaction.insert_maintenance_window(&record).await.unwrap();
        }
        transaction.commit().await.unwrap();
        let new = scene.window_to_be(PolicyScope::Tenant, "One more", sunday_night());
        let refused = app.create_maintenance_window(&scene.owner, new).await;
        assert_eq!(problem(refused), Problem::TooManyMaintenanceWindows);
        let theirs = NewMaintenanceWindow {
            tenant_id: office.printer,
            ..scene.window_to_be(PolicyScope::Tenant, "Others", sunday_night())
        };
        let shell = Context::command_line();
        app.create_maintenance_window(&shell, theirs).await.unwrap();
    }

    async fn settings_are_kept_for_each_tenant(database: Database) {
        let scene = Scene::open(database).await;
        let (office, app) = (&scene.office, &scene.office.app);
        let found = app.read_maintenance_settings(&scene.owner, office.bakery).await.unwrap();
        assert_eq!(found, WithoutWindows::default());
        let settings = WithoutWindows { update: WithoutWindow::Run, ..found };
        let changed = app.replace_maintenance_settings(&scene.owner, office.bakery, settings).await;
        assert_eq!(changed.unwrap(), settings);
        let found = app.read_maintenance_settings(&scene.owner, office.bakery).await.unwrap();
        assert_eq!(found, settings);
        let other = app.read_maintenance_settings(&scene.owner, office.printer).await;
        assert_eq!(problem(other), Problem::NotFound);
        let other = app.replace_maintenance_settings(&scene.owner, office.printer, settings).await;
        assert_eq!(problem(other), Problem::NotFound);
        let technician = office.person(office.bakery, Role::Technician).await;
        let refused = app.replace_maintenance_settings(&technician, office.bakery, settings).await;
        assert_eq!(problem(refused), Problem::Forbidden);
    }

    async fn audit_says_what_was_changed(database: Database) {
        let scene = Scene::open(database).await;
        let (office, app) = (&scene.office, &scene.office.app);
        let made = scene.window(PolicyScope::Tenant, "Night", sunday_night()).await;
        let id = made.record.window.id;
        let change = scene.change(1, weekly(&["friday"], "20:00", 60, &["backup"]));
        app.replace_maintenance_window(&scene.owner, id, change).await.unwrap();
        app.delete_maintenance_window(&scene.owner, id).await.unwrap();
        scene.blackout(PolicyScope::Tenant, "Taxes", taxes()).await;
        let query = AuditQuery {
            tenant_id: Some(office.bakery),
            filter: AuditFilter::default(),
        };
        let page = PageRequest { limit: 100, after: None };
        let events = app.list_audit_events(&scene.owner, &query, &page).await.unwrap().items;
        let of = |action: &str| {
            let event = events.iter().find(|event| event.action == action).unwrap();
            let details = event.details.iter();
            let details = details.map(|(name, value)| format!("{name}={value}"));
            (event.target_name.clone().unwrap(), details.collect::<Vec<_>>().join("; "))
        };
        assert_eq!(of("create_maintenance_window"), (
            "Night".to_owned(),
            "scope=tenant; enabled=on; recurrence=weekly sunday; start_time=22:00; \
                duration_minutes=240; actions=update, restart".to_owned()
        ));
        assert_eq!(of("change_maintenance_window").0, "Changed");
        assert_eq!(of("delete_maintenance_window").1, "scope=tenant");
        assert_eq!(of("create_blackout"), (
            "Taxes".to_owned(),
            "scope=tenant; period=monthly 20 25; actions=update, restart, backup".to_owned()
        ));
    }

    async fn preview_shows_what_a_definition_comes_to(database: Database) {
        let scene = Scene::open(database).await;
        let app = &scene.office.app;
        let preview = WindowPreview {
            tenant_id: scene.office.bakery,
            scope: PolicyScope::Tenant,
            replaces: None,
            definition: sunday_night(),
            time_zone: Some("Europe/Warsaw".to_owned()),
            // Within the first one, which is shown whole.
            from: Some("2026-10-25T22:30:00Z".parse().unwrap()),
            count: Some(2),
        };
        let found = app.preview_maintenance_window(&scene.owner, preview).await.unwrap().spans;
        assert_eq!(found.time_zone, "Europe/Warsaw");
        let local: Vec<_> = found.spans.iter().map(|span| span.local_start()).collect();
        assert_eq!(local, ["2026-10-25T22:00:00+01:00", "2026-11-01T22:00:00+01:00"]);
        let preview = BlackoutPreview {
            tenant_id: scene.office.bakery,
            definition: taxes(),
            time_zone: Some("Europe/Warsaw".to_owned()),
            from: Some("2026-10-22T00:00:00Z".parse().unwrap()),
            count: Some(2),
        };
        let found = app.preview_blackout(&scene.owner, preview).await.unwrap();
        let local: Vec<_> = found
            .spans
            .iter()
            .map(|span| (span.local_start(), span.local_end().unwrap()))
            .collect();
        let span = |from: &str, until: &str| (from.to_owned(), until.to_owned());
        assert_eq!(local, [
            span("2026-10-20T00:00:00+02:00", "2026-10-26T00:00:00+01:00"),
            span("2026-11-20T00:00:00+01:00", "2026-11-26T00:00:00+01:00"),
        ]);
        let always = scene.blackout(PolicyScope::Tenant, "Always", monthly(1, 31)).await;
        assert_eq!(always.coming.len(), 1);
        assert_eq!(always.coming[0].opening.end, None);
    }
}
