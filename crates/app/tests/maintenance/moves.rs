//! A device that is in another time zone than before.

use crate::scene::{Scene, sunday_night};
use latarnik_app::agents::{self, AgentIdentity, CheckIn};
use latarnik_model::{MaintenanceAction, PolicyScope};
use latarnik_testkit::{facts, on_both_engines};

impl Scene {
    /// The machine tells its time zone, as it does when that changes.
    async fn tells_zone(&self, agent: &AgentIdentity, zone: &str) {
        let mut facts = facts("till");
        facts.time_zone = Some(zone.to_owned());
        let check_in = CheckIn {
            boot_id: "first".to_owned(),
            facts: Some(facts),
            ..CheckIn::default()
        };
        agents::check_in(&self.office.app, agent, check_in)
            .await
            .unwrap();
    }

    /// When an update may next begin on the device, as its page and its row in the list say.
    async fn next(&self, agent: &AgentIdentity) -> String {
        let app = &self.office.app;
        let at = Some("2026-12-01T12:00:00Z".parse().unwrap());
        let action = MaintenanceAction::Update;
        let found = app
            .explain_maintenance(&self.owner, agent.device_id, action, at)
            .await;
        let opening = found.unwrap().explanation.openings[0].opening.start;
        let device = app.read_device(&self.owner, agent.device_id).await.unwrap();
        let row = device.maintenance_window.unwrap().next.unwrap();
        let week = jiff::SignedDuration::from_hours(7 * 24).as_secs();
        let apart = opening.duration_since(row).as_secs();
        assert_eq!(apart.rem_euclid(week), 0, "{opening}, {}", row);
        opening.to_string()
    }
}

on_both_engines! {
    async fn device_that_moves_has_its_windows_by_the_clock_there(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.office.device(scene.office.bakery, "till").await;
        scene.window(PolicyScope::Tenant, "Sunday night", sunday_night()).await;
        for (zone, next) in [
            ("Europe/Warsaw", "2026-12-06T21:00:00Z"),
            ("America/New_York", "2026-12-07T03:00:00Z"),
            ("Asia/Kathmandu", "2026-12-06T16:15:00Z"),
            // Nobody knows it: the tenant's counts, which is UTC.
            ("Middle/Earth", "2026-12-06T22:00:00Z"),
            ("Asia/Kathmandu", "2026-12-06T16:15:00Z"),
        ] {
            scene.tells_zone(&till, zone).await;
            assert_eq!(scene.next(&till).await, next, "{zone}");
        }
    }
}
