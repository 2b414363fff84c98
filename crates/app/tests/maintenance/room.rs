//! Openings that are too short for what a device needs.

use crate::scene::{Scene, sunday_night, weekly};
use jiff::{SignedDuration, Timestamp};
use latarnik_app::{
    ActionRequest, ActionTarget, RequestedParameters, WindowBreach,
    agents::{self, AgentIdentity, CheckIn},
};
use latarnik_model::{
    Blocker, Clock, MaintenanceAction, PolicyScope, RestartDelay, RestartSignalName, WaitReason,
    When, WorkNeeds,
};
use latarnik_testkit::{facts, on_both_engines};

/// The clock of these stories stands at Monday, 23 November 2026, 12:00 UTC.
fn at(text: &str) -> Option<Timestamp> {
    Some(text.parse().unwrap())
}

impl Scene {
    /// A device in UTC that waits for a restart.
    async fn till(&self) -> AgentIdentity {
        let till = self.office.device(self.office.bakery, "till").await;
        let signal = Some(RestartSignalName::RebootRequiredFile);
        self.office.check_in(&till, "till", signal).await;
        let mut in_utc = facts("till");
        in_utc.time_zone = Some("UTC".to_owned());
        let check_in = CheckIn {
            boot_id: "first".to_owned(),
            facts: Some(in_utc),
            ..CheckIn::default()
        };
        agents::check_in(&self.office.app, &till, check_in)
            .await
            .unwrap();
        till
    }

    async fn needs(&self, till: &AgentIdentity, update_minutes: u64, restart_minutes: u64) {
        let check_in = CheckIn {
            boot_id: "first".to_owned(),
            needs: Some(WorkNeeds::new(update_minutes * 60, restart_minutes * 60)),
            ..CheckIn::default()
        };
        agents::check_in(&self.office.app, till, check_in)
            .await
            .unwrap();
    }

    async fn too_short(&self, till: &AgentIdentity, action: MaintenanceAction) -> Option<Blocker> {
        let app = &self.office.app;
        let found = app
            .explain_maintenance(&self.owner, till.device_id, action, None)
            .await;
        let blockers = found.unwrap().explanation.blockers.into_iter();
        let mut short = blockers.filter(|one| matches!(one, Blocker::TooShort { .. }));
        short.next()
    }

    async fn asks(&self, till: &AgentIdentity, parameters: RequestedParameters, key: &str) {
        let request = ActionRequest {
            breach: WindowBreach::Refuse,
            parameters,
            target: ActionTarget::Devices(vec![till.device_id]),
            when: When::InWindow,
            deadline: None,
            idempotency_key: key.to_owned(),
        };
        self.office
            .app
            .create_action(&self.owner, request)
            .await
            .unwrap();
    }
}

fn minutes(minutes: u32) -> Option<u32> {
    Some(minutes * 60)
}

on_both_engines! {
    async fn what_does_not_fit_any_more_is_said_with_what_it_needs_and_what_is_left(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.till().await;
        let noon = weekly(&["monday", "tuesday"], "11:00", 90, &["update", "restart"]);
        scene.window(PolicyScope::Tenant, "Noon", noon).await;
        let short = async |action| scene.too_short(&till, action).await;
        assert_eq!(short(MaintenanceAction::Update).await, None, "nothing is known of it");
        scene.needs(&till, 30, 5).await;
        assert_eq!(short(MaintenanceAction::Update).await, None, "it just fits");
        scene.needs(&till, 45, 5).await;
        assert_eq!(short(MaintenanceAction::Update).await, Some(Blocker::TooShort {
            needs_seconds: minutes(45),
            left_seconds: minutes(30),
            fits_at: at("2026-11-24T11:00:00Z"),
        }));
        assert_eq!(short(MaintenanceAction::Restart).await, None);
        // Whoever waits for a restart that people may see coming for half an hour needs that too.
        let restart = RequestedParameters::Restart {
            delay: RestartDelay::try_from(30).unwrap(),
            postponements: None,
        };
        scene.asks(&till, restart, "restart").await;
        assert_eq!(short(MaintenanceAction::Restart).await, Some(Blocker::TooShort {
            needs_seconds: minutes(35),
            left_seconds: minutes(30),
            fits_at: at("2026-11-24T11:00:00Z"),
        }));
        scene.office.clock.advance(SignedDuration::from_hours(1));
        scene.needs(&till, 91, 5).await;
        assert_eq!(short(MaintenanceAction::Update).await, Some(Blocker::TooShort {
            needs_seconds: minutes(91),
            left_seconds: None,
            fits_at: None,
        }));
        assert_eq!(short(MaintenanceAction::Backup).await, None);
    }

    async fn what_agents_told_outlives_check_ins_that_say_nothing_of_it(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.till().await;
        scene.needs(&till, 45, 5).await;
        let silent = CheckIn { boot_id: "second".to_owned(), facts: Some(facts("till")), ..CheckIn::default() };
        agents::check_in(&scene.office.app, &till, silent).await.unwrap();
        let device = scene.office.app.read_device(&scene.owner, till.device_id).await.unwrap();
        assert_eq!(device.record.needs, Some(WorkNeeds::new(2700, 300)));
    }

    async fn an_agent_that_tells_no_figures_is_believed_that_its_task_waits_for_a_longer_window(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.till().await;
        scene.window(PolicyScope::Tenant, "Night", sunday_night()).await;
        let install = RequestedParameters::InstallUpdates { update_keys: None, categories: None };
        scene.asks(&till, install, "install").await;
        let app = &scene.office.app;
        let task = agents::take_tasks(app, &till, 0).await.unwrap().tasks[0].id;
        let now = scene.office.clock.now();
        let report = agents::Report::Waiting { until: None, reason: Some(WaitReason::LongerWindow) };
        agents::report_task(app, &till, task, now, report).await.unwrap();
        assert_eq!(scene.too_short(&till, MaintenanceAction::Update).await, Some(Blocker::TooShort {
            needs_seconds: None,
            left_seconds: None,
            fits_at: None,
        }));
        // What it tells later counts more.
        scene.needs(&till, 30, 5).await;
        assert_eq!(scene.too_short(&till, MaintenanceAction::Update).await, None);
    }

    async fn plan_marks_openings_in_which_nothing_will_begin(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.till().await;
        let days = ["monday", "tuesday"];
        scene.window(PolicyScope::Tenant, "Short", weekly(&days, "20:00", 30, &["update", "restart"])).await;
        scene.window(PolicyScope::Tenant, "Long", weekly(&days, "23:00", 60, &["update"])).await;
        let planned = async || {
            let plan = scene.office.app.plan_maintenance(&scene.owner, None, None).await.unwrap();
            let openings = plan.devices[0].openings.iter();
            let told = openings.map(|one| (one.action, one.needs_seconds, one.too_short));
            told.collect::<Vec<_>>()
        };
        let (update, restart) = (MaintenanceAction::Update, MaintenanceAction::Restart);
        assert_eq!(planned().await, [
            (update, None, false),
            (restart, None, false),
            (update, None, false),
        ]);
        scene.needs(&till, 45, 5).await;
        assert_eq!(planned().await, [
            (update, minutes(45), true),
            (restart, minutes(6), false),
            (update, minutes(45), false),
        ]);
    }
}
