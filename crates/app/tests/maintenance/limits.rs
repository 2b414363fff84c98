//! What a tenant may have no more of.

use crate::scene::{Scene, monthly, problem, sunday_night};
use latarnik_app::{Context, NewBlackout, Problem};
use latarnik_model::{BlackoutId, CalendarFeedId, MaintenanceWindowId, PolicyScope, Scope};
use latarnik_testkit::on_both_engines;
use uuid::Uuid;

/// Windows, blackouts and calendar feeds of a tenant, each.
const MOST: u128 = 200;

impl Scene {
    /// Leaves room for so many blackouts more.
    async fn blackouts_but(&self, room: u128) -> BlackoutId {
        let made = self
            .blackout(PolicyScope::Tenant, "Taxes", monthly(20, 25))
            .await;
        let transaction = self
            .office
            .store()
            .begin(&Scope::one(self.office.bakery))
            .await
            .unwrap();
        for number in 1..MOST - room {
            let mut record = made.record.clone();
            record.blackout.id = BlackoutId(Uuid::from_u128(number));
            transaction.insert_blackout(&record).await.unwrap();
        }
        transaction.commit().await.unwrap();
        made.record.blackout.id
    }

    fn blackout_to_be(&self, name: &str) -> NewBlackout {
        NewBlackout {
            tenant_id: self.office.bakery,
            scope: PolicyScope::Tenant,
            name: name.to_owned(),
            definition: monthly(1, 2),
        }
    }

    /// Leaves room for so many windows more.
    async fn windows_but(&self, room: u128) {
        let made = self
            .window(PolicyScope::Tenant, "Night", sunday_night())
            .await;
        let transaction = self
            .office
            .store()
            .begin(&Scope::one(self.office.bakery))
            .await
            .unwrap();
        for number in 1..MOST - room {
            let mut record = made.record.clone();
            record.window.id = MaintenanceWindowId(Uuid::from_u128(number));
            transaction
                .insert_maintenance_window(&record)
                .await
                .unwrap();
        }
        transaction.commit().await.unwrap();
    }

    /// Leaves room for so many feeds more.
    async fn feeds_but(&self, room: u128) -> CalendarFeedId {
        let (office, app) = (&self.office, &self.office.app);
        let made = app
            .create_calendar_feed(&self.owner, office.bakery, PolicyScope::Tenant)
            .await;
        let made = made.unwrap().record;
        let transaction = office
            .store()
            .begin(&Scope::one(office.bakery))
            .await
            .unwrap();
        for number in 1..MOST - room {
            let mut record = made.clone();
            record.id = CalendarFeedId(Uuid::from_u128(number));
            record.secret_hash[..16].copy_from_slice(&number.to_be_bytes());
            transaction.insert_calendar_feed(&record).await.unwrap();
        }
        transaction.commit().await.unwrap();
        made.id
    }
}

on_both_engines! {
    async fn tenant_has_two_hundred_blackouts_at_most(database: Database) {
        let scene = Scene::open(database).await;
        let (office, app) = (&scene.office, &scene.office.app);
        let one = scene.blackouts_but(0).await;
        let refused = problem(app.create_blackout(&scene.owner, scene.blackout_to_be("More")).await);
        assert_eq!(refused, Problem::TooManyBlackouts);
        assert_eq!(refused.code(), "too_many_blackouts");
        let theirs = NewBlackout { tenant_id: office.printer, ..scene.blackout_to_be("Others") };
        app.create_blackout(&Context::command_line(), theirs).await.unwrap();
        // Windows are counted by themselves.
        scene.window(PolicyScope::Tenant, "Night", sunday_night()).await;
        app.delete_blackout(&scene.owner, one).await.unwrap();
        scene.blackout(PolicyScope::Tenant, "Instead", monthly(1, 2)).await;
    }

    async fn tenant_has_two_hundred_calendar_feeds_at_most(database: Database) {
        let scene = Scene::open(database).await;
        let (office, app) = (&scene.office, &scene.office.app);
        let one = scene.feeds_but(0).await;
        let create = async |context: &Context, tenant| {
            app.create_calendar_feed(context, tenant, PolicyScope::Tenant).await
        };
        let refused = problem(create(&scene.owner, office.bakery).await);
        assert_eq!(refused, Problem::TooManyCalendarFeeds);
        assert_eq!(refused.code(), "too_many_calendar_feeds");
        create(&Context::command_line(), office.printer).await.unwrap();
        app.delete_calendar_feed(&scene.owner, one).await.unwrap();
        create(&scene.owner, office.bakery).await.unwrap();
    }

    async fn of_two_people_who_add_the_last_one_at_once_one_is_refused(database: Database) {
        let scene = Scene::open(database).await;
        let app = &scene.office.app;
        let owner = &scene.owner;
        scene.windows_but(1).await;
        let window = || scene.window_to_be(PolicyScope::Tenant, "Last", sunday_night());
        let both = tokio::join!(
            app.create_maintenance_window(owner, window()),
            app.create_maintenance_window(owner, window()),
        );
        let refused = one_of(both.0, both.1);
        assert_eq!(refused, Problem::TooManyMaintenanceWindows);
        assert_eq!(refused.code(), "too_many_maintenance_windows");
        scene.blackouts_but(1).await;
        let both = tokio::join!(
            app.create_blackout(owner, scene.blackout_to_be("Last")),
            app.create_blackout(owner, scene.blackout_to_be("Last")),
        );
        assert_eq!(one_of(both.0, both.1), Problem::TooManyBlackouts);
        scene.feeds_but(1).await;
        let bakery = scene.office.bakery;
        let both = tokio::join!(
            app.create_calendar_feed(owner, bakery, PolicyScope::Tenant),
            app.create_calendar_feed(owner, bakery, PolicyScope::Tenant),
        );
        assert_eq!(one_of(both.0, both.1), Problem::TooManyCalendarFeeds);
    }
}

/// Why one of two was refused, where the other one was not.
fn one_of<T: std::fmt::Debug>(
    one: Result<T, latarnik_app::AppError>,
    other: Result<T, latarnik_app::AppError>,
) -> Problem {
    match (one, other) {
        (Ok(_), refused) | (refused, Ok(_)) => problem(refused),
        neither => panic!("one of them was to be made: {neither:?}"),
    }
}
