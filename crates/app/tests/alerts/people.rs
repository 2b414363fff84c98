//! Who sees alerts, who acknowledges them, and what goes along with what they are about.

use crate::scene::{Scene, fields, problem};
use latarnik_app::{
    AlertCounts, AlertFilter, AlertQuery, AuditQuery, Context, FieldCode, PageRequest, Problem,
    agents::AgentIdentity,
};
use latarnik_model::{AlertKind, AlertState, Clock, ReasonCode, Role, UpdateOutcome};
use latarnik_testkit::on_both_engines;

/// A machine whose search fails for long and whose update failed: a critical alert and a warning.
async fn troubled(scene: &Scene) -> AgentIdentity {
    let till = scene.device("till", None).await;
    scene.finds_security(&till, &["a"]).await;
    scene.fails_to_install(&till, "a").await;
    scene.days_pass(3);
    scene.searches(&till, Some(ReasonCode::ScanFailed)).await;
    scene.is_watched().await;
    till
}

async fn counts(scene: &Scene, whom: &Context) -> (u64, u64, u64) {
    let AlertCounts {
        open,
        open_critical,
        acknowledged,
    } = scene.office.app.count_alerts(whom, None).await.unwrap();
    (open, open_critical, acknowledged)
}

on_both_engines! {
    async fn other_tenant_sees_and_acknowledges_no_alert(database: Database) {
        let scene = Scene::open(database).await;
        troubled(&scene).await;
        let app = &scene.office.app;
        let stranger = scene.office.person(scene.office.printer, Role::Owner).await;
        let id = scene.open_alerts().await[0].id;
        assert!(scene.alerts_of(&stranger, &[]).await.is_empty());
        assert_eq!(counts(&scene, &stranger).await, (0, 0, 0));
        assert_eq!(problem(app.read_alert(&stranger, id).await), Problem::NotFound);
        let acknowledged = app.acknowledge_alerts(&stranger, &[id], "").await;
        assert_eq!(problem(acknowledged), Problem::NotFound);
        let query = AlertQuery { tenant_id: Some(scene.office.bakery), ..AlertQuery::default() };
        let page = PageRequest { limit: 10, after: None };
        let found = app.list_alerts(&stranger, &query, &page).await.unwrap();
        assert!(found.items.is_empty());
        assert_eq!(counts(&scene, &scene.owner).await, (2, 1, 0));
    }

    async fn client_view_reads_alerts_and_acknowledges_none(database: Database) {
        let scene = Scene::open(database).await;
        troubled(&scene).await;
        let viewer = scene.office.person(scene.office.bakery, Role::ClientView).await;
        let alerts = scene.alerts_of(&viewer, &[]).await;
        assert_eq!(alerts.len(), 2);
        let app = &scene.office.app;
        let refused = app.acknowledge_alerts(&viewer, &[alerts[0].id], "").await;
        assert_eq!(problem(refused), Problem::Forbidden);
        assert_eq!(counts(&scene, &viewer).await, (2, 1, 0));
    }

    async fn technician_acknowledges_and_the_cause_closes(database: Database) {
        let scene = Scene::open(database).await;
        let till = troubled(&scene).await;
        let app = &scene.office.app;
        let technician = scene.office.person(scene.office.bakery, Role::Technician).await;
        let id = scene.open_alerts().await.into_iter()
            .find(|alert| alert.cause.kind() == AlertKind::ScanFailing).unwrap().id;
        app.acknowledge_alerts(&technician, &[id, id], " I am on it ").await.unwrap();
        assert_eq!(counts(&scene, &technician).await, (1, 0, 1));
        scene.is_watched().await;
        let alert = app.read_alert(&technician, id).await.unwrap();
        assert_eq!(alert.state(), AlertState::Acknowledged, "its cause stands");
        let acknowledgement = alert.acknowledgement.unwrap();
        assert_eq!(acknowledgement.at, scene.office.clock.now());
        assert_eq!(acknowledgement.by_name, "technician");
        assert_eq!(acknowledgement.note, "I am on it");

        app.acknowledge_alerts(&scene.owner, &[id], "").await.unwrap();
        let alert = app.read_alert(&technician, id).await.unwrap();
        assert_eq!(alert.acknowledgement.unwrap().by_name, "owner", "the latest counts");
        let page = PageRequest { limit: 10, after: None };
        let audit = app.list_audit_events(&scene.owner, &AuditQuery::default(), &page).await;
        let audit = audit.unwrap().items;
        let noted: Vec<_> = audit.iter().filter(|e| e.action == "acknowledge_alert").collect();
        assert_eq!(noted.len(), 2);
        assert_eq!(noted[1].target_name.as_deref(), Some("machine"));
        let details = [("alert_kind", "scan_failing"), ("note", "I am on it")];
        let details = details.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(noted[1].details, details);

        scene.searches(&till, None).await;
        scene.is_watched().await;
        let alert = app.read_alert(&technician, id).await.unwrap();
        assert_eq!(alert.state(), AlertState::Closed);
        let late = app.acknowledge_alerts(&technician, &[id], "").await;
        assert_eq!(problem(late), Problem::AlertClosed);
    }

    async fn several_alerts_are_acknowledged_at_once_and_closed_ones_are_passed_over(
        database: Database
    ) {
        let scene = Scene::open(database).await;
        let till = troubled(&scene).await;
        let app = &scene.office.app;
        let ids: Vec<_> = scene.open_alerts().await.iter().map(|alert| alert.id).collect();
        scene.searches(&till, None).await;
        scene.is_watched().await;
        assert_eq!(app.acknowledge_alerts(&scene.owner, &ids, "").await.unwrap(), 1);
        let too_many: Vec<_> = (0..201).map(|n| latarnik_model::AlertId(uuid::Uuid::from_u128(n)))
            .collect();
        let refused = app.acknowledge_alerts(&scene.owner, &too_many, "").await;
        assert_eq!(fields(refused), [("alert_ids", FieldCode::OutOfRange)]);
        let refused = app.acknowledge_alerts(&scene.owner, &[], "").await;
        assert_eq!(fields(refused), [("alert_ids", FieldCode::Required)]);
        let refused = app.acknowledge_alerts(&scene.owner, &ids, "a\nb").await;
        assert_eq!(fields(refused), [("note", FieldCode::Malformed)]);
    }

    async fn list_goes_on_where_a_page_ends_and_keeps_to_its_conditions(database: Database) {
        let scene = Scene::open(database).await;
        let till = troubled(&scene).await;
        let other = scene.device("other", None).await;
        scene.finds_security(&other, &["b"]).await;
        scene.fails_to_install(&other, "b").await;
        scene.is_watched().await;
        scene.searches(&till, None).await;
        scene.is_watched().await;
        let app = &scene.office.app;
        let list = async |filter: AlertFilter| {
            let query = AlertQuery { tenant_id: None, filter };
            let (mut ids, mut after) = (Vec::new(), None);
            loop {
                let page = PageRequest { limit: 1, after };
                let page = app.list_alerts(&scene.owner, &query, &page).await.unwrap();
                ids.extend(page.items.into_iter().map(|alert| (alert.cause.kind(), alert.state())));
                after = page.next;
                if after.is_none() { break ids; }
            }
        };
        let (failed, failing) = (AlertKind::UpdateFailed, AlertKind::ScanFailing);
        let (open, closed) = (AlertState::Open, AlertState::Closed);
        assert_eq!(list(AlertFilter::default()).await.len(), 3);
        let of_device = AlertFilter { device_id: Some(other.device_id), ..AlertFilter::default() };
        assert_eq!(list(of_device).await, [(failed, open)]);
        let of_kind = AlertFilter { kinds: vec![failing], ..AlertFilter::default() };
        assert_eq!(list(of_kind).await, [(failing, closed)]);
        let in_states = |states: &[AlertState]| AlertFilter {
            states: states.to_vec(),
            ..AlertFilter::default()
        };
        let of_other = scene.open_alerts().await[0].id;
        app.acknowledge_alerts(&scene.owner, &[of_other], "").await.unwrap();
        let acknowledged = AlertState::Acknowledged;
        for (states, expected) in [
            (&[open][..], 1),
            (&[acknowledged], 1),
            (&[closed], 1),
            (&[open, acknowledged], 2),
            (&[open, closed], 2),
            (&[acknowledged, closed], 2),
            (&[open, acknowledged, closed], 3),
        ] {
            assert_eq!(list(in_states(states)).await.len(), expected, "{states:?}");
        }
    }

    async fn removed_device_takes_its_alerts_along(database: Database) {
        let scene = Scene::open(database).await;
        let till = troubled(&scene).await;
        let app = &scene.office.app;
        app.remove_device(&scene.owner, till.device_id).await.unwrap();
        assert!(scene.alerts_of(&scene.owner, &[]).await.is_empty());
        scene.is_watched().await;
        assert!(scene.alerts_of(&scene.owner, &[]).await.is_empty());
        assert_eq!(counts(&scene, &scene.owner).await, (0, 0, 0));
    }

    async fn deleted_tenant_takes_its_alerts_along(database: Database) {
        let scene = Scene::open(database).await;
        troubled(&scene).await;
        let (app, bakery) = (&scene.office.app, scene.office.bakery);
        assert_eq!(scene.office.rows_naming("alerts", bakery).await, 2);
        let shell = Context::command_line();
        app.delete_tenant(&shell, bakery, "Piekarnia Zdrój").await.unwrap();
        scene.is_watched().await;
        app.keep_house().await;
        assert_eq!(scene.office.rows_naming("alerts", bakery).await, 0);
    }

    async fn trouble_in_one_tenant_holds_up_no_other(database: Database) {
        let scene = Scene::open(database).await;
        troubled(&scene).await;
        scene.office.sql("UPDATE alerts SET cause = '{'").await;
        let owner = scene.office.person(scene.office.printer, Role::Owner).await;
        let printer = scene.office.device(scene.office.printer, "press").await;
        scene.days_pass(3);
        scene.office.check_in(&printer, "press", None).await;
        assert!(scene.office.app.raise_alerts().await.is_err());
        assert_eq!(scene.alerts_of(&owner, &[]).await.len(), 1);
    }

    async fn closed_alert_is_forgotten_after_a_year(database: Database) {
        let scene = Scene::open(database).await;
        let till = scene.device("till", None).await;
        scene.finds_security(&till, &["a"]).await;
        scene.fails_to_install(&till, "a").await;
        scene.is_watched().await;
        let task = scene.is_asked_for(&till, "a").await;
        scene.ends(&till, task, "a", UpdateOutcome::Installed).await;
        scene.is_watched().await;
        scene.days_pass(365);
        scene.office.app.keep_house().await;
        assert_eq!(scene.closed_alerts().await.len(), 1);
        scene.days_pass(1);
        scene.office.app.keep_house().await;
        assert!(scene.closed_alerts().await.is_empty());
    }
}
