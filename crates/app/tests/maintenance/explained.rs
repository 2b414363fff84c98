//! Why not now, and what is planned.

use crate::scene::{Scene, sunday_night, taxes, weekly};
use jiff::Timestamp;
use latarnik_app::{Direction, PageRequest, agents};
use latarnik_model::{
    Because, Blocker, Clock, MaintenanceAction, MaintenanceRules, MaintenanceWindow, PolicyScope,
    ScopeMaintenance, WindowStanding, WithoutWindows,
};
use latarnik_testkit::on_both_engines;

on_both_engines! {
    async fn explanation_is_the_rules_own(database: Database) {
        let scene = Scene::open(database).await;
        let (office, app) = (&scene.office, &scene.office.app);
        let site = scene.group("Site", None).await;
        let tills = scene.group("Tills", Some(site)).await;
        let till = office.device(office.bakery, "till").await;
        office.check_in(&till, "till", None).await;
        app.move_device(&scene.owner, till.device_id, Some(tills)).await.unwrap();
        let tenant = scene.window(PolicyScope::Tenant, "All", sunday_night()).await.record;
        let saturday = weekly(&["saturday"], "20:00", 120, &["update"]);
        let of_site = scene.window(PolicyScope::Group(site), "Site", saturday).await.record;
        let blackout = scene.blackout(PolicyScope::Tenant, "Taxes", taxes()).await.record;
        let at: Timestamp = "2026-12-05T20:30:00Z".parse().unwrap();
        let scope = |scope, windows: Vec<MaintenanceWindow>, blackouts| {
            ScopeMaintenance { scope, windows, blackouts }
        };
        let rules = MaintenanceRules {
            tenant_zone: app.read_tenant(&scene.owner, office.bakery).await.unwrap().record.time_zone,
            scopes: vec![
                scope(PolicyScope::Group(site), vec![of_site.window.clone()], Vec::new()),
                scope(PolicyScope::Tenant, vec![tenant.window.clone()], vec![blackout.blackout.clone()]),
            ],
            without_windows: WithoutWindows::default(),
        };
        let zone = app.read_device(&scene.owner, till.device_id).await.unwrap();
        let zone = zone.record.facts.time_zone;
        let calendar = rules.calendar(zone.as_deref(), jiff::tz::db());
        for action in MaintenanceAction::ALL {
            let found = app.explain_maintenance(&scene.owner, till.device_id, action, Some(at)).await;
            let mut found = found.unwrap();
            assert_eq!(found.names[&PolicyScope::Group(site)], "Site");
            found.explanation.blockers.clear();
            assert_eq!(found.explanation, calendar.explain(action, at));
        }
        let found = app.explain_maintenance(
            &scene.owner, till.device_id, MaintenanceAction::Update, Some(at),
        );
        let found = found.await.unwrap().explanation;
        let by = PolicyScope::Group(site);
        assert_eq!(found.windows[1].standing, WindowStanding::Overruled { by });
    }

    async fn blockers_say_what_else_is_in_the_way(database: Database) {
        let scene = Scene::open(database).await;
        let (office, app) = (&scene.office, &scene.office.app);
        let till = office.device(office.bakery, "till").await;
        office.check_in(&till, "till", None).await;
        let blockers = async |action| {
            let found = app.explain_maintenance(&scene.owner, till.device_id, action, None).await;
            found.unwrap().explanation.blockers
        };
        assert_eq!(blockers(MaintenanceAction::Restart).await, [Blocker::NoRestartPending]);
        office.clock.advance(jiff::SignedDuration::from_hours(1));
        let found = blockers(MaintenanceAction::Restart).await;
        assert!(matches!(found[0], Blocker::Offline { since: Some(_) }), "{found:?}");
        let stranger = office.person(office.printer, latarnik_model::Role::Owner).await;
        let hidden = app.explain_maintenance(
            &stranger, till.device_id, MaintenanceAction::Update, None,
        );
        assert_eq!(crate::scene::problem(hidden.await), latarnik_app::Problem::NotFound);
    }

    async fn devices_in_lists_say_how_they_stand_with_their_windows(database: Database) {
        let scene = Scene::open(database).await;
        let (office, app) = (&scene.office, &scene.office.app);
        let till = office.device(office.bakery, "till").await;
        let oven = office.device(office.bakery, "oven").await;
        for (agent, hostname) in [(&till, "till"), (&oven, "oven")] {
            office.check_in(agent, hostname, None).await;
        }
        let query = latarnik_app::DeviceQuery {
            tenant_id: None,
            filter: latarnik_app::DeviceFilter::default(),
            online: None,
            sort: latarnik_app::DeviceSort::Hostname,
            direction: Direction::Ascending,
        };
        let page = PageRequest { limit: 50, after: None };
        let outlooks = async || {
            let found = app.list_devices(&scene.owner, &query, &page).await.unwrap();
            let outlooks = found.items.into_iter().map(|device| device.maintenance_window.unwrap());
            outlooks.collect::<Vec<_>>()
        };
        let held = outlooks().await;
        assert!(held.iter().all(|one| !one.open && one.because == Because::WithoutWindow));
        assert!(held.iter().all(|one| one.next.is_none()));
        scene.window(PolicyScope::Device(oven.device_id), "Oven", sunday_night()).await;
        let found = outlooks().await;
        assert_eq!(found[0].because, Because::OutsideWindows);
        assert!(found[0].next.is_some() && found[0].local_next.is_some());
        assert_eq!(found[1], held[1], "nothing changes for the other one");
        let one = app.read_device(&scene.owner, oven.device_id).await.unwrap();
        assert_eq!(one.maintenance_window.as_ref(), Some(&found[0]));
    }

    async fn plan_lists_windows_of_the_next_hours_and_tasks_that_wait(database: Database) {
        let scene = Scene::open(database).await;
        let (office, app) = (&scene.office, &scene.office.app);
        let till = office.device(office.bakery, "till").await;
        let oven = office.device(office.bakery, "oven").await;
        for (agent, hostname) in [(&till, "till"), (&oven, "oven")] {
            office.check_in(agent, hostname, None).await;
        }
        let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let daily = weekly(&days, "22:00", 60, &["update", "restart"]);
        scene.window(PolicyScope::Device(oven.device_id), "Oven", daily).await;
        let request = latarnik_app::ActionRequest {
            breach: latarnik_app::WindowBreach::Refuse,
            parameters: latarnik_app::RequestedParameters::Scan,
            target: latarnik_app::ActionTarget::Devices(vec![till.device_id]),
            when: latarnik_model::When::InWindow,
            deadline: None,
            idempotency_key: "one".to_owned(),
        };
        app.create_action(&scene.owner, request).await.unwrap();
        let delivery = agents::take_tasks(app, &till, 0).await.unwrap();
        let until = office.clock.now();
        let report = agents::Report::Waiting {
            until: Some(until),
            reason: Some(latarnik_model::WaitReason::WindowDefinition),
        };
        let task = delivery.tasks[0].id;
        agents::report_task(app, &till, task, until, report).await.unwrap();
        let plan = app.plan_maintenance(&scene.owner, None, None).await.unwrap();
        let names: Vec<_> = plan.devices.iter().map(|one| one.device.facts.hostname.as_str()).collect();
        assert_eq!(names, ["oven", "till"]);
        let actions: Vec<_> = plan.devices[0].openings.iter().map(|planned| planned.action).collect();
        assert_eq!(actions, [MaintenanceAction::Update, MaintenanceAction::Restart]);
        assert!(plan.devices[1].openings.is_empty() && plan.devices[1].tasks.len() == 1);
        let waits_for = plan.devices[1].tasks[0].waits_for;
        assert_eq!(waits_for, Some(latarnik_model::WaitReason::WindowDefinition));
        let stranger = office.person(office.printer, latarnik_model::Role::Owner).await;
        let none = app.plan_maintenance(&stranger, Some(office.bakery), None).await.unwrap();
        assert!(none.devices.is_empty() && !none.truncated);
        let coming = app.list_window_occurrences(&scene.owner, None, Some(7)).await.unwrap();
        assert!((7..=8).contains(&coming.len()), "{}", coming.len());
        assert!(coming.is_sorted_by_key(|one| one.span.opening.start));
    }
}
