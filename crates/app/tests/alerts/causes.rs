//! What raises an alert, and what closes it.

use crate::scene::{SECURITY, Scene, automatic};
use jiff::SignedDuration;
use latarnik_app::{
    Event, RolloutChange,
    agents::{self, AgentIdentity, CheckIn, Restart},
};
use latarnik_model::{
    AlertCause, AlertCloseReason, AlertKind, AlertSeverity, Clock, PolicyScope, ReasonCode,
    RestartSignal, RestartSignalName, RingPlan, UpdateCategory, UpdateDeadline, UpdateOutcome,
    UpdatePolicy, UpdateVerdict,
};
use latarnik_testkit::{facts, on_both_engines};

const MILLISECOND: SignedDuration = SignedDuration::from_millis(1);

fn deadline(days: u16) -> UpdatePolicy {
    UpdatePolicy {
        deadline: Some(UpdateDeadline::Days { days }),
        ..automatic(&[SECURITY], 0)
    }
}

/// A machine says that it started like this, and whether it asks for a restart.
async fn starts(scene: &Scene, agent: &AgentIdentity, boot_id: &str, signal: bool) {
    let name = RestartSignalName::RebootRequiredFile;
    let signal = signal.then_some(RestartSignal { name, detail: None });
    let check_in = CheckIn {
        boot_id: boot_id.to_owned(),
        facts: Some(facts("machine")),
        restart: Some(Restart {
            signals: signal.into_iter().collect(),
            scheduled_at: None,
            postponed: 0,
        }),
        ..CheckIn::default()
    };
    let app = &scene.office.app;
    agents::check_in(app, agent, check_in).await.unwrap();
}

on_both_engines! {
    async fn update_that_failed_is_one_alert_with_its_code(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        scene.finds_security(&till, &["a", "b"]).await;
        scene.is_watched().await;
        assert!(scene.open_alerts().await.is_empty());
        let failed_at = scene.office.clock.now();
        scene.fails_to_install(&till, "a").await;
        scene.office.clock.advance(SignedDuration::from_mins(1));
        scene.is_watched().await;
        scene.is_watched().await;
        let alert = scene.alert().await;
        assert_eq!(alert.device, Some((till.device_id, "machine".to_owned())));
        assert_eq!((alert.since, alert.raised_at), (failed_at, scene.office.clock.now()));
        let AlertCause::UpdateFailed { title, hresult, result_code, exit_code, failures, .. } =
            alert.cause else { panic!("{alert:?}") };
        assert_eq!(title, "Title of a");
        assert_eq!(hresult.as_deref(), Some("0x80070643"));
        assert_eq!((result_code, exit_code, failures), (Some(4), Some(100), 1));
        assert_eq!(AlertKind::UpdateFailed.severity(), AlertSeverity::Warning);
    }

    async fn update_that_is_tried_again_keeps_its_alert_until_it_is_installed(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        scene.finds_security(&till, &["a"]).await;
        scene.fails_to_install(&till, "a").await;
        scene.is_watched().await;
        let first = scene.alert().await;

        let task = scene.is_asked_for(&till, "a").await;
        scene.is_watched().await;
        assert_eq!(scene.alert().await, first, "nothing is better yet");
        scene.ends(&till, task, "a", UpdateOutcome::Failed).await;
        scene.is_watched().await;
        let again = scene.alert().await;
        assert_eq!(again.id, first.id);
        assert!(matches!(again.cause, AlertCause::UpdateFailed { failures: 2, .. }));

        let task = scene.is_asked_for(&till, "a").await;
        scene.ends(&till, task, "a", UpdateOutcome::Installed).await;
        scene.is_watched().await;
        assert!(scene.open_alerts().await.is_empty());
        let closed = scene.closed_alerts().await;
        let closed_as = (scene.office.clock.now(), AlertCloseReason::Resolved);
        assert_eq!(closed[0].closed, Some(closed_as));

        scene.finds_security(&till, &["a"]).await;
        scene.is_watched().await;
        assert!(scene.open_alerts().await.is_empty(), "being offered anew is no failure");
        scene.fails_to_install(&till, "a").await;
        scene.is_watched().await;
        assert_ne!(scene.alert().await.id, first.id, "what happens anew is a new alert");
        assert_eq!(scene.closed_alerts().await.len(), 1);
    }

    async fn update_that_is_no_longer_offered_is_no_alert_any_more(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        scene.finds_security(&till, &["a"]).await;
        scene.fails_to_install(&till, "a").await;
        scene.is_watched().await;
        scene.alert().await;
        scene.finds_security(&till, &["b"]).await;
        scene.is_watched().await;
        assert!(scene.open_alerts().await.is_empty());
    }

    async fn search_that_fails_for_more_than_two_days_is_an_alert(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        scene.searches(&till, None).await;
        let succeeded_at = scene.office.clock.now();
        scene.days_pass(2);
        scene.searches(&till, Some(ReasonCode::ScanFailed)).await;
        scene.is_watched().await;
        assert!(scene.open_alerts().await.is_empty(), "two days exactly are no more than two days");
        scene.office.clock.advance(MILLISECOND);
        scene.searches(&till, Some(ReasonCode::ScanFailed)).await;
        scene.is_watched().await;
        let alert = scene.alert().await;
        assert_eq!(alert.since, succeeded_at);
        let expected = AlertCause::ScanFailing {
            never_succeeded: false,
            reason_code: Some(ReasonCode::ScanFailed),
            error_detail: Some("0x8024402C".to_owned()),
        };
        assert_eq!(alert.cause, expected);
        scene.searches(&till, None).await;
        scene.is_watched().await;
        assert!(scene.open_alerts().await.is_empty());
        scene.days_pass(3);
        scene.searches(&till, Some(ReasonCode::ScanFailed)).await;
        scene.is_watched().await;
        assert_ne!(scene.alert().await.id, alert.id);
    }

    async fn search_that_never_succeeded_counts_from_the_enrolment(database: Database) {
        let scene = Scene::open(database).await;
        let failing = scene.device("failing", None).await;
        let idle = scene.device("idle", None).await;
        let contact = || scene.office.check_in(&idle, "idle", None);
        scene.days_pass(2);
        scene.searches(&failing, Some(ReasonCode::ScanFailed)).await;
        contact().await;
        scene.is_watched().await;
        assert!(scene.open_alerts().await.is_empty());
        scene.office.clock.advance(MILLISECOND);
        scene.searches(&failing, Some(ReasonCode::ScanFailed)).await;
        contact().await;
        scene.is_watched().await;
        let open = scene.open_alerts().await;
        assert_eq!(open.len(), 2, "also the one that never tried and is in contact");
        for alert in open {
            assert!(matches!(alert.cause, AlertCause::ScanFailing { never_succeeded: true, .. }));
        }
    }

    async fn machine_that_has_just_started_is_given_time_for_its_first_search(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        scene.days_pass(5);
        let booted_at = Some(scene.office.clock.now());
        let contact = async || {
            let check_in = CheckIn {
                boot_id: "second".to_owned(),
                booted_at,
                facts: Some(facts("till")),
                ..CheckIn::default()
            };
            agents::check_in(&scene.office.app, &till, check_in).await.unwrap();
        };
        contact().await;
        scene.is_watched().await;
        assert!(scene.open_alerts().await.is_empty());
        scene.office.clock.advance(SignedDuration::from_hours(1));
        contact().await;
        scene.is_watched().await;
        scene.alert().await;
    }

    async fn device_out_of_contact_is_no_failing_search(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        let never = scene.device("never searched", None).await;
        scene.searches(&till, None).await;
        scene.office.clock.advance(SignedDuration::from_hours(8));
        scene.searches(&till, Some(ReasonCode::ScanFailed)).await;
        scene.office.check_in(&never, "never searched", None).await;
        scene.days_pass(30);
        scene.is_watched().await;
        assert!(scene.open_alerts().await.is_empty());
    }

    async fn device_that_falls_silent_while_its_search_fails_keeps_its_alert(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        scene.searches(&till, None).await;
        scene.days_pass(3);
        scene.searches(&till, Some(ReasonCode::ScanFailed)).await;
        scene.is_watched().await;
        scene.alert().await;
        scene.days_pass(30);
        scene.is_watched().await;
        scene.alert().await;
    }

    async fn restart_that_is_pending_for_more_than_seven_days_is_an_alert(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        scene.searches(&till, None).await;
        starts(&scene, &till, "first", true).await;
        let since = scene.office.clock.now();
        scene.days_pass(7);
        starts(&scene, &till, "first", true).await;
        scene.is_watched().await;
        assert!(scene.open_alerts().await.is_empty(), "seven days exactly are no more than seven days");
        scene.office.clock.advance(MILLISECOND);
        starts(&scene, &till, "first", true).await;
        scene.is_watched().await;
        let alert = scene.alert().await;
        assert_eq!(alert.since, since);
        let signals = vec![RestartSignalName::RebootRequiredFile];
        assert_eq!(alert.cause, AlertCause::RestartOverdue { signals });
        starts(&scene, &till, "second", true).await;
        scene.is_watched().await;
        assert!(scene.open_alerts().await.is_empty(), "it has restarted: what stands now stands anew");
        scene.days_pass(8);
        starts(&scene, &till, "second", true).await;
        scene.is_watched().await;
        scene.alert().await;
        starts(&scene, &till, "second", false).await;
        scene.is_watched().await;
        assert!(scene.open_alerts().await.is_empty());
        assert_eq!(scene.closed_alerts().await.len(), 2);
    }

    async fn silence_of_a_device_makes_no_restart_overdue(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        scene.searches(&till, None).await;
        starts(&scene, &till, "first", true).await;
        scene.days_pass(30);
        scene.is_watched().await;
        assert!(scene.open_alerts().await.is_empty());
    }

    async fn weak_signal_makes_no_restart_overdue(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        scene.searches(&till, None).await;
        let weak = Some(RestartSignalName::PendingFileRename);
        scene.office.check_in(&till, "till", weak).await;
        scene.days_pass(30);
        scene.office.check_in(&till, "till", weak).await;
        scene.is_watched().await;
        assert!(scene.open_alerts().await.is_empty());
    }

    async fn rollout_that_failures_stop_is_an_alert_until_it_goes_on(database: Database) {
        let scene = Scene::open(database).await;
        let rings = RingPlan {
            names: vec!["pilot".to_owned(), "everybody".to_owned()],
            wait_hours: 48,
            attempted_percent: 50,
            success_percent: 90,
            stop_failed_devices: 1,
            stop_failed_percent: 50,
        };
        let policy = UpdatePolicy { rings: Some(rings), ..automatic(&[SECURITY], 0) };
        scene.says(PolicyScope::Tenant, policy).await;
        let pilots = [scene.device("one", None).await, scene.device("two", None).await];
        for pilot in &pilots {
            let in_ring = UpdatePolicy { ring: Some(1), ..UpdatePolicy::default() };
            scene.says(PolicyScope::Device(pilot.device_id), in_ring).await;
            scene.finds_security(pilot, &["a"]).await;
        }
        scene.policies_are_applied().await;
        scene.installs(&pilots[0], UpdateOutcome::Failed).await;
        scene.policies_are_applied().await;
        scene.is_watched().await;
        let stopped = async || {
            let mut open = scene.open_alerts().await;
            open.retain(|alert| alert.cause.kind() == AlertKind::RolloutStopped);
            open.pop()
        };
        let alert = stopped().await.unwrap();
        let AlertCause::RolloutStopped { rollout_id, ref title, ring, failed_devices, .. } =
            alert.cause else { panic!("{alert:?}") };
        assert_eq!((title.as_str(), ring, failed_devices), ("Title of a", 1, 1));
        assert_eq!(alert.device, None);

        let app = &scene.office.app;
        scene.office.clock.advance(MILLISECOND);
        app.change_rollout(&scene.owner, rollout_id, RolloutChange::Resume).await.unwrap();
        scene.is_watched().await;
        assert_eq!(stopped().await, None);
        scene.policies_are_applied().await;
        scene.installs(&pilots[1], UpdateOutcome::Failed).await;
        scene.policies_are_applied().await;
        scene.is_watched().await;
        assert_ne!(stopped().await.unwrap().id, alert.id, "stopped again is a new alert");

        for pilot in &pilots {
            scene.finds_security(pilot, &["b"]).await;
        }
        scene.is_watched().await;
        assert_eq!(stopped().await, None, "nobody is offered it any more");
    }

    async fn what_a_policy_has_not_installed_by_its_deadline_is_one_alert_a_device(
        database: Database
    ) {
        let scene = Scene::open(database).await;
        scene.says(PolicyScope::Tenant, deadline(14)).await;
        let till = scene.device("till", None).await;
        let offered_at = scene.office.clock.now();
        scene.finds_security(&till, &["a", "b", "c", "d"]).await;
        scene.days_pass(14);
        scene.is_watched().await;
        assert!(scene.open_alerts().await.is_empty(), "its deadline is now");
        scene.office.clock.advance(MILLISECOND);
        scene.is_watched().await;
        let alert = scene.alert().await;
        let first = ["Title of a", "Title of b", "Title of c"].map(ToOwned::to_owned);
        let expected = AlertCause::UpdateOverdue { updates: 4, titles: first.to_vec() };
        assert_eq!(alert.cause, expected);
        assert_eq!(alert.since, offered_at + SignedDuration::from_hours(14 * 24));

        scene.decides(PolicyScope::Tenant, "a", UpdateVerdict::Block).await;
        scene.is_watched().await;
        let now = scene.alert().await;
        assert_eq!(now.id, alert.id);
        assert!(matches!(now.cause, AlertCause::UpdateOverdue { updates: 3, .. }), "blocked");
        scene.asks(&[&till], Some(&["b", "c", "d"])).await.unwrap();
        scene.installs(&till, UpdateOutcome::Installed).await;
        scene.is_watched().await;
        assert!(scene.open_alerts().await.is_empty());
    }

    async fn what_is_left_to_people_has_no_deadline(database: Database) {
        let scene = Scene::open(database).await;
        scene.says(PolicyScope::Tenant, deadline(14)).await;
        let till = scene.device("till", None).await;
        let driver = crate::scene::of_category("driver", UpdateCategory::Driver);
        scene.finds(&till, vec![driver]).await;
        scene.days_pass(90);
        scene.is_watched().await;
        assert!(scene.open_alerts().await.is_empty());
    }

    async fn consoles_hear_of_alerts_that_change_and_of_no_others(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        scene.finds_security(&till, &["a"]).await;
        scene.fails_to_install(&till, "a").await;
        let mut events = scene.office.app.events().subscribe();
        scene.is_watched().await;
        let tenant_ids = [scene.office.bakery].into();
        assert_eq!(events.try_recv().unwrap(), Event::AlertsChanged { tenant_ids });
        scene.is_watched().await;
        assert!(events.try_recv().is_err());
    }
}
