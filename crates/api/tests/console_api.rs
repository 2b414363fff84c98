//! The console API over its router: codes, cookies, headers, bad input.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a story that cannot be set up should fail at once"
)]

#[path = "console_api/calendar_feeds.rs"]
mod calendar_feeds;
#[path = "console_api/restarts.rs"]
mod restarts;

use axum::{
    Router,
    body::{Body, to_bytes},
};
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use latarnik_api::{
    AgentPrograms, ApiSettings, ApiState, CookieSecurity, ProxyTrust, RateLimits, router,
};
use latarnik_model::Role;
use latarnik_testkit::{Database, Office};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

struct Console {
    office: Office,
    router: Router,
}

struct Answer {
    status: StatusCode,
    headers: http::HeaderMap,
    body: Value,
}

impl Console {
    async fn open() -> Self {
        let office = Office::open(Database::sqlite().await).await;
        let settings = ApiSettings {
            public_url: None,
            cookie_security: CookieSecurity::PlainAllowed,
            proxy: ProxyTrust::None,
            limits: RateLimits::default(),
        };
        let state = ApiState::new(
            office.app.clone(),
            settings,
            AgentPrograms::default(),
            CancellationToken::new(),
        );
        Self {
            office,
            router: router(state),
        }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    async fn call(&self, method: Method, path: &str, cookie: &str, body: Option<Value>) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, cookie)
            .header(header::HOST, "console.example")
            .header("idempotency-key", "key");
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).unwrap()).await
    }

    /// The cookie of someone of the provider.
    async fn sign_in(&self, role: Role) -> String {
        self.office.person(self.office.provider, role).await;
        let email = format!("{}@{}.example", role.name(), self.office.provider);
        let body = json!({"email": email, "password": Office::PASSWORD});
        let answer = self
            .call(Method::POST, "/api/v1/session", "", Some(body))
            .await;
        assert_eq!(answer.status, StatusCode::OK);
        let cookie = answer.headers[header::SET_COOKIE]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
            "{cookie}"
        );
        cookie.split(';').next().unwrap().to_owned()
    }
}

fn assert_problem(answer: &Answer, status: StatusCode, code: &str) {
    assert_eq!(answer.body["code"], code, "{}", answer.body);
    assert_eq!(answer.status, status);
    assert_eq!(answer.body["status"], status.as_u16());
    assert_eq!(
        answer.headers[header::CONTENT_TYPE],
        "application/problem+json"
    );
    assert_eq!(
        answer.headers["x-request-id"],
        answer.body["request_id"].as_str().unwrap()
    );
}

#[tokio::test]
async fn malformed_ids_are_not_there() {
    let console = Console::open().await;
    let cookie = console.sign_in(Role::Owner).await;
    let long = "a".repeat(5000);
    for id in [
        "1",
        "%00",
        "..%2f..%2fetc",
        "%F0%9F%92%A3",
        "'%20OR%201=1",
        long.as_str(),
    ] {
        for path in ["devices", "tasks", "actions"] {
            let path = format!("/api/v1/{path}/{id}");
            let answer = console.call(Method::GET, &path, &cookie, None).await;
            assert_problem(&answer, StatusCode::NOT_FOUND, "not_found");
        }
    }
}

#[tokio::test]
async fn bad_bodies_have_codes() {
    let console = Console::open().await;
    let cookie = console.sign_in(Role::Owner).await;
    let post = |kind: &str, body: String| {
        Request::builder()
            .method(Method::POST)
            .uri("/api/v1/actions")
            .header(header::COOKIE, &cookie)
            .header(header::CONTENT_TYPE, kind)
            .header("idempotency-key", "key")
            .body(Body::from(body))
            .unwrap()
    };
    let json_kind = "application/json";
    for body in [
        String::new(),
        "{".to_owned(),
        "[]".to_owned(),
        json!({"kind": "format_disk", "when": {"type": "now"}}).to_string(),
        json!({"kind": "scan", "when": {"type": "now"}, "surprise": 1}).to_string(),
        json!({"kind": "scan", "when": {"type": "at", "at": "tomorrow"}}).to_string(),
        "[".repeat(100_000),
    ] {
        let answer = console.send(post(json_kind, body)).await;
        assert_problem(&answer, StatusCode::BAD_REQUEST, "malformed_body");
    }
    let answer = console.send(post("text/plain", "{}".to_owned())).await;
    assert_problem(&answer, StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json");
    let answer = console.send(post(json_kind, " ".repeat(2 << 20))).await;
    assert_problem(&answer, StatusCode::PAYLOAD_TOO_LARGE, "body_too_large");
}

#[tokio::test]
async fn fields_that_do_not_fit_are_named() {
    let console = Console::open().await;
    let cookie = console.sign_in(Role::Owner).await;
    let now = json!({"type": "now"});
    for (body, field, code) in [
        (
            json!({"kind": "scan", "when": now}),
            "device_ids",
            "required",
        ),
        (
            json!({"kind": "scan", "when": now, "filter": {}, "delay_minutes": 5}),
            "delay_minutes",
            "not_allowed",
        ),
        (
            json!({"kind": "restart", "when": now, "filter": {}, "delay_minutes": 4}),
            "delay_minutes",
            "out_of_range",
        ),
        (
            json!({"kind": "restart", "when": now, "filter": {}, "delay_minutes": 61}),
            "delay_minutes",
            "out_of_range",
        ),
        (
            json!({"kind": "scan", "when": now, "filter": {}, "device_ids": []}),
            "filter",
            "not_allowed",
        ),
    ] {
        let answer = console
            .call(Method::POST, "/api/v1/actions", &cookie, Some(body))
            .await;
        assert_problem(
            &answer,
            StatusCode::UNPROCESSABLE_ENTITY,
            "validation_failed",
        );
        assert_eq!(
            answer.body["field_errors"],
            json!([{"field": field, "code": code}])
        );
    }
    let body = json!({"name": " ", "expires_in_hours": 0, "max_uses": 0});
    let answer = console
        .call(
            Method::POST,
            "/api/v1/enrollment-tokens",
            &cookie,
            Some(body),
        )
        .await;
    assert_eq!(
        answer.body["field_errors"].as_array().unwrap().len(),
        3,
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn numbers_beyond_any_calendar_are_refused() {
    let console = Console::open().await;
    let cookie = console.sign_in(Role::Owner).await;
    let hours = json!({"name": "a", "expires_in_hours": u32::MAX});
    let days = json!({"name": "a", "role": "technician", "expires_in_days": u32::MAX});
    for (path, body) in [("enrollment-tokens", hours), ("api-tokens", days)] {
        let path = format!("/api/v1/{path}");
        let answer = console.call(Method::POST, &path, &cookie, Some(body)).await;
        assert_problem(
            &answer,
            StatusCode::UNPROCESSABLE_ENTITY,
            "validation_failed",
        );
    }
}

#[tokio::test]
async fn client_view_sees_and_does_nothing() {
    let console = Console::open().await;
    let cookie = console.sign_in(Role::ClientView).await;
    let device = console
        .office
        .device(console.office.provider, "till")
        .await
        .device_id;
    let path = format!("/api/v1/devices/{device}");
    let answer = console.call(Method::GET, &path, &cookie, None).await;
    assert_eq!(
        answer.body["can"]["scan"],
        json!({"allowed": false, "reason": "forbidden"})
    );
    let action = json!({"kind": "scan", "when": {"type": "now"}, "device_ids": [device]});
    let token = json!({"name": "a", "expires_in_hours": 1});
    for (method, path, body) in [
        (Method::POST, "/api/v1/actions", Some(action)),
        (Method::POST, "/api/v1/enrollment-tokens", Some(token)),
        (Method::GET, "/api/v1/enrollment-tokens", None),
        (Method::DELETE, path.as_str(), None),
    ] {
        let answer = console.call(method, path, &cookie, body).await;
        assert_problem(&answer, StatusCode::FORBIDDEN, "forbidden");
    }
}

#[tokio::test]
async fn other_sites_change_nothing() {
    let console = Console::open().await;
    let cookie = console.sign_in(Role::Owner).await;
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://evil.example"),
    ] {
        let request = Request::builder()
            .method(Method::DELETE)
            .uri("/api/v1/session")
            .header(header::COOKIE, &cookie)
            .header(header::HOST, "console.example")
            .header(name, value)
            .body(Body::empty())
            .unwrap();
        let answer = console.send(request).await;
        assert_problem(&answer, StatusCode::FORBIDDEN, "cross_site_request");
    }
    let still = console
        .call(Method::GET, "/api/v1/session", &cookie, None)
        .await;
    assert_eq!(still.status, StatusCode::OK);
}

#[tokio::test]
async fn signing_out_ends_the_session_on_the_server() {
    let console = Console::open().await;
    let cookie = console.sign_in(Role::Owner).await;
    let answer = console
        .call(Method::DELETE, "/api/v1/session", &cookie, None)
        .await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let answer = console
        .call(Method::GET, "/api/v1/session", &cookie, None)
        .await;
    assert_problem(&answer, StatusCode::UNAUTHORIZED, "not_signed_in");
}

#[tokio::test]
async fn profile_is_kept() {
    let console = Console::open().await;
    let cookie = console.sign_in(Role::ClientView).await;
    let body = json!({"language": "pl", "color_scheme": "dark"});
    console
        .call(Method::PATCH, "/api/v1/profile", &cookie, Some(body))
        .await;
    let session = console
        .call(Method::GET, "/api/v1/session", &cookie, None)
        .await
        .body;
    assert_eq!(session["user"]["language"], "pl");
    assert_eq!(session["user"]["color_scheme"], "dark");
    let body = json!({"language": "de"});
    let answer = console
        .call(Method::PATCH, "/api/v1/profile", &cookie, Some(body))
        .await;
    assert_problem(&answer, StatusCode::BAD_REQUEST, "malformed_body");
}

#[tokio::test]
async fn unusable_queries_are_refused() {
    let console = Console::open().await;
    let cookie = console.sign_in(Role::Owner).await;
    for (query, status, code) in [
        (
            "sort=password_hash",
            StatusCode::BAD_REQUEST,
            "malformed_request",
        ),
        ("limit=-1", StatusCode::BAD_REQUEST, "malformed_request"),
        (
            "limit=0",
            StatusCode::UNPROCESSABLE_ENTITY,
            "validation_failed",
        ),
        (
            "limit=501",
            StatusCode::UNPROCESSABLE_ENTITY,
            "validation_failed",
        ),
        ("cursor=abc", StatusCode::BAD_REQUEST, "malformed_request"),
        ("surprise=1", StatusCode::BAD_REQUEST, "malformed_request"),
        ("tenant_id=1", StatusCode::BAD_REQUEST, "malformed_request"),
    ] {
        let path = format!("/api/v1/devices?{query}");
        let answer = console.call(Method::GET, &path, &cookie, None).await;
        assert_problem(&answer, status, code);
    }
}

#[tokio::test]
async fn answers_tell_browsers_to_be_strict() {
    let console = Console::open().await;
    let answer = console.call(Method::GET, "/", "", None).await;
    let policy = answer.headers[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap();
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
}

#[tokio::test]
async fn unknown_paths_of_the_api_are_problems_and_not_the_console() {
    let console = Console::open().await;
    let answer = console.call(Method::GET, "/api/v1/nothing", "", None).await;
    assert_problem(&answer, StatusCode::NOT_FOUND, "not_found");
    let answer = console
        .call(Method::GET, "/download/agent/../../etc/passwd", "", None)
        .await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn stream_of_events_ends_with_its_session() {
    let console = Console::open().await;
    let cookie = console.sign_in(Role::Owner).await;
    let request = Request::get("/api/v1/events")
        .header(header::COOKIE, &cookie)
        .body(Body::empty())
        .unwrap();
    let response = console.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let mut body = response.into_body();
    let hello = body.frame().await.unwrap().unwrap();
    assert!(hello.into_data().unwrap().starts_with(b"event: hello"));
    let still = tokio::time::timeout(Duration::from_secs(11), body.frame()).await;
    assert!(still.is_err(), "the session stands, so the stream goes on");
    let answer = console
        .call(Method::DELETE, "/api/v1/session", &cookie, None)
        .await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let end = async { while body.frame().await.is_some() {} };
    let ended = tokio::time::timeout(Duration::from_secs(60), end).await;
    assert!(ended.is_ok(), "nobody is signed in any more");
}
