//! Rings: some devices first, the others when it went well there.

use crate::scene::{SECURITY, Scene, automatic, problem};
use latarnik_app::{Problem, RolloutChange, RolloutProgress};
use latarnik_model::{
    PolicyScope, RingPlan, RingResults, RolloutState, UpdateDeadline, UpdateOutcome, UpdatePolicy,
};
use latarnik_testkit::on_both_engines;

fn plan() -> RingPlan {
    RingPlan {
        names: vec!["pilot".to_owned(), "everybody".to_owned()],
        wait_hours: 48,
        attempted_percent: 50,
        success_percent: 90,
        stop_failed_devices: 1,
        stop_failed_percent: 50,
    }
}

fn in_ring(ring: u8) -> UpdatePolicy {
    UpdatePolicy {
        ring: Some(ring),
        ..UpdatePolicy::default()
    }
}

async fn rings(scene: &Scene) -> UpdatePolicy {
    let policy = UpdatePolicy {
        rings: Some(plan()),
        ..automatic(&[SECURITY], 0)
    };
    scene.says(PolicyScope::Tenant, policy.clone()).await;
    policy
}

async fn rollout(scene: &Scene) -> RolloutProgress {
    let app = &scene.office.app;
    let mut found = app.list_rollouts(&scene.owner, None, &[]).await.unwrap();
    assert_eq!(found.len(), 1);
    found.pop().unwrap()
}

on_both_engines! {
    async fn update_goes_to_the_pilots_first_and_on_when_it_did_well(database: Database) {
        let scene = Scene::open(database).await;
        rings(&scene).await;
        let pilot = scene.device("pilot", None).await;
        let other = scene.device("other", None).await;
        scene.says(PolicyScope::Device(pilot.device_id), in_ring(1)).await;
        for device in [&pilot, &other] {
            scene.finds_security(device, &["a"]).await;
        }
        scene.policies_are_applied().await;
        assert_eq!(scene.is_to_install(&pilot).await, ["a"]);
        assert!(scene.tasks(&other).await.is_empty());
        scene.installs(&pilot, UpdateOutcome::Installed).await;
        scene.days_pass(1);
        scene.policies_are_applied().await;
        assert!(scene.tasks(&other).await.is_empty(), "its time in the ring is not over");
        scene.days_pass(1);
        scene.policies_are_applied().await;
        assert_eq!(scene.is_to_install(&other).await, ["a"]);
        let rollout = rollout(&scene).await;
        assert_eq!(rollout.record.rollout.state, RolloutState::Complete);
        let pilots = RingResults { devices: 1, offered: 1, installed: 1, failed: 0 };
        assert_eq!(rollout.rings[0], ("pilot".to_owned(), pilots));
        assert_eq!(rollout.record.title, "Title of a");
    }

    async fn pilots_that_have_not_installed_it_hold_it_back(database: Database) {
        let scene = Scene::open(database).await;
        rings(&scene).await;
        let pilot = scene.device("pilot", None).await;
        let other = scene.device("other", None).await;
        scene.says(PolicyScope::Device(pilot.device_id), in_ring(1)).await;
        for device in [&pilot, &other] {
            scene.finds_security(device, &["a"]).await;
        }
        scene.policies_are_applied().await;
        scene.days_pass(30);
        scene.policies_are_applied().await;
        assert!(scene.tasks(&other).await.is_empty());
    }

    async fn failures_stop_it_everywhere_until_somebody_lets_it_go_on(database: Database) {
        let scene = Scene::open(database).await;
        rings(&scene).await;
        let pilots = [scene.device("one", None).await, scene.device("two", None).await];
        let other = scene.device("other", None).await;
        for pilot in &pilots {
            scene.says(PolicyScope::Device(pilot.device_id), in_ring(1)).await;
            scene.finds_security(pilot, &["a"]).await;
        }
        scene.finds_security(&other, &["a"]).await;
        scene.policies_are_applied().await;
        scene.installs(&pilots[0], UpdateOutcome::Failed).await;
        scene.policies_are_applied().await;
        let stopped = rollout(&scene).await;
        assert_eq!(stopped.record.rollout.state, RolloutState::StoppedByFailures);
        assert!(scene.is_to_install(&pilots[1]).await.is_empty(), "its task is taken back");
        scene.days_pass(90);
        scene.policies_are_applied().await;
        assert!(scene.is_to_install(&other).await.is_empty());

        let app = &scene.office.app;
        let resumed = app.change_rollout(&scene.owner, stopped.record.id, RolloutChange::Resume);
        let resumed = resumed.await.unwrap();
        assert_eq!(resumed.record.rollout.state, RolloutState::Running);
        assert_eq!(resumed.record.changed_by_name.as_deref(), Some("owner"));
        scene.policies_are_applied().await;
        assert_eq!(scene.is_to_install(&pilots[1]).await, ["a"], "old failures are forgiven");
        scene.installs(&pilots[1], UpdateOutcome::Failed).await;
        scene.policies_are_applied().await;
        let again = rollout(&scene).await.record.rollout.state;
        assert_eq!(again, RolloutState::StoppedByFailures, "new ones are not");
    }

    async fn stopped_update_is_held_even_past_its_deadline_and_released_by_a_person(database: Database) {
        let scene = Scene::open(database).await;
        let policy = UpdatePolicy {
            rings: Some(plan()),
            deadline: Some(UpdateDeadline::Days { days: 7 }),
            ..automatic(&[SECURITY], 0)
        };
        scene.says(PolicyScope::Tenant, policy).await;
        let (pilot, other) = (scene.device("pilot", None).await, scene.device("other", None).await);
        scene.says(PolicyScope::Device(pilot.device_id), in_ring(1)).await;
        for device in [&pilot, &other] {
            scene.finds_security(device, &["a"]).await;
        }
        scene.policies_are_applied().await;
        let (app, owner) = (&scene.office.app, &scene.owner);
        let id = rollout(&scene).await.record.id;
        app.change_rollout(owner, id, RolloutChange::Stop).await.unwrap();
        scene.days_pass(8);
        scene.policies_are_applied().await;
        assert!(scene.is_to_install(&other).await.is_empty());
        assert!(scene.is_to_install(&pilot).await.is_empty());
        app.change_rollout(owner, id, RolloutChange::Release).await.unwrap();
        scene.policies_are_applied().await;
        assert_eq!(scene.is_to_install(&other).await, ["a"]);
        let stop = app.change_rollout(owner, id, RolloutChange::Stop).await;
        assert_eq!(problem(stop), Problem::RolloutComplete);
    }

    async fn deadline_opens_the_rings(database: Database) {
        let scene = Scene::open(database).await;
        let policy = UpdatePolicy {
            rings: Some(plan()),
            deadline: Some(UpdateDeadline::Days { days: 7 }),
            ..automatic(&[SECURITY], 0)
        };
        scene.says(PolicyScope::Tenant, policy).await;
        let (pilot, other) = (scene.device("pilot", None).await, scene.device("other", None).await);
        scene.says(PolicyScope::Device(pilot.device_id), in_ring(1)).await;
        for device in [&pilot, &other] {
            scene.finds_security(device, &["a"]).await;
        }
        scene.days_pass(6);
        scene.policies_are_applied().await;
        assert!(scene.tasks(&other).await.is_empty());
        scene.days_pass(1);
        scene.policies_are_applied().await;
        assert_eq!(scene.is_to_install(&other).await, ["a"]);
    }
}
