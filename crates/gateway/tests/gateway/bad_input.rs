//! Every field of every message, made into what nobody sends who means well, on both databases. It
//! is refused with a code, or taken as the text that it is; it never ends in an error of ours, and
//! the device after it is as well as before.

#![expect(clippy::print_stdout, reason = "says how many messages it sends")]

use crate::support::{Device, Server, facts, register_request};
use latarnik_gateway::Settings;
use latarnik_protocol::{Inventory, Problem, Update, paths};
use latarnik_testkit::on_both_engines;
use rcgen::KeyPair;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

/// Texts that a database, a log, a page or a shell could take for more.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "\0",
        "a\0b",
        "'; DROP TABLE devices; --",
        "\\'; SELECT pg_sleep(10); --",
        "$1 ? %s %n",
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "=HYPERLINK(\"http://evil.example\")",
        "$(reboot)`reboot`;reboot",
        "../../../etc/passwd",
        "\r\nset-cookie: a=b\r\n\r\n",
        "\u{1b}]0;title\u{7}\u{1b}[31m",
        "\u{9b}31m",
        "\u{202e}gpj.exe",
        "\u{200b}\u{feff}\u{2060}",
        "\u{2028}",
        "🦀𝒳",
        "e\u{301}\u{322}\u{353}",
        "\u{fffd}\u{ffff}\u{10ffff}",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.extend(
        [128, 129, 512, 513, 1024, 1025, 4096, 4097, 60_000].map(|length| "a".repeat(length)),
    );
    texts.push("ż".repeat(30_000));
    texts
}

/// Other values, for fields of any kind.
fn values() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(0.5),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(f64::MAX),
        json!([]),
        json!({}),
        json!([[[]]]),
        json!({"type": "exploded"}),
        json!("0001-01-01T00:00:00Z"),
        json!("9999-12-31T23:59:59.999999999Z"),
        json!("-009999-01-02T00:00:00Z"),
        json!("0193a1b2-ffff-7fff-bfff-ffffffffffff"),
        json!("00000000-0000-0000-0000-000000000000"),
    ]
}

/// The ways to everything in a message.
fn places(message: &Value, way: &str, found: &mut Vec<String>) {
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    let mut inside = |name: &str, value: &Value| {
        let way = format!("{way}/{}", escaped(name));
        found.push(way.clone());
        places(value, &way, found);
    };
    match message {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| inside(name, value)),
        Value::Array(items) => {
            for (position, value) in items.iter().enumerate() {
                inside(&position.to_string(), value);
            }
        }
        _ => {}
    }
}

/// Messages that work, with all that they may have.
async fn messages(server: &Server, device: &Device) -> Vec<(&'static str, Value)> {
    let update = json!({
        "key": "wu:1", "source": "windows_update", "title": "2026-11 Update", "category": "security",
        "severity": "critical", "kb": "KB5000001", "update_id": "a", "revision": 1, "package": "b",
        "installed_version": "1", "available_version": "2", "size_bytes": 1,
        "released_at": "2026-11-10T00:00:00Z", "restart": "always",
    });
    let read: Update = serde_json::from_value(update.clone()).unwrap();
    let hash = Inventory::new([read]).hash().0;
    let check_in = |updates: Value| {
        json!({
            "sent_at": "2026-11-23T12:00:00Z", "boot_id": "boot-1",
            "booted_at": "2026-11-23T08:00:00Z", "facts": facts(),
            "scan": {
                "attempted_at": "2026-11-23T12:00:00Z", "succeeded_at": "2026-11-23T12:00:00Z",
                "error": "unknown", "error_detail": "a",
            },
            "restart": {
                "signals": [{"name": "reboot_required_file", "detail": "a"}],
                "scheduled_at": "2026-11-23T13:00:00Z",
            },
            "needs": {"update_seconds": 900, "restart_seconds": 300},
            "updates": updates,
        })
    };
    server.ask_for_scan(device.id, "bad input").await;
    let task = device.agent.tasks(0).await.tasks[0].id;
    let report =
        |event: Value| json!({"task_id": task, "at": "2026-11-23T12:00:00Z", "event": event});
    let token = server.token(None).await.token;
    let register = register_request(&token, &KeyPair::generate().unwrap());
    vec![
        (paths::REGISTER, serde_json::to_value(register).unwrap()),
        (paths::RENEW, json!({"signing_request": "a"})),
        (
            paths::METRICS,
            check_in(json!({"hash": hash, "full": [update]})),
        ),
        (
            paths::METRICS,
            check_in(json!({
                "hash": "a", "delta": {"base": hash, "changed": [update], "removed": ["wu:2"]},
            })),
        ),
        (paths::TASK_RESULT, report(json!({"type": "running"}))),
        (
            paths::TASK_RESULT,
            report(json!({"type": "waiting", "until": "2026-11-23T13:00:00Z"})),
        ),
        (
            paths::TASK_RESULT,
            report(
                json!({"type": "progress", "percent": 1, "done": 1, "total": 2, "current": "a"}),
            ),
        ),
        (
            paths::TASK_RESULT,
            report(json!({
                "type": "finished", "state": "failed", "reason": "other", "reason_detail": "a",
                "started_at": "2026-11-23T12:00:00Z", "exit_code": 1,
                "output": {"stdout": "a", "stderr": "b"},
                "updates": [{
                    "key": "wu:1", "title": "a", "outcome": "failed", "result_code": 1,
                    "hresult": "0x80240022", "restart_required": true,
                }],
            })),
        ),
    ]
}

/// The answer is none of ours that failed, and repeats nothing.
async fn assert_sound(response: Response, shown: &str) -> StatusCode {
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    assert!(!status.is_server_error(), "{shown}: {status} {text}");
    assert!(!headers.contains_key("set-cookie"), "{shown}");
    if status.is_client_error() {
        assert_eq!(
            headers["content-type"], "application/problem+json",
            "{shown}"
        );
        let problem: Problem = serde_json::from_str(&text).unwrap();
        assert_eq!(problem.status, status.as_u16(), "{shown}: {text}");
        // Developers read what is wrong: in a line, and in letters.
        let is_line = text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
        assert!(is_line && text.len() < 1000, "{shown}: {text}");
    }
    status
}

/// More messages than any device has to send.
fn no_limits(settings: &mut Settings) {
    settings.requests_per_second = 1_000_000;
    settings.bytes_per_second = u32::MAX;
    settings.registrations_per_second = 1_000_000;
}

async fn lives(device: &Device) {
    let status = device.agent.get(paths::CONFIG).await.status();
    assert_eq!(status, StatusCode::OK, "the gateway is as well as before");
}

on_both_engines! {
    async fn fields_of_messages_are_taken_as_text_or_refused(database: Database) {
        let engine = database.store.engine();
        let server = Server::start_on(database, no_limits).await;
        let device = server.device().await;
        let (mut sent, mut taken) = (0, 0);
        for (path, message) in messages(&server, &device).await {
            let mut ways = Vec::new();
            places(&message, "", &mut ways);
            for way in ways {
                let is_text = message.pointer(&way).is_some_and(Value::is_string);
                let texts = if is_text { texts() } else { Vec::new() };
                for value in values().into_iter().chain(texts.into_iter().map(Value::String)) {
                    let mut message = message.clone();
                    if message["event"]["type"] == "finished" {
                        // What has ended is not written a second time.
                        server.ask_for_scan(device.id, &format!("number {sent}")).await;
                        message["task_id"] = json!(device.agent.tasks(0).await.tasks.last().unwrap().id);
                    }
                    *message.pointer_mut(&way).unwrap() = value.clone();
                    let shown = format!("{path}: {way} = {:.100}", value.to_string());
                    let status = assert_sound(device.agent.post_json(path, &message).await, &shown).await;
                    taken += u32::from(status.is_success());
                    sent += 1;
                }
                let mut message = message.clone();
                let (around, name) = way.rsplit_once('/').unwrap();
                if let Some(Value::Object(fields)) = message.pointer_mut(around) {
                    fields.remove(name);
                    let shown = format!("{path}: without {way}");
                    assert_sound(device.agent.post_json(path, &message).await, &shown).await;
                    sent += 1;
                }
            }
            lives(&device).await;
        }
        println!("bad input of agents: {sent} messages on {engine:?}, {taken} of them taken");
        // People can look at whatever came of it.
        let context = latarnik_app::Context::command_line();
        server.app.read_device(&context, device.id).await.unwrap();
        server.app.list_device_updates(&context, device.id).await.unwrap();
        assert!(sent > 1000 && taken > 100, "{sent} messages, {taken} taken");
    }

    async fn logs_are_bytes_whatever_they_hold(database: Database) {
        let server = Server::start_on(database, no_limits).await;
        let device = server.device().await;
        server.ask_for_scan(device.id, "log").await;
        let task = device.agent.tasks(0).await.tasks[0].id;
        let logs: Vec<Vec<u8>> = vec![
            Vec::new(),
            vec![0; 3 * 64 * 1024 + 1],
            vec![0xff, 0xfe, 0xfd],
            b"\xed\xa0\x80\xc0\xaf".to_vec(),
            "\u{1b}]0;a\u{7}\r\n'; DROP TABLE task_logs; --<script>alert(1)</script>".into(),
            "ż".repeat(100_001).into(),
            (0..=255).cycle().take(300_000).collect(),
        ];
        for log in logs {
            let status = device.agent.put_log(task, log.clone()).await.status();
            assert_eq!(status, StatusCode::NO_CONTENT, "{} bytes", log.len());
            let mut kept = Vec::new();
            let read = server.app.read_task_log(&server.operator, task).await;
            let mut read = match read {
                Ok(read) => read,
                // An empty log is no log.
                Err(error) if log.is_empty() => {
                    assert_eq!(error.code(), "no_log");
                    continue;
                }
                Err(error) => panic!("{error}"),
            };
            while let Some(piece) = read.next().await.unwrap() {
                kept.extend_from_slice(&piece);
            }
            assert!(kept == log, "{} bytes became {}", log.len(), kept.len());
        }
        lives(&device).await;
    }
}
