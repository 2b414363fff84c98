//! Feeds for programs that show calendars.

use crate::scene::{Scene, problem, sunday_night, taxes};
use latarnik_app::{FeedSecret, IssuedCalendarFeed, Problem};
use latarnik_model::{Language, PolicyScope, Role};
use latarnik_testkit::on_both_engines;

fn secret(issued: &IssuedCalendarFeed) -> FeedSecret {
    let digits = issued
        .url
        .rsplit('/')
        .next()
        .unwrap()
        .strip_suffix(".ics")
        .unwrap();
    let mut bytes = [0; 32];
    for (byte, position) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&digits[position..position + 2], 16).unwrap();
    }
    FeedSecret(bytes)
}

on_both_engines! {
    async fn feed_tells_what_binds_its_scope_to_whoever_knows_the_secret(database: Database) {
        let scene = Scene::open(database).await;
        let (office, app) = (&scene.office, &scene.office.app);
        let tills = scene.group("Tills", None).await;
        scene.window(PolicyScope::Tenant, "Sunday night", sunday_night()).await;
        scene.window(PolicyScope::Group(tills), "Tills, at night", sunday_night()).await;
        scene.blackout(PolicyScope::Tenant, "Taxes", taxes()).await;
        let issued = app.create_calendar_feed(&scene.owner, office.bakery, PolicyScope::Tenant).await;
        let issued = issued.unwrap();
        assert!(issued.url.starts_with("https://rmm.example.com/calendar/"), "{}", issued.url);
        let text = app.read_calendar_feed(&secret(&issued), Language::En).await.unwrap();
        assert!(text.contains("SUMMARY:Sunday night: updates\\, restart\r\n"), "{text}");
        assert!(text.contains("SUMMARY:Blackout: Taxes\r\n") && !text.contains("Tills"), "{text}");
        let of_group = app
            .create_calendar_feed(&scene.owner, office.bakery, PolicyScope::Group(tills))
            .await
            .unwrap();
        let text = app.read_calendar_feed(&secret(&of_group), Language::Pl).await.unwrap();
        assert!(text.contains("SUMMARY:Tills\\, at night: aktualizacje\\, restart\r\n"), "{text}");
        assert!(text.contains("SUMMARY:Blokada: Taxes\r\n"), "{text}");
        assert!(!text.contains("Sunday night"), "a wider window that does not count: {text}");

        let mut wrong = secret(&issued);
        wrong.0[31] ^= 1;
        let missing = app.read_calendar_feed(&wrong, Language::En).await;
        assert_eq!(problem(missing), Problem::NotFound);
        let stranger = office.person(office.printer, Role::Owner).await;
        let id = issued.record.id;
        assert_eq!(problem(app.delete_calendar_feed(&stranger, id).await), Problem::NotFound);
        assert!(app.list_calendar_feeds(&stranger, None).await.unwrap().is_empty());
        let technician = office.person(office.bakery, Role::Technician).await;
        let refused = app.list_calendar_feeds(&technician, None).await;
        assert_eq!(problem(refused), Problem::Forbidden);
        app.delete_calendar_feed(&scene.owner, id).await.unwrap();
        let gone = app.read_calendar_feed(&secret(&issued), Language::En).await;
        assert_eq!(problem(gone), Problem::NotFound);
    }
}
