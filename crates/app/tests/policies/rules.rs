//! Who may write policies, what they may say, and what a preview promises.

use crate::scene::{SECURITY, Scene, automatic, fields, of_category, problem};
use latarnik_app::{FieldCode, NewUpdateDecision, NewUpdatePolicy, Problem};
use latarnik_model::{
    CategoryRule, DeviceId, GroupId, HeldBy, PolicyScope, PolicyVerdict, RingPlan, Role,
    UpdateCategory, UpdateDeadline, UpdatePolicy, UpdateVerdict,
};
use latarnik_testkit::on_both_engines;
use uuid::Uuid;

fn plan(names: &[&str]) -> RingPlan {
    RingPlan {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        wait_hours: 24,
        attempted_percent: 50,
        success_percent: 90,
        stop_failed_devices: 1,
        stop_failed_percent: 10,
    }
}

on_both_engines! {
    async fn preview_promises_what_then_happens(database: Database) {
        let scene = Scene::open(database).await;
        let tills = scene.group("tills", None).await;
        let (till, oven) = (scene.device("till", Some(tills)).await, scene.device("oven", None).await);
        let driver = || of_category("driver", UpdateCategory::Driver);
        scene.finds_security(&till, &["a", "b"]).await;
        scene.finds(&oven, vec![driver(), of_category("c", SECURITY)]).await;
        scene.decides(PolicyScope::Tenant, "b", UpdateVerdict::Block).await;
        let app = &scene.office.app;
        let new = scene.policy(PolicyScope::Tenant, automatic(&[SECURITY], 0));
        let preview = app.preview_update_policy(&scene.owner, &new).await.unwrap();
        assert_eq!((preview.devices_in_scope, preview.before.due, preview.before.manual), (2, 0, 3));
        assert_eq!((preview.after.due, preview.after.blocked, preview.after.manual), (2, 1, 1));
        let names: Vec<_> = preview.devices.iter().map(|d| d.device.id).collect();
        assert!(names.contains(&till.device_id) && names.contains(&oven.device_id));
        assert_eq!(preview.updates[0].after.due, 1);
        assert!(app.list_update_policies(&scene.owner, None).await.unwrap().is_empty(), "a preview saves nothing");
        scene.says(PolicyScope::Tenant, new.policy).await;
        scene.policies_are_applied().await;
        assert_eq!(scene.is_to_install(&till).await, ["a"]);
        assert_eq!(scene.is_to_install(&oven).await, ["c"]);

        let group = scene.policy(PolicyScope::Group(tills), automatic(&[SECURITY], 9));
        let preview = app.preview_update_policy(&scene.owner, &group).await.unwrap();
        assert_eq!(preview.devices_in_scope, 1);
        assert_eq!((preview.after.due, preview.after.deferred), (0, 1));
        assert!(preview.updates.iter().any(|update| update.next_at.is_some()));
    }

    async fn policy_says_only_what_can_be_done(database: Database) {
        let scene = Scene::open(database).await;
        let group = scene.group("tills", None).await;
        let app = &scene.office.app;
        let with = |scope, policy| {
            let new = scene.policy(scope, policy);
            async { fields(app.create_update_policy(&scene.owner, new).await) }
        };
        let tenant = PolicyScope::Tenant;
        let out_of_range = FieldCode::OutOfRange;
        assert_eq!(with(tenant, automatic(&[SECURITY], 366)).await, [("categories", out_of_range)]);
        for days in [0, 366] {
            let deadline = Some(UpdateDeadline::Days { days });
            let policy = UpdatePolicy { deadline, ..UpdatePolicy::default() };
            assert_eq!(with(tenant, policy).await, [("deadline_days", out_of_range)]);
        }
        for ring in [0, 7] {
            let policy = UpdatePolicy { ring: Some(ring), ..UpdatePolicy::default() };
            assert_eq!(with(tenant, policy).await, [("ring", out_of_range)]);
        }
        let rings = |plan| UpdatePolicy { rings: Some(plan), ..UpdatePolicy::default() };
        assert_eq!(with(tenant, rings(plan(&["one"]))).await, [("rings", out_of_range)]);
        assert_eq!(with(tenant, rings(plan(&["a", "b", "a "]))).await, [("rings", FieldCode::Taken)]);
        assert_eq!(with(tenant, rings(plan(&["a", " "]))).await, [("rings", FieldCode::Required)]);
        let free = RingPlan { stop_failed_percent: 0, ..plan(&["a", "b"]) };
        assert_eq!(with(tenant, rings(free)).await, [("rings", out_of_range)]);
        let of_group = with(PolicyScope::Group(group), rings(plan(&["a", "b"]))).await;
        assert_eq!(of_group, [("rings", FieldCode::NotAllowed)]);
    }

    async fn policy_needs_a_scope_that_is_there_and_free(database: Database) {
        let scene = Scene::open(database).await;
        let (office, app) = (&scene.office, &scene.office.app);
        let press = office.device(office.printer, "press").await;
        let refused = |new: NewUpdatePolicy| async {
            fields(app.create_update_policy(&scene.owner, new).await)
        };
        let of = |scope| scene.policy(scope, UpdatePolicy::default());
        let unknown = FieldCode::Unknown;
        let group = PolicyScope::Group(GroupId(Uuid::from_u128(1)));
        assert_eq!(refused(of(group)).await, [("group_id", unknown)]);
        let device = PolicyScope::Device(DeviceId(Uuid::from_u128(1)));
        assert_eq!(refused(of(device)).await, [("device_id", unknown)]);
        let foreign = PolicyScope::Device(press.device_id);
        assert_eq!(refused(of(foreign)).await, [("device_id", unknown)]);
        let other = NewUpdatePolicy { tenant_id: office.printer, ..of(PolicyScope::Tenant) };
        assert_eq!(refused(other).await, [("tenant_id", unknown)]);
        scene.says(PolicyScope::Tenant, UpdatePolicy::default()).await;
        assert_eq!(refused(of(PolicyScope::Tenant)).await, [("tenant_id", FieldCode::Taken)]);
    }

    async fn nobody_overwrites_what_they_have_not_seen(database: Database) {
        let scene = Scene::open(database).await;
        let app = &scene.office.app;
        let first = scene.says(PolicyScope::Tenant, automatic(&[SECURITY], 1)).await;
        let replace = |version, days| {
            let policy = automatic(&[SECURITY], days);
            app.replace_update_policy(&scene.owner, first.id, version, policy)
        };
        assert_eq!(replace(first.version, 2).await.unwrap().version, 2);
        assert_eq!(problem(replace(first.version, 3).await), Problem::ChangedMeanwhile);
        let now = app.read_update_policy(&scene.owner, first.id).await.unwrap();
        assert_eq!(now.policy, automatic(&[SECURITY], 2));
        let huge = replace(u64::MAX, 3).await;
        assert_eq!(problem(huge), Problem::ChangedMeanwhile);
    }

    async fn only_those_who_manage_policies_write_them(database: Database) {
        let scene = Scene::open(database).await;
        let (office, app) = (&scene.office, &scene.office.app);
        let technician = office.person(office.bakery, Role::Technician).await;
        let new = || scene.policy(PolicyScope::Tenant, automatic(&[SECURITY], 0));
        let created = app.create_update_policy(&technician, new()).await;
        assert_eq!(problem(created), Problem::Forbidden);
        let previewed = app.preview_update_policy(&technician, &new()).await;
        assert_eq!(problem(previewed), Problem::Forbidden);
        let decision = scene.on(PolicyScope::Tenant, "a", UpdateVerdict::Approve);
        assert_eq!(problem(app.decide_update(&technician, decision).await), Problem::Forbidden);
        scene.says(PolicyScope::Tenant, automatic(&[SECURITY], 0)).await;
        assert_eq!(app.list_update_policies(&technician, None).await.unwrap().len(), 1);
    }

    async fn new_decision_takes_the_place_of_the_old_one(database: Database) {
        let scene = Scene::open(database).await;
        let app = &scene.office.app;
        for verdict in [UpdateVerdict::Block, UpdateVerdict::Approve] {
            scene.decides(PolicyScope::Tenant, "a", verdict).await;
        }
        let list = || app.list_update_decisions(&scene.owner, None);
        let decisions = list().await.unwrap();
        assert_eq!(decisions.len(), 1);
        assert_eq!(decisions[0].decision.verdict, UpdateVerdict::Approve);
        app.withdraw_update_decision(&scene.owner, decisions[0].id).await.unwrap();
        assert!(list().await.unwrap().is_empty());
        let again = app.withdraw_update_decision(&scene.owner, decisions[0].id).await;
        assert_eq!(problem(again), Problem::NotFound);
        let wordy = NewUpdateDecision {
            note: "x".repeat(501),
            ..scene.on(PolicyScope::Tenant, "a", UpdateVerdict::Block)
        };
        assert_eq!(fields(app.decide_update(&scene.owner, wordy).await), [("note", FieldCode::TooLong)]);
        assert_eq!(fields(NewUpdateDecision::update("kb", "KBx")), [("update", FieldCode::Malformed)]);
    }

    async fn device_says_which_rules_hold_and_whose_they_are(database: Database) {
        let scene = Scene::open(database).await;
        let group = scene.group("tills", None).await;
        let till = scene.device("till", Some(group)).await;
        let app = &scene.office.app;
        let tenant = UpdatePolicy {
            rings: Some(plan(&["pilot", "everybody"])),
            deadline: Some(UpdateDeadline::Days { days: 14 }),
            ..automatic(&[SECURITY, UpdateCategory::Critical], 3)
        };
        scene.says(PolicyScope::Tenant, tenant).await;
        let of_group = UpdatePolicy {
            ring: Some(1),
            categories: [(SECURITY, CategoryRule::Manual)].into(),
            ..UpdatePolicy::default()
        };
        scene.says(PolicyScope::Group(group), of_group).await;
        scene.decides(PolicyScope::Tenant, "b", UpdateVerdict::Block).await;
        let rules = app.read_rules_in_force(&scene.owner, till.device_id).await.unwrap();
        let of_group = PolicyScope::Group(group);
        assert_eq!(rules.categories[&SECURITY], (of_group, CategoryRule::Manual));
        let critical = (PolicyScope::Tenant, CategoryRule::Automatic { after_days: 3 });
        assert_eq!(rules.categories[&UpdateCategory::Critical], critical);
        assert_eq!(rules.deadline, Some((PolicyScope::Tenant, UpdateDeadline::Days { days: 14 })));
        assert_eq!((rules.ring, rules.ring_scope), (Some((1, "pilot".to_owned())), Some(of_group)));
        let scopes: Vec<_> = rules.policies.iter().map(|policy| policy.scope).collect();
        assert_eq!(scopes, [of_group, PolicyScope::Tenant]);
        assert_eq!(rules.policies[0].scope_name.as_deref(), Some("tills"));
        assert_eq!(rules.decisions.len(), 1);

        let critical = of_category("d", UpdateCategory::Critical);
        scene.finds(&till, vec![of_category("a", SECURITY), of_category("b", SECURITY), critical]).await;
        let updates = app.list_device_updates(&scene.owner, till.device_id).await.unwrap();
        let answers = app.judge_updates(&scene.owner, till.device_id, &updates).await.unwrap();
        let verdicts: Vec<_> = updates.iter().zip(&answers)
            .map(|(update, answer)| (update.offer.key.as_str(), answer.verdict))
            .collect();
        assert_eq!(verdicts[0], ("a", PolicyVerdict::Manual));
        assert_eq!(verdicts[1], ("b", PolicyVerdict::Blocked));
        assert!(matches!(verdicts[2], ("d", PolicyVerdict::Held(HeldBy::Deferral(_)))));
        assert!(answers[2].deadline_at.is_some());
    }
}
