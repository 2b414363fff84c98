//! What policies make of offers: tasks, and what becomes of them when the rules change.

use crate::scene::{SECURITY, Scene, automatic, ended, of_category, problem};
use latarnik_app::{Problem, agents::Report};
use latarnik_model::{
    CategoryRule, CreatorKind, PolicyScope, ReasonCode, TaskParameters, TaskState, UpdateCategory,
    UpdateDeadline, UpdateOutcome, UpdatePolicy, UpdateVerdict, When,
};
use latarnik_testkit::on_both_engines;

on_both_engines! {
    async fn what_is_due_becomes_one_task_in_the_window(database: Database) {
        let scene = Scene::open(database).await;
        let (till, oven) = (scene.device("till", None).await, scene.device("oven", None).await);
        let driver = of_category("driver", UpdateCategory::Driver);
        scene.finds_security(&till, &["a", "b"]).await;
        scene.finds(&oven, vec![driver]).await;
        scene.policies_are_applied().await;
        assert!(scene.tasks(&till).await.is_empty(), "nobody has said anything");
        scene.says(PolicyScope::Tenant, automatic(&[SECURITY], 0)).await;
        scene.policies_are_applied().await;
        scene.policies_are_applied().await;
        let tasks = scene.tasks(&till).await;
        assert_eq!(tasks.len(), 1, "applied twice is applied once");
        assert_eq!((tasks[0].when, tasks[0].created_by_kind), (When::InWindow, CreatorKind::Policy));
        assert_eq!(scene.is_to_install(&till).await, ["a", "b"]);
        assert!(scene.tasks(&oven).await.is_empty(), "drivers are left to people");
    }

    async fn deferral_counts_from_the_first_offer(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        scene.says(PolicyScope::Tenant, automatic(&[SECURITY], 3)).await;
        scene.finds_security(&till, &["a"]).await;
        scene.days_pass(2);
        scene.finds_security(&till, &["a", "b"]).await;
        scene.policies_are_applied().await;
        assert!(scene.tasks(&till).await.is_empty());
        scene.days_pass(1);
        scene.policies_are_applied().await;
        assert_eq!(scene.is_to_install(&till).await, ["a"]);
    }

    async fn deadline_ends_the_deferral(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        let policy = UpdatePolicy {
            deadline: Some(UpdateDeadline::Days { days: 14 }),
            ..automatic(&[SECURITY], 30)
        };
        scene.says(PolicyScope::Tenant, policy).await;
        scene.finds_security(&till, &["a"]).await;
        scene.days_pass(13);
        scene.policies_are_applied().await;
        assert!(scene.tasks(&till).await.is_empty());
        scene.days_pass(1);
        scene.policies_are_applied().await;
        assert_eq!(scene.is_to_install(&till).await, ["a"]);
    }

    async fn narrower_scope_decides_for_its_devices(database: Database) {
        let scene = Scene::open(database).await;
        let shops = scene.group("shops", None).await;
        let tills = scene.group("tills", Some(shops)).await;
        let office = scene.device("office", None).await;
        let till = scene.device("till", Some(tills)).await;
        for device in [&office, &till] {
            scene.finds_security(device, &["a"]).await;
        }
        scene.says(PolicyScope::Tenant, automatic(&[SECURITY], 0)).await;
        let by_hand = UpdatePolicy {
            categories: [(SECURITY, CategoryRule::Manual)].into(),
            ..UpdatePolicy::default()
        };
        // The outer group speaks for what lies in the inner one.
        scene.says(PolicyScope::Group(shops), by_hand).await;
        scene.policies_are_applied().await;
        assert_eq!(scene.is_to_install(&office).await, ["a"]);
        assert!(scene.tasks(&till).await.is_empty());
        scene.says(PolicyScope::Group(tills), automatic(&[SECURITY], 0)).await;
        scene.policies_are_applied().await;
        assert_eq!(scene.is_to_install(&till).await, ["a"]);
    }

    async fn approval_installs_and_a_block_takes_back(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        let driver = |key| of_category(key, UpdateCategory::Driver);
        scene.finds(&till, vec![driver("printer"), driver("scanner")]).await;
        scene.decides(PolicyScope::Tenant, "printer", UpdateVerdict::Approve).await;
        scene.policies_are_applied().await;
        assert_eq!(scene.is_to_install(&till).await, ["printer"]);
        scene.decides(PolicyScope::Device(till.device_id), "scanner", UpdateVerdict::Approve).await;
        scene.policies_are_applied().await;
        assert_eq!(scene.is_to_install(&till).await, ["printer", "scanner"]);
        scene.decides(PolicyScope::Tenant, "printer", UpdateVerdict::Block).await;
        scene.policies_are_applied().await;
        assert_eq!(scene.is_to_install(&till).await, ["scanner"]);
        let replaced = |task: &&latarnik_app::TaskRecord| task.state == TaskState::Cancelled;
        let tasks = scene.tasks(&till).await;
        let reasons: Vec<_> = tasks.iter().filter(replaced).map(|task| task.reason).collect();
        assert_eq!(reasons, [Some(ReasonCode::ReplacedByPolicy); 2]);
    }

    async fn task_that_the_device_has_is_taken_back_there_before_another_comes(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        scene.says(PolicyScope::Tenant, automatic(&[SECURITY], 0)).await;
        scene.finds_security(&till, &["a"]).await;
        scene.policies_are_applied().await;
        let first = scene.takes_tasks(&till).await.unwrap();
        scene.reports(&till, first, Report::Waiting { until: None, reason: None }).await;
        scene.finds_security(&till, &["a", "b"]).await;
        scene.policies_are_applied().await;
        scene.policies_are_applied().await;
        let tasks = scene.tasks(&till).await;
        assert_eq!(tasks.len(), 2, "the old one on its way back, the new one behind it");
        assert!(tasks[0].cancel_requested_at.is_some());
        let end = ended(TaskState::Cancelled, Some(ReasonCode::CancelledByOperator));
        scene.reports(&till, first, Report::Finished(end)).await;
        scene.policies_are_applied().await;
        assert_eq!(scene.is_to_install(&till).await, ["a", "b"]);
        let tasks = scene.tasks(&till).await;
        assert_eq!(tasks.len(), 2);
        let reason = tasks[0].reason;
        assert_eq!(reason, Some(ReasonCode::ReplacedByPolicy), "no person took it back");
    }

    async fn block_reaches_the_task_behind_one_that_is_on_its_way_back(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        scene.says(PolicyScope::Tenant, automatic(&[SECURITY], 0)).await;
        scene.finds_security(&till, &["a"]).await;
        scene.policies_are_applied().await;
        scene.takes_tasks(&till).await.unwrap();
        scene.finds_security(&till, &["a", "b"]).await;
        scene.policies_are_applied().await;
        // The device does not answer: it has the old task, and not the new one.
        scene.decides(PolicyScope::Tenant, "b", UpdateVerdict::Block).await;
        scene.policies_are_applied().await;
        let tasks = scene.tasks(&till).await;
        let open = tasks.iter().filter(|task| !task.state.is_final() && task.cancel_requested_at.is_none());
        let keys: Vec<_> = open.map(|task| &task.parameters).collect();
        let update_keys = Some(vec!["a".to_owned()]);
        assert_eq!(keys, [&TaskParameters::InstallUpdates { update_keys, categories: None }]);
    }

    async fn running_task_is_left_alone(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        let policy = scene.says(PolicyScope::Tenant, automatic(&[SECURITY], 0)).await;
        scene.finds_security(&till, &["a"]).await;
        scene.policies_are_applied().await;
        let task = scene.takes_tasks(&till).await.unwrap();
        scene.reports(&till, task, Report::Running).await;
        scene.finds_security(&till, &["a", "b"]).await;
        scene.office.app.delete_update_policy(&scene.owner, policy.id).await.unwrap();
        scene.policies_are_applied().await;
        let tasks = scene.tasks(&till).await;
        assert_eq!(tasks.len(), 1);
        assert_eq!((tasks[0].state, tasks[0].cancel_requested_at), (TaskState::Running, None));
    }

    async fn without_its_policy_a_waiting_task_is_taken_back(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        let policy = scene.says(PolicyScope::Tenant, automatic(&[SECURITY], 0)).await;
        scene.finds_security(&till, &["a"]).await;
        scene.policies_are_applied().await;
        scene.office.app.delete_update_policy(&scene.owner, policy.id).await.unwrap();
        scene.policies_are_applied().await;
        assert!(scene.is_to_install(&till).await.is_empty());
        assert_eq!(scene.tasks(&till).await[0].state, TaskState::Cancelled);
    }

    async fn what_a_person_has_asked_for_is_not_asked_for_again(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        scene.finds_security(&till, &["a", "b"]).await;
        scene.decides(PolicyScope::Tenant, "a", UpdateVerdict::Approve).await;
        scene.policies_are_applied().await;
        scene.takes_tasks(&till).await;
        // Both of its updates are in hand now, as if a person had asked for them.
        scene.office.sql("UPDATE tasks SET created_by_kind = 'user'").await;
        scene.policies_are_applied().await;
        assert_eq!(scene.tasks(&till).await.len(), 1);
    }

    async fn failed_update_is_tried_once_a_day_and_three_times_in_all(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        scene.says(PolicyScope::Tenant, automatic(&[SECURITY], 0)).await;
        scene.finds_security(&till, &["a"]).await;
        for attempt in 1..=3 {
            scene.policies_are_applied().await;
            assert_eq!(scene.tasks(&till).await.len(), attempt);
            scene.installs(&till, UpdateOutcome::Failed).await;
            scene.policies_are_applied().await;
            assert_eq!(scene.tasks(&till).await.len(), attempt, "not at once");
            scene.days_pass(1);
        }
        scene.policies_are_applied().await;
        assert_eq!(scene.tasks(&till).await.len(), 3);
    }

    async fn new_signatures_replace_a_waiting_task_once_a_day(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        let signature = |key| of_category(key, UpdateCategory::Definition);
        scene.says(PolicyScope::Tenant, automatic(&[UpdateCategory::Definition], 0)).await;
        for key in ["one", "two", "three"] {
            scene.finds(&till, vec![signature(key)]).await;
            scene.policies_are_applied().await;
        }
        assert_eq!(scene.is_to_install(&till).await, ["one"]);
        scene.days_pass(1);
        scene.policies_are_applied().await;
        assert_eq!(scene.is_to_install(&till).await, ["three"]);
    }

    async fn what_is_blocked_is_left_out_when_everything_is_installed(database: Database) {
        let scene = Scene::open(database).await;
        let tills = scene.group("tills", None).await;
        let (till, oven) = (scene.device("till", Some(tills)).await, scene.device("oven", None).await);
        for device in [&till, &oven] {
            scene.finds_security(device, &["a", "b"]).await;
        }
        scene.decides(PolicyScope::Group(tills), "a", UpdateVerdict::Block).await;
        scene.asks(&[&till, &oven], None).await.unwrap();
        assert_eq!(scene.is_to_install(&till).await, ["b"]);
        assert_eq!(scene.is_to_install(&oven).await, ["a", "b"]);
    }

    async fn chosen_updates_that_are_blocked_everywhere_are_refused(database: Database) {
        let scene = Scene::open(database).await;
        let (till, oven) = (scene.device("till", None).await, scene.device("oven", None).await);
        for device in [&till, &oven] {
            scene.finds_security(device, &["a", "b"]).await;
        }
        scene.decides(PolicyScope::Device(till.device_id), "a", UpdateVerdict::Block).await;
        let refused = scene.asks(&[&till], Some(&["a"])).await;
        assert_eq!(problem(refused), Problem::UpdatesBlocked);
        scene.asks(&[&till, &oven], Some(&["a"])).await.unwrap();
        assert!(scene.tasks(&till).await.is_empty());
        assert_eq!(scene.is_to_install(&oven).await, ["a"]);
        scene.finds_security(&till, &[]).await;
        let nothing = scene.asks(&[&till], None).await;
        assert_eq!(problem(nothing), Problem::UpdatesNotOffered);
    }

    async fn removed_device_and_deleted_group_take_their_policies_along(database: Database) {
        let scene = Scene::open(database).await;
        let group = scene.group("shops", None).await;
        let till = scene.device("till", Some(group)).await;
        let app = &scene.office.app;
        for scope in [PolicyScope::Group(group), PolicyScope::Device(till.device_id)] {
            scene.says(scope, automatic(&[SECURITY], 0)).await;
            scene.decides(scope, "a", UpdateVerdict::Block).await;
        }
        app.delete_group(&scene.owner, group).await.unwrap();
        assert_eq!(app.list_update_policies(&scene.owner, None).await.unwrap().len(), 1);
        app.remove_device(&scene.owner, till.device_id).await.unwrap();
        assert!(app.list_update_policies(&scene.owner, None).await.unwrap().is_empty());
        assert!(app.list_update_decisions(&scene.owner, None).await.unwrap().is_empty());
    }

    async fn policies_of_one_tenant_touch_no_other(database: Database) {
        let scene = Scene::open(database).await;
        let (office, app) = (&scene.office, &scene.office.app);
        let press = office.device(office.printer, "press").await;
        office.check_in(&press, "press", None).await;
        scene.finds_security(&press, &["a"]).await;
        let policy = scene.says(PolicyScope::Tenant, automatic(&[SECURITY], 0)).await;
        scene.decides(PolicyScope::Tenant, "a", UpdateVerdict::Approve).await;
        scene.policies_are_applied().await;
        let printer = office.person(office.printer, latarnik_model::Role::Owner).await;
        let updates = app.list_device_updates(&printer, press.device_id).await.unwrap();
        assert_eq!(updates[0].standing.task_id, None);
        assert!(app.list_update_policies(&printer, None).await.unwrap().is_empty());
        assert!(app.list_update_decisions(&printer, Some(office.bakery)).await.unwrap().is_empty());
        let deleted = app.delete_update_policy(&printer, policy.id).await;
        assert_eq!(problem(deleted), Problem::NotFound);
        let replaced = app.replace_update_policy(&printer, policy.id, 1, UpdatePolicy::default());
        assert_eq!(problem(replaced.await), Problem::NotFound);
    }
}
