//! Restarts by policy.

use crate::scene::{SECURITY, Scene, automatic, ended, of_category};
use latarnik_app::{
    ActionRequest, ActionTarget, RequestedParameters, TaskRecord,
    agents::{AgentIdentity, OfferedUpdate, Report},
};
use latarnik_model::{
    ActionKind, CreatorKind, PolicyScope, Postponements, ReasonCode, RestartBehavior, RestartDelay,
    RestartRule, RestartSignalName, TaskId, TaskParameters, TaskState, UpdateCategory,
    UpdatePolicy, When,
};
use latarnik_testkit::{offered, on_both_engines};

fn rule(minutes: u16) -> RestartRule {
    RestartRule::Automatic {
        delay_minutes: RestartDelay::try_from(minutes).unwrap(),
        postponements: Postponements::new(2, 30).ok(),
    }
}

fn restarts(rule: RestartRule) -> UpdatePolicy {
    UpdatePolicy {
        restart: Some(rule),
        ..UpdatePolicy::default()
    }
}

async fn open_restarts(scene: &Scene, agent: &AgentIdentity) -> Vec<TaskRecord> {
    scene.open_tasks(agent, ActionKind::Restart).await
}

/// The machine says that it waits for a restart, or that it does not any more.
async fn waits(scene: &Scene, agent: &AgentIdentity, signal: Option<RestartSignalName>) {
    scene.office.check_in(agent, "till", signal).await;
}

async fn comes_to_an_end(
    scene: &Scene,
    agent: &AgentIdentity,
    id: TaskId,
    (state, reason): (TaskState, Option<ReasonCode>),
) {
    scene.takes_tasks(agent).await;
    scene.reports(agent, id, Report::Running).await;
    let end = Report::Finished(ended(state, reason));
    scene.reports(agent, id, end).await;
}

const STRONG: Option<RestartSignalName> = Some(RestartSignalName::RebootRequiredFile);

on_both_engines! {
    async fn device_that_waits_for_a_restart_has_one_in_its_window(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        let oven = scene.device("oven", None).await;
        waits(&scene, &till, STRONG).await;
        scene.policies_are_applied().await;
        assert!(scene.tasks(&till).await.is_empty(), "nobody has said anything");
        scene.says(PolicyScope::Tenant, restarts(rule(15))).await;
        scene.policies_are_applied().await;
        scene.policies_are_applied().await;
        let tasks = scene.tasks(&till).await;
        assert_eq!(tasks.len(), 1, "applied twice is applied once");
        assert_eq!((tasks[0].when, tasks[0].created_by_kind), (When::InWindow, CreatorKind::Policy));
        let expected = TaskParameters::Restart {
            delay_minutes: RestartDelay::try_from(15).unwrap(),
            postponements: Postponements::new(2, 30).ok(),
            if_pending: true,
        };
        assert_eq!(tasks[0].parameters, expected);
        assert!(scene.tasks(&oven).await.is_empty(), "it waits for nothing");
    }

    async fn narrower_scope_leaves_restarts_to_people(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        waits(&scene, &till, STRONG).await;
        scene.says(PolicyScope::Tenant, restarts(rule(15))).await;
        let own = PolicyScope::Device(till.device_id);
        scene.says(own, restarts(RestartRule::Manual)).await;
        scene.policies_are_applied().await;
        assert!(scene.tasks(&till).await.is_empty());
    }

    async fn restart_goes_along_with_what_may_need_one(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        let signatures = OfferedUpdate {
            restart: RestartBehavior::Never,
            ..of_category("signatures", UpdateCategory::Definition)
        };
        let policy = UpdatePolicy {
            restart: Some(rule(15)),
            ..automatic(&[SECURITY, UpdateCategory::Definition], 0)
        };
        scene.says(PolicyScope::Tenant, policy).await;
        scene.finds(&till, vec![signatures.clone()]).await;
        scene.policies_are_applied().await;
        assert_eq!(scene.is_to_install(&till).await, ["signatures"]);
        assert!(open_restarts(&scene, &till).await.is_empty(), "signatures never need one");
        scene.finds(&till, vec![signatures, offered("a")]).await;
        scene.policies_are_applied().await;
        assert_eq!(scene.is_to_install(&till).await, ["a", "signatures"]);
        assert_eq!(open_restarts(&scene, &till).await.len(), 1);
    }

    async fn restart_changes_and_goes_with_its_rule(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        waits(&scene, &till, STRONG).await;
        let policy = scene.says(PolicyScope::Tenant, restarts(rule(15))).await;
        scene.policies_are_applied().await;
        let app = &scene.office.app;
        let changed = app.replace_update_policy(&scene.owner, policy.id, 1, restarts(rule(60)));
        changed.await.unwrap();
        scene.policies_are_applied().await;
        let open = open_restarts(&scene, &till).await;
        let delays: Vec<_> = open.iter().map(|task| task.parameters.clone()).collect();
        assert_eq!(delays.len(), 1);
        let TaskParameters::Restart { delay_minutes, .. } = delays[0] else { panic!("{delays:?}") };
        assert_eq!(delay_minutes.minutes(), 60);
        app.delete_update_policy(&scene.owner, policy.id).await.unwrap();
        scene.policies_are_applied().await;
        assert!(open_restarts(&scene, &till).await.is_empty());
    }

    async fn restart_is_taken_back_when_the_machine_waits_for_none(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        waits(&scene, &till, STRONG).await;
        scene.says(PolicyScope::Tenant, restarts(rule(15))).await;
        scene.policies_are_applied().await;
        waits(&scene, &till, None).await;
        scene.policies_are_applied().await;
        assert!(open_restarts(&scene, &till).await.is_empty());
        waits(&scene, &till, STRONG).await;
        scene.policies_are_applied().await;
        assert_eq!(open_restarts(&scene, &till).await.len(), 1, "taking back counts as no attempt");
    }

    async fn restart_that_failed_or_was_cancelled_is_repeated_a_day_later(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        waits(&scene, &till, STRONG).await;
        scene.says(PolicyScope::Tenant, restarts(rule(15))).await;
        let ends = [
            (TaskState::Failed, Some(ReasonCode::RestartFailed)),
            (TaskState::Cancelled, Some(ReasonCode::CancelledByOperator)),
        ];
        for end in ends {
            scene.policies_are_applied().await;
            let open = open_restarts(&scene, &till).await;
            comes_to_an_end(&scene, &till, open[0].id, end).await;
            scene.policies_are_applied().await;
            assert!(open_restarts(&scene, &till).await.is_empty(), "{end:?}");
            scene.days_pass(1);
        }
        scene.policies_are_applied().await;
        assert_eq!(open_restarts(&scene, &till).await.len(), 1);
    }

    async fn restart_that_was_not_needed_is_repeated_when_the_machine_waits_for_one(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        waits(&scene, &till, STRONG).await;
        scene.says(PolicyScope::Tenant, restarts(rule(15))).await;
        scene.policies_are_applied().await;
        let open = open_restarts(&scene, &till).await;
        let unneeded = (TaskState::Cancelled, Some(ReasonCode::NoRestartPending));
        comes_to_an_end(&scene, &till, open[0].id, unneeded).await;
        scene.policies_are_applied().await;
        assert_eq!(open_restarts(&scene, &till).await.len(), 1);
    }

    async fn restart_that_was_not_needed_is_not_repeated_for_the_same_installation(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        let policy = UpdatePolicy { restart: Some(rule(15)), ..automatic(&[SECURITY], 0) };
        scene.says(PolicyScope::Tenant, policy).await;
        scene.finds_security(&till, &["a"]).await;
        scene.policies_are_applied().await;
        let open = open_restarts(&scene, &till).await;
        let unneeded = (TaskState::Cancelled, Some(ReasonCode::NoRestartPending));
        comes_to_an_end(&scene, &till, open[0].id, unneeded).await;
        scene.policies_are_applied().await;
        assert!(open_restarts(&scene, &till).await.is_empty(), "the installation still waits");
        waits(&scene, &till, STRONG).await;
        scene.policies_are_applied().await;
        assert_eq!(open_restarts(&scene, &till).await.len(), 1);
    }

    async fn restart_stays_between_the_installation_and_the_signal(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        let policy = UpdatePolicy { restart: Some(rule(15)), ..automatic(&[SECURITY], 0) };
        scene.says(PolicyScope::Tenant, policy).await;
        scene.finds_security(&till, &["a"]).await;
        scene.policies_are_applied().await;
        let restart = open_restarts(&scene, &till).await;
        scene.installs_for_a_restart(&till).await;
        scene.policies_are_applied().await;
        let left = open_restarts(&scene, &till).await;
        assert_eq!(left.len(), 1);
        assert_eq!((left[0].id, left[0].cancel_requested_at), (restart[0].id, None));
    }

    async fn restart_that_counts_down_is_left_alone(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        waits(&scene, &till, STRONG).await;
        let policy = scene.says(PolicyScope::Tenant, restarts(rule(15))).await;
        scene.policies_are_applied().await;
        let id = scene.takes_tasks(&till).await.unwrap();
        scene.reports(&till, id, Report::Running).await;
        let app = &scene.office.app;
        app.delete_update_policy(&scene.owner, policy.id).await.unwrap();
        scene.policies_are_applied().await;
        let open = open_restarts(&scene, &till).await;
        assert_eq!(open.len(), 1);
        assert_eq!(open[0].cancel_requested_at, None);
    }

    async fn what_a_person_asked_for_is_not_asked_for_again(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        waits(&scene, &till, STRONG).await;
        let request = ActionRequest {
 breach: latarnik_app::WindowBreach::Refuse,
            parameters: RequestedParameters::Restart {
                delay: RestartDelay::NONE,
                postponements: None,
            },
            target: ActionTarget::Devices(vec![till.device_id]),
            when: When::InWindow,
            deadline: None,
            idempotency_key: "asked".to_owned(),
        };
        let app = &scene.office.app;
        app.create_action(&scene.owner, request).await.unwrap();
        scene.says(PolicyScope::Tenant, restarts(rule(15))).await;
        scene.policies_are_applied().await;
        assert_eq!(open_restarts(&scene, &till).await.len(), 1);
    }

    async fn preview_counts_devices_that_would_restart(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        scene.device("oven", None).await;
        waits(&scene, &till, STRONG).await;
        let new = scene.policy(PolicyScope::Tenant, restarts(rule(15)));
        let app = &scene.office.app;
        let preview = app.preview_update_policy(&scene.owner, &new).await.unwrap();
        assert_eq!(preview.restarts, (0, 1));
    }
}
