//! Calendar feeds: read by programs that know nothing but the address.

use super::{Answer, Console, assert_problem};
use axum::body::{Body, to_bytes};
use http::{HeaderMap, Method, Request, StatusCode, header};
use latarnik_model::Role;
use serde_json::{Value, json};
use tower::ServiceExt;

/// The answer to a program without session and cookie, as text.
async fn fetch(console: &Console, path: &str) -> (StatusCode, HeaderMap, String) {
    let request = Request::builder().uri(path).body(Body::empty()).unwrap();
    let response = console.router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 1 << 20).await.unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    (parts.status, parts.headers, text)
}

async fn post(console: &Console, cookie: &str, path: &str, body: Value) -> Answer {
    let answer = console.call(Method::POST, path, cookie, Some(body)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    answer
}

#[tokio::test]
async fn who_knows_the_address_reads_the_windows_until_it_is_withdrawn() {
    let console = Console::open().await;
    let cookie = console.sign_in(Role::Owner).await;
    let tenant = console.office.provider;
    let definition = json!({
        "recurrence": {"type": "weekly", "days": ["monday"]}, "start_time": "22:00",
        "duration_minutes": 240, "time_zone": "Europe/Warsaw", "actions": ["update"],
    });
    let window = json!({
        "tenant_id": tenant, "name": "Nights; of \"all\", machines", "enabled": true,
        "definition": definition,
    });
    post(&console, &cookie, "/api/v1/maintenance-windows", window).await;
    let feed = json!({"tenant_id": tenant});
    let feed = post(&console, &cookie, "/api/v1/calendar-feeds", feed).await;
    let url = feed.body["url"].as_str().unwrap();
    let path = &url[url.find("/calendar/").unwrap()..];

    let (status, headers, text) = fetch(&console, path).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        headers[header::CONTENT_TYPE],
        "text/calendar; charset=utf-8"
    );
    assert!(
        headers[header::CACHE_CONTROL]
            .to_str()
            .unwrap()
            .contains("private")
    );
    assert!(!headers.contains_key(header::SET_COOKIE));
    assert!(text.starts_with("BEGIN:VCALENDAR\r\n"), "{text}");
    // The tests' clock stands at Monday, 23 November 2026.
    assert!(text.contains("DTSTART:20261123T210000Z\r\n"), "{text}");
    assert!(text.contains("DTEND:20261124T010000Z\r\n"), "{text}");
    assert!(text.contains("Nights\\; of \"all\"\\, machines"), "{text}");

    // It is not told again, and gone once it is withdrawn.
    let list = console.call(Method::GET, "/api/v1/calendar-feeds", &cookie, None);
    let list = list.await;
    assert!(!list.body.to_string().contains(path), "{}", list.body);
    let id = feed.body["id"].as_str().unwrap();
    let delete = format!("/api/v1/calendar-feeds/{id}");
    let gone = console.call(Method::DELETE, &delete, &cookie, None).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let (status, _, _) = fetch(&console, path).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_address_that_nobody_gave_out_is_not_there() {
    let console = Console::open().await;
    for path in [
        format!("/calendar/{}.ics", "0".repeat(64)),
        "/calendar/.ics".to_owned(),
        format!("/calendar/{}", "0".repeat(64)),
        format!("/calendar/{}.ics", "ż".repeat(32)).replace('ż', "%C5%BC"),
    ] {
        let answer = console.call(Method::GET, &path, "", None).await;
        assert_problem(&answer, StatusCode::NOT_FOUND, "not_found");
    }
}
