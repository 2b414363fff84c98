//! What nobody sends who means well: it is refused, and never ends in an error of ours.

use crate::support::{Device, Http, Server, facts, in_time, ok, refused, register_request};
use latarnik_model::TaskState;
use latarnik_protocol::{ProblemCode, RegisterResponse, limits, paths};
use rcgen::KeyPair;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Sends bytes as they are over HTTP/1.1; the status, or none if the connection was closed on them.
async fn raw(server: &Server, device: &Device, request: &[u8]) -> Option<u16> {
    let own = Some((device.certificate.as_str(), &device.key));
    let trusted = server.authority.certificate_pem();
    let mut stream = server.connect(server.tls(Http::One, trusted, own)).await;
    // A server that has seen enough closes while the rest is still on its way.
    let _ = stream.write_all(request).await;
    let _ = stream.flush().await;
    let mut answer = Vec::new();
    let mut piece = [0; 1024];
    while !answer.windows(2).any(|end| end == b"\r\n") {
        match in_time(stream.read(&mut piece)).await {
            Ok(0) | Err(_) => return None,
            Ok(length) => answer.extend_from_slice(&piece[..length]),
        }
    }
    let line = String::from_utf8_lossy(&answer);
    Some(line.split(' ').nth(1).unwrap().parse().unwrap())
}

fn get(path: &str, fields: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: gateway\r\n{fields}connection: close\r\n\r\n")
        .into_bytes()
}

async fn lives(device: &Device) {
    let status = device.agent.get(paths::CONFIG).await.status();
    assert_eq!(status, StatusCode::OK, "the gateway is as well as before");
}

/// A check-in with one part replaced.
fn check_in(part: &str, value: Value) -> Value {
    let mut check_in = json!({
        "sent_at": "2026-11-23T12:00:00Z",
        "boot_id": "boot-1",
        "facts": facts(),
    });
    check_in[part] = value;
    check_in
}

#[tokio::test]
async fn ids_that_are_none_name_no_task_and_reach_no_file() {
    let server = Server::start().await;
    let device = server.device().await;
    for id in [
        "garbage",
        "00000000-0000-0000-0000-000000000000",
        "00000000-0000-0000-0000-00000000000g",
        "{00000000-0000-0000-0000-000000000000}",
        "%00",
        "%ff%fe",
        "..%2f..%2f..%2fetc%2fpasswd",
        "..%5c..%5cwindows%5cwin.ini",
        "%2e%2e%2f%2e%2e%2fkey.pem",
        "....//",
        "'%20OR%201=1--",
        "%E2%80%AE",
        &"a".repeat(7000),
    ] {
        let path = format!("{}/{id}", paths::TASK_LOG);
        let request = format!(
            "PUT {path} HTTP/1.1\r\nhost: gateway\r\ncontent-length: 3\r\n\
             connection: close\r\n\r\nlog"
        );
        let status = raw(&server, &device, request.as_bytes()).await;
        assert_eq!(status, Some(404), "{id}");
    }
    lives(&device).await;
}

#[tokio::test]
async fn paths_that_climb_lead_nowhere() {
    let server = Server::start().await;
    let device = server.device().await;
    for path in [
        "/agent/task-log/../config",
        "/agent/task-log/../../etc/passwd",
        "/agent/task-log/%2e%2e/config",
        "/agent/../agent/config",
        "//agent/config",
        "/agent//config",
        "/agent/config/",
        "/agent/config%00",
        "/AGENT/CONFIG",
        "/agent/task-log/",
        "/%2f/agent/config",
        "/agent\\config",
        "http://elsewhere/agent/unknown",
    ] {
        let status = raw(&server, &device, &get(path, "")).await;
        assert!(
            matches!(status, Some(400 | 404 | 405)),
            "{path}: {status:?}"
        );
    }
    lives(&device).await;
}

#[tokio::test]
async fn requests_that_are_no_http_or_try_to_smuggle_another_are_refused() {
    let server = Server::start().await;
    let device = server.device().await;
    let metrics = |fields: &str, body: &str| {
        format!(
            "POST {} HTTP/1.1\r\nhost: gateway\r\n{fields}\r\n{body}",
            paths::METRICS
        )
        .into_bytes()
    };
    let requests: Vec<Vec<u8>> = vec![
        b"\0\0\0\0\r\n\r\n".to_vec(),
        b"GET\r\n\r\n".to_vec(),
        b"GET /agent/config HTTP/9.9\r\n\r\n".to_vec(),
        get("/agent/config", "x: a\0b\r\n"),
        get("/agent/config", "x: a\rb: c\r\n"),
        get("/agent/config", "x y: a\r\n"),
        get("/agent/config", ": a\r\n"),
        get("/agent/config", &format!("x: {}\r\n", "a".repeat(1 << 20))),
        get("/agent/config", &"x: a\r\n".repeat(10_000)),
        metrics("content-length: 5\r\ncontent-length: 6\r\n", "{}\r\n\r\n"),
        metrics("content-length: -1\r\n", ""),
        metrics("content-length: 99999999999999999999\r\n", ""),
        metrics("transfer-encoding: chunked, identity\r\n", "0\r\n\r\n"),
        metrics("transfer-encoding: chunked\r\n", "zzz\r\n\r\n"),
        metrics(
            "transfer-encoding: chunked\r\n",
            "ffffffffffffffffff\r\n\r\n",
        ),
    ];
    for request in requests {
        let status = raw(&server, &device, &request).await;
        let shown = String::from_utf8_lossy(&request[..request.len().min(80)]).into_owned();
        assert!(
            status.is_none_or(|status| (400..500).contains(&status)),
            "{shown:?}: {status:?}"
        );
    }
    lives(&device).await;
}

#[tokio::test]
async fn fields_that_look_like_commands_are_only_text() {
    let server = Server::start().await;
    let device = server.device().await;
    for (name, value) in [
        (
            "if-none-match",
            "*, \"x\", W/\"y\", '; DROP TABLE devices;--",
        ),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-ssl-client-cert", "-----BEGIN CERTIFICATE-----"),
        ("x-http-method-override", "DELETE"),
        ("host", "elsewhere"),
        ("content-encoding", "gzip"),
        ("expect", "something"),
        ("range", "bytes=0-1"),
    ] {
        let request = device
            .agent
            .call(Method::GET, paths::CONFIG)
            .header(name, value);
        let status = request.send().await.unwrap().status();
        assert!(
            matches!(status.as_u16(), 200 | 304 | 417),
            "{name}: {value}: {status}"
        );
    }
    lives(&device).await;
}

#[tokio::test]
async fn answer_never_repeats_what_was_sent() {
    let server = Server::start().await;
    let device = server.device().await;
    let path = format!("{}?after=<script>%0d%0aset-cookie:%20a=b", paths::TASKS);
    let response = device.agent.get(&path).await;
    assert!(!response.headers().contains_key("set-cookie"));
    let text = response.text().await.unwrap();
    assert!(!text.contains("script"), "{text}");
}

#[tokio::test]
async fn bodies_that_are_bombs_are_refused() {
    let server = Server::start().await;
    let device = server.device().await;
    let deep = |open: &str, close: &str| {
        let depth = 200_000;
        format!("{}{}", open.repeat(depth), close.repeat(depth))
    };
    let inside = |value: &str| format!("{{\"sent_at\":{value}}}");
    let limit = limits::JSON_BODY_BYTES;
    let mut bodies = vec![
        deep("[", "]"),
        deep("{\"a\":", "}"),
        inside(&deep("[", "]")),
        format!("{{\"unknown\":{}}}", deep("[", "]")),
        inside(&format!("\"{}\"", "a".repeat(limit - 100))),
        format!("[{}0]", "0,".repeat(limit / 2 - 10)),
        format!(
            "{{\"updates\":{{\"hash\":\"a\",\"full\":[{}{{}}]}}}}",
            "{},".repeat(limit / 4)
        ),
        inside(&"9".repeat(100_000)),
        inside("1e999999999"),
        "{\"sent_at\":\"2026-11-23T12:00:00Z\",\"sent_at\":\"2026-11-23T12:00:00Z\"}".to_owned(),
        "\u{feff}{}".to_owned(),
        "null".to_owned(),
        "{\"boot_id\":\"\\ud800\"}".to_owned(),
    ];
    bodies.push("{\"a\":\"".to_owned());
    for path in [
        paths::METRICS,
        paths::TASK_RESULT,
        paths::RENEW,
        paths::REGISTER,
    ] {
        for body in &bodies {
            let refusal = refused(device.agent.post(path, body.clone()).await).await;
            let expected = (StatusCode::BAD_REQUEST, ProblemCode::MalformedBody);
            assert_eq!(refusal, expected, "{path}: {:.60}", body);
        }
        let not_text = device.agent.post(path, vec![0xff, 0xfe, 0x00]).await;
        assert_eq!(refused(not_text).await.0, StatusCode::BAD_REQUEST);
        let over = "[".repeat(limit + 1);
        let response = device
            .agent
            .call(Method::POST, path)
            .body(over)
            .send()
            .await;
        // The refusal may come before all of it was sent, and the connection may end with it.
        if let Ok(response) = response {
            assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        }
    }
    lives(&device).await;
}

#[tokio::test]
async fn values_at_the_ends_of_their_ranges_are_taken_or_refused() {
    let server = Server::start().await;
    let device = server.device().await;
    let update = |part: &str, value: Value| {
        let mut update = json!({
            "key": "a", "source": "apt", "title": "a", "category": "other", "restart": "unknown",
        });
        update[part] = value;
        json!({"hash": "a", "delta": {"base": "a", "changed": [update], "removed": []}})
    };
    for check_in in [
        check_in("sent_at", json!("-009999-01-01T00:00:00Z")),
        check_in("sent_at", json!("9999-12-31T23:59:59Z")),
        check_in("booted_at", json!("9999-12-31T23:59:59Z")),
        check_in("booted_at", json!("-009999-01-02T00:00:00Z")),
        check_in("boot_id", json!("a".repeat(4096))),
        check_in("boot_id", json!("a\u{0}b")),
        check_in("facts", json!({})),
        check_in(
            "scan",
            json!({"attempted_at": "9999-12-31T23:59:59Z", "error_detail": "a\u{0}b"}),
        ),
        check_in(
            "scan",
            json!({"attempted_at": "2026-11-23T12:00:00Z", "error": "news"}),
        ),
        check_in(
            "restart",
            json!({"signals": [{"name": "news", "detail": "\u{0}"}]}),
        ),
        check_in(
            "restart",
            json!({"signals": [], "scheduled_at": "9999-12-31T23:59:59Z"}),
        ),
        check_in("updates", update("size_bytes", json!(u64::MAX))),
        check_in("updates", update("revision", json!(i32::MIN))),
        check_in("updates", update("revision", json!(i64::MAX))),
        check_in("updates", update("title", json!("a\u{0}b"))),
        check_in("updates", update("key", json!("a\u{0}b"))),
        check_in("updates", json!({"hash": "a\u{0}b"})),
        check_in("updates", json!({"hash": "a".repeat(100_000)})),
        check_in("unknown", json!({"of": ["a", "newer", "agent"]})),
    ] {
        let status = device
            .agent
            .post_json(paths::METRICS, &check_in)
            .await
            .status();
        assert!(!status.is_server_error(), "{check_in}: {status}");
    }
    for query in [
        format!("wait=0&after={}", u64::MAX),
        format!("wait=0&after={}", i64::MAX),
        "wait=0&wait=0".to_owned(),
        "wait=99999999999999999999".to_owned(),
        "after=%00".to_owned(),
        "&&&=".to_owned(),
        "a=b".repeat(1000),
    ] {
        let status = device
            .agent
            .get(&format!("{}?{query}", paths::TASKS))
            .await
            .status();
        assert!(!status.is_server_error(), "{query}: {status}");
    }
    lives(&device).await;
}

#[tokio::test]
async fn text_that_no_database_keeps_is_refused_or_replaced() {
    let server = Server::start().await;
    let device = server.device().await;
    let boot_id = check_in("boot_id", json!("a\u{0}b"));
    let refusal = device.agent.post_json(paths::METRICS, &boot_id).await;
    let expected = (StatusCode::BAD_REQUEST, ProblemCode::MalformedBody);
    assert_eq!(refused(refusal).await, expected);
    let detail = json!({"attempted_at": "2026-11-23T12:00:00Z", "error_detail": "a\u{0}b"});
    let taken = device
        .agent
        .post_json(paths::METRICS, &check_in("scan", detail))
        .await;
    assert_eq!(taken.status(), StatusCode::OK);
    let context = latarnik_app::Context::command_line();
    let device = server.app.read_device(&context, device.id).await.unwrap();
    assert_eq!(
        device.record.scan.error_detail.as_deref(),
        Some("a\u{fffd}b")
    );
}

#[tokio::test]
async fn reports_that_make_no_sense_change_no_task() {
    let server = Server::start().await;
    let device = server.device().await;
    server.ask_for_scan(device.id, "scan").await;
    let task = device.agent.tasks(0).await.tasks[0].id;
    let report = |id: Value, event: Value| json!({"task_id": id, "at": "9999-12-31T23:59:59Z", "event": event});
    let finished = |more: Value| {
        let mut event = json!({
            "type": "finished", "state": "succeeded", "output": {"stdout": "", "stderr": ""},
        });
        for (name, value) in more.as_object().unwrap() {
            event[name] = value.clone();
        }
        event
    };
    for body in [
        report(json!("garbage"), json!({"type": "running"})),
        report(json!(7), json!({"type": "running"})),
        report(json!(task), json!({"type": "exploded"})),
        report(json!(task), json!({"type": "progress", "percent": 70_000})),
        report(json!(task), json!({"type": "progress", "done": -1})),
        report(json!(task), finished(json!({"state": "queued"}))),
        report(json!(task), finished(json!({"state": "news"}))),
        report(json!(task), finished(json!({"exit_code": u64::MAX}))),
        report(
            json!(task),
            finished(json!({"updates": [{"key": "a".repeat(513), "title": "",
            "outcome": "installed", "restart_required": false}]})),
        ),
    ] {
        let refusal = refused(device.agent.post_json(paths::TASK_RESULT, &body).await).await;
        let expected = (StatusCode::BAD_REQUEST, ProblemCode::MalformedBody);
        assert_eq!(refusal, expected, "{body}");
    }
    let state = server
        .app
        .read_task(&server.operator, task)
        .await
        .unwrap()
        .state;
    assert_eq!(state, TaskState::Queued);
}

#[tokio::test]
async fn registration_with_unknown_fields_everywhere_works() {
    let server = Server::start().await;
    let (token, key) = (server.token(None).await.token, KeyPair::generate().unwrap());
    let mut request = serde_json::to_value(register_request(&token, &key)).unwrap();
    for name in ["__proto__", "constructor", "", "\u{0}", "secret ", "🦀"] {
        request[name] = json!([null, {"deep": {"deeper": []}}]);
        request["facts"][name] = json!(1.5);
    }
    request["facts"]["hostname"] = json!("\u{0}\r\nset-cookie: a=b\u{1b}[31m");
    let response = server
        .anonymous()
        .post(paths::REGISTER, request.to_string())
        .await;
    let answer: RegisterResponse = ok(response).await;
    let context = latarnik_app::Context::command_line();
    let device = server
        .app
        .read_device(&context, answer.device_id)
        .await
        .unwrap();
    assert_eq!(device.record.facts.hostname, "set-cookie: a=b[31m");
}
