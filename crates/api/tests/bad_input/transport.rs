//! Headers, cookies and request lines that try to be more than they are.

use crate::{
    calls::scene::{self, Scene},
    desk::{Desk, check, code},
    wire::{Wire, fields, statuses},
};
use axum::{Extension, body::Body};
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, header};
use latarnik_api::{AgentPrograms, ApiSettings, PeerAddress, ProxyTrust};
use latarnik_model::Role;
use latarnik_testkit::{Database, Office};
use serde_json::{Value, json};

/// Fields that some server somewhere believes.
const FIELDS: &[&str] = &[
    "host",
    "origin",
    "referer",
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-prefix",
    "x-real-ip",
    "x-original-url",
    "x-rewrite-url",
    "x-http-method-override",
    "x-request-id",
    "user-agent",
    "accept",
    "accept-language",
    "accept-encoding",
    "content-encoding",
    "range",
    "if-none-match",
    "if-modified-since",
    "expect",
    "upgrade",
    "cookie",
    "sec-fetch-site",
    "traceparent",
];

fn values() -> Vec<Vec<u8>> {
    let mut values: Vec<Vec<u8>> = [
        "",
        " ",
        "\t",
        "evil.example",
        "evil.example:99999",
        "console.example, evil.example",
        "user:password@evil.example",
        "http://evil.example/",
        "//evil.example",
        "null",
        "127.0.0.1",
        "::1",
        "[::1]:80",
        "999.999.999.999",
        "'; DROP TABLE sessions; --",
        "<script>alert(1)</script>",
        "a'; rm -rf / #",
        "$(reboot)",
        "../../etc/passwd",
        "%0d%0aset-cookie: a=b",
        "DELETE",
        "/api/v1/users",
        "for=\"_hidden\";host=evil.example;proto=https",
        "bytes=0-18446744073709551615",
        "*",
        "gzip, deflate, br;q=0, *;q=1000000",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec();
    values.extend([
        vec![0x80, 0xff, 0xfe],
        "ż🦀\u{202e}".as_bytes().to_vec(),
        vec![b'a'; 60_000],
        b",".repeat(30_000),
    ]);
    values
}

#[tokio::test]
async fn fields_of_a_request_are_data_and_no_orders() {
    let desk = Desk::open(Database::sqlite().await).await;
    let reads = desk.operation("read_session");
    let makes = desk.operation("create_enrollment_token");
    let mut sent = 0;
    for name in FIELDS {
        let name = HeaderName::from_static(name);
        for value in values() {
            let value = HeaderValue::from_bytes(&value).unwrap();
            for operation in [reads, makes] {
                let mut request = desk
                    .head(operation, &operation.path)
                    .header(header::CONTENT_TYPE, "application/json");
                // Beside the cookie of the session that there is.
                request.headers_mut().unwrap().append(&name, value.clone());
                let body = json!({"name": "a", "expires_in_hours": 1}).to_string();
                let request = request.body(Body::from(body)).unwrap();
                let answer = scene::answer(&desk.scene.router, request).await;
                let shown = format!(
                    "{name}: {value:.100?}: {} {:.300}",
                    answer.status, answer.text
                );
                // What is compressed is no JSON to this test.
                if !answer.headers.contains_key(header::CONTENT_ENCODING) {
                    assert_eq!(check(&answer), Ok(()), "{shown}");
                }
                let fine = match answer.status {
                    StatusCode::FORBIDDEN => code(&answer) == "cross_site_request",
                    status => status.is_success(),
                };
                assert!(fine, "{shown}");
                sent += 1;
            }
        }
    }
    println!("bad input, fields of requests: {sent} requests");
    desk.lives().await;
}

#[tokio::test]
async fn another_site_is_another_site_however_it_is_written() {
    let desk = Desk::open(Database::sqlite().await).await;
    let makes = desk.operation("create_enrollment_token");
    for (name, value) in [
        ("origin", &b"http://evil.example"[..]),
        ("origin", b"http://console.example.evil.example"),
        ("origin", b"http://evil.example/console.example"),
        ("origin", b"http://console.example:81"),
        ("origin", b"http://console.example@evil.example"),
        ("origin", b"null"),
        ("origin", b""),
        ("origin", b"console.example"),
        ("origin", b"http://\xff"),
        ("origin", "http://console.exаmple".as_bytes()),
        ("sec-fetch-site", b"cross-site"),
        ("sec-fetch-site", b"same-site"),
        ("sec-fetch-site", b"SAME-ORIGIN"),
        ("sec-fetch-site", b""),
        ("sec-fetch-site", b"\xff"),
    ] {
        let body = json!({"name": "a", "expires_in_hours": 1}).to_string();
        let request = desk
            .head(makes, &makes.path)
            .header(header::HOST, "console.example")
            .header(header::CONTENT_TYPE, "application/json")
            .header(name, value)
            .body(Body::from(body))
            .unwrap();
        let answer = scene::answer(&desk.scene.router, request).await;
        let shown = String::from_utf8_lossy(value);
        assert_eq!(code(&answer), "cross_site_request", "{name}: {shown}");
    }
}

#[tokio::test]
async fn only_an_address_is_taken_for_where_a_request_comes_from() {
    let office = Office::open(Database::sqlite().await).await;
    office.person(office.provider, Role::Owner).await;
    let peer = "192.0.2.1";
    let settings = ApiSettings {
        proxy: ProxyTrust::LastHop,
        ..scene::settings()
    };
    let router = scene::served_with(office.app.clone(), AgentPrograms::default(), settings);
    let router = router.layer(Extension(PeerAddress(peer.parse().unwrap())));
    for (value, expected) in [
        ("198.51.100.7", "198.51.100.7"),
        ("evil, 198.51.100.7", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("", peer),
        (",", peer),
        ("198.51.100.7,", peer),
        ("198.51.100.7:80", peer),
        ("[2001:db8::1]", peer),
        ("0x7f.1", peer),
        ("127.1", peer),
        ("１９８.51.100.7", peer),
        ("198.51.100.7'; --", peer),
        ("<b>", peer),
    ] {
        let email = format!("owner@{}.example", office.provider);
        let body = json!({"email": email, "password": Office::PASSWORD}).to_string();
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        let request = Request::post("/api/v1/session")
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-forwarded-for", &value)
            .header(header::USER_AGENT, "<script>alert(1)</script>")
            .body(Body::from(body))
            .unwrap();
        let answer = scene::answer(&router, request).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let cookie = answer.headers[header::SET_COOKIE].clone();
        let request = Request::get("/api/v1/sessions")
            .header(header::COOKIE, cookie)
            .body(Body::empty())
            .unwrap();
        let answer = scene::answer(&router, request).await;
        let sessions: Value = serde_json::from_str(&answer.text).unwrap();
        let own = sessions["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["current"] == true);
        let own = own.unwrap_or_else(|| panic!("{sessions}"));
        assert_eq!(own["address"], expected, "{value:?}");
        assert_eq!(own["user_agent"], "<script>alert(1)</script>");
    }
}

#[tokio::test]
async fn only_the_session_s_own_cookie_is_a_session() {
    let scene = Scene::open(Database::sqlite().await).await;
    let (session, _) = scene
        .sign_in(scene.office.provider, Role::Owner, "cookie")
        .await;
    let (name, value) = session.split_once('=').unwrap();
    let huge = "a".repeat(60_000);
    let refused = [
        String::new(),
        ";".to_owned(),
        "=".to_owned(),
        "====;;;;".to_owned(),
        name.to_owned(),
        format!("{name}="),
        format!("{name}=\"{value}\""),
        format!("{name}={value}A"),
        format!("{name}={}", &value[1..]),
        format!("{name}={value}="),
        format!("{name}=%{value}"),
        format!("{name}={huge}"),
        format!("{name}=' OR 1=1 --"),
        format!("{name}=../../etc/passwd"),
        // Other names.
        format!("{}={value}", name.to_uppercase()),
        format!("{name}2={value}"),
        format!("x{name}={value}"),
        format!("__Host-{name}={value}"),
        format!("__Secure-{name}={value}"),
        format!("latarnik.session={value}"),
        format!("lаtarnik_session={value}"),
        format!("latarnik_openid={value}"),
        format!("a={name}={value}"),
        format!("{name},{name}={value}"),
        format!("{huge}={value}"),
    ];
    let accepted = [
        session.clone(),
        format!("  {session}  "),
        format!("a=b; {session}; c=d"),
        format!(";;; {session}"),
        format!("{name}=garbage; {session}"),
        format!("{name}={huge}; {session}"),
        format!("\"=;=; {session}"),
    ];
    let cookies = refused.iter().map(|cookie| (cookie, false));
    for (cookie, is_session) in cookies.chain(accepted.iter().map(|cookie| (cookie, true))) {
        let cookie = HeaderValue::from_bytes(cookie.as_bytes()).unwrap();
        let request = Request::get("/api/v1/session")
            .header(header::COOKIE, &cookie)
            .body(Body::empty())
            .unwrap();
        let answer = scene::answer(&scene.router, request).await;
        let shown = format!("{cookie:.100?}: {}", answer.text);
        assert_eq!(check(&answer), Ok(()), "{shown}");
        assert_eq!(answer.status == StatusCode::OK, is_session, "{shown}");
        if !is_session {
            assert_eq!(code(&answer), "not_signed_in", "{shown}");
        }
    }
    // Two sessions in one request: one of them, and no error.
    let (other, _) = scene
        .sign_in(scene.office.bakery, Role::Owner, "other")
        .await;
    let request = Request::get("/api/v1/session")
        .header(header::COOKIE, &session)
        .header(header::COOKIE, &other)
        .body(Body::empty())
        .unwrap();
    let answer = scene::answer(&scene.router, request).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn methods_that_a_path_has_not_are_refused_with_a_code() {
    let desk = Desk::open(Database::sqlite().await).await;
    let unusual = [
        "TRACE", "CONNECT", "PROPFIND", "get", "PURGE", "A-B", "OPTIONS",
    ];
    let usual = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    let mut sent = 0;
    for operation in &desk.operations {
        let described: Vec<_> = desk
            .operations
            .iter()
            .filter(|other| other.path == operation.path)
            .map(|other| other.method.clone())
            .collect();
        for method in usual.iter().chain(&unusual) {
            let method: Method = method.parse().unwrap();
            if described.contains(&method) {
                continue;
            }
            let path = operation
                .path
                .replace("{id}", "0193a1b2-ffff-7fff-bfff-ffffffffffff");
            let mut request = desk.head(operation, &path).body(Body::empty()).unwrap();
            *request.method_mut() = method.clone();
            let answer = scene::answer(&desk.scene.router, request).await;
            let shown = format!("{method} {path}: {} {}", answer.status, answer.text);
            assert_eq!(check(&answer), Ok(()), "{shown}");
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{shown}");
            assert_eq!(code(&answer), "method_not_allowed", "{shown}");
            assert!(answer.headers.contains_key(header::ALLOW), "{shown}");
            sent += 1;
        }
    }
    println!("bad input, methods: {sent} requests");
}

#[tokio::test]
async fn what_is_encoded_in_a_path_or_query_makes_no_field_of_the_answer() {
    let scene = Scene::open(Database::sqlite().await).await;
    let wire = Wire::open(scene.router.clone()).await;
    let split = [
        "%0d%0aset-cookie:%20a=b",
        "%0aset-cookie:a=b",
        "%E5%98%8A%E5%98%8Dset-cookie:%20a=b",
        "%0d%0a%0d%0a<script>alert(1)</script>",
        "\u{560d}\u{560a}set-cookie:a=b",
    ];
    let places = [
        "/X",
        "/api/v1/X",
        "/api/v1/devices/X",
        "/api/v1/devices?search=X",
        "/api/v1/audit-events/export?format=X",
        "/download/agent/X",
        "/assets/X",
        "/?X",
        "/sign-in?next=X",
    ];
    for place in places {
        for text in split {
            let path = place.replace('X', text);
            let answer = wire.get(&path, "").await;
            let head = fields(&answer).to_lowercase();
            assert!(!head.contains("set-cookie"), "{path}: {head}");
            assert!(!answer.contains("<script>alert"), "{path}: {answer}");
        }
    }
}

#[tokio::test]
async fn nobody_is_sent_elsewhere() {
    let scene = Scene::open(Database::sqlite().await).await;
    let wire = Wire::open(scene.router.clone()).await;
    let names = [
        "next",
        "return_to",
        "return_url",
        "redirect",
        "redirect_uri",
        "url",
        "continue",
        "to",
    ];
    let targets = [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "%2f%2fevil.example",
    ];
    let places = [
        "/",
        "/sign-in",
        "/sign-in/openid",
        "/invitation",
        "/api/v1/session",
    ];
    let mut paths: Vec<String> = Vec::new();
    for place in places {
        for name in names {
            paths.extend(
                targets
                    .iter()
                    .map(|target| format!("{place}?{name}={target}")),
            );
        }
    }
    paths.extend(
        [
            "//evil.example",
            "//evil.example/",
            "/\\evil.example",
            "/%2f%2fevil.example",
            "/https://evil.example",
            "http://evil.example/",
            "http://evil.example/api/v1/session",
        ]
        .map(str::to_owned),
    );
    for path in paths {
        let answer = wire.get(&path, "").await;
        let head = fields(&answer).to_lowercase();
        let status = statuses(&answer)[0];
        assert!(!(300..400).contains(&status), "{path}: {head}");
        assert!(
            !head.contains("location:") && !head.contains("refresh:"),
            "{path}: {head}"
        );
        assert!(!answer.contains("evil.example"), "{path}: {answer}");
    }
}

#[tokio::test]
async fn requests_that_are_no_http_or_two_at_once_are_refused() {
    let scene = Scene::open(Database::sqlite().await).await;
    let (session, _) = scene
        .sign_in(scene.office.provider, Role::Owner, "wire")
        .await;
    let wire = Wire::open(scene.router.clone()).await;
    let post = |fields: &str, body: &str| {
        format!(
            "POST /api/v1/tenants HTTP/1.1\r\nhost: console.example\r\ncookie: {session}\r\n\
             content-type: application/json\r\nconnection: close\r\n{fields}\r\n{body}"
        )
    };
    let get = |fields: &str| {
        format!("GET /api/v1/session HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{fields}\r\n")
    };
    let hidden = "DELETE /api/v1/session HTTP/1.1\r\nhost: a\r\n\r\n";
    let requests = [
        "\0\0\0\0\r\n\r\n".to_owned(),
        "GET\r\n\r\n".to_owned(),
        "GET / HTTP/9.9\r\n\r\n".to_owned(),
        "GET /api/v1/session\0 HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(),
        "GET /api/v1/session extra HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(),
        get("x: a\0b\r\n"),
        get("x: a\rb: c\r\n"),
        get("x y: a\r\n"),
        get(": a\r\n"),
        get("x: a\r\n  folded\r\n"),
        get(&format!("x: {}\r\n", "a".repeat(1 << 20))),
        get(&"x: a\r\n".repeat(10_000)),
        get(&format!("cookie: {}\r\n", "a=b; ".repeat(200_000))),
        format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "a".repeat(70_000)),
        post("content-length: 5\r\ncontent-length: 6\r\n", "{}    "),
        post("content-length: 2, 3\r\n", "{} "),
        post("content-length: -1\r\n", ""),
        post("content-length: +2\r\n", "{}"),
        post("content-length: 99999999999999999999\r\n", ""),
        post("content-length: 1048577\r\n", ""),
        post("transfer-encoding: chunked, identity\r\n", "0\r\n\r\n"),
        post("transfer-encoding: xchunked\r\n", hidden),
        post("transfer-encoding: chunked\r\n", "zzz\r\n\r\n"),
        post(
            "transfer-encoding: chunked\r\n",
            "ffffffffffffffffff\r\n\r\n",
        ),
        post(
            "content-length: 4\r\ntransfer-encoding: chunked\r\n",
            &format!("0\r\n\r\n{hidden}"),
        ),
        post("content-length: 0\r\n", hidden),
    ];
    for request in requests {
        let answer = wire.send_all(request.as_bytes()).await;
        let statuses = statuses(&answer);
        let shown = format!("{:.80?}: {:.200}", request, answer);
        assert!(statuses.len() <= 1, "two answers: {shown}");
        assert!(
            statuses.iter().all(|status| (400..500).contains(status)),
            "{shown}"
        );
    }
    // Twice the same host, or two hosts: one answer, and it is about the session alone.
    for hosts in [
        "host: a\r\nhost: a\r\n",
        "host: a\r\nhost: evil.example\r\n",
        "",
    ] {
        let request = format!("GET /api/v1/session HTTP/1.1\r\n{hosts}connection: close\r\n\r\n");
        let answer = wire.send(request.as_bytes()).await;
        assert!(
            statuses(&answer)
                .iter()
                .all(|status| (400..500).contains(status)),
            "{answer}"
        );
        assert!(!answer.contains("evil.example"), "{answer}");
    }
    let answer = wire
        .get("/api/v1/session", &format!("cookie: {session}\r\n"))
        .await;
    assert_eq!(
        statuses(&answer),
        [200],
        "the server is as well as before, and nobody was signed out"
    );
}
