//! Ids that are none, and ids of nothing.

use crate::{
    desk::{Case, Desk, code},
    schema::Kind,
};
use axum::body::Body;
use http::header;
use latarnik_testkit::on_both_engines;
use serde_json::{Value, json};

/// Well-formed, and nothing has it.
const UNKNOWN: &str = "0193a1b2-ffff-7fff-bfff-ffffffffffff";

/// As they stand in a path or query: already encoded.
fn malformed() -> Vec<String> {
    let fixed = [
        "1",
        "-1",
        "%20",
        "%00",
        "%0d%0aset-cookie:%20a=b",
        "..%2f..%2fetc%2fpasswd",
        "..%5c..%5cwin.ini",
        "%2e%2e",
        "%ff%fe",
        "%c0%ae%c0%ae%c0%af",
        "%ed%a0%80",
        "%25%32%65",
        "null",
        "undefined",
        "[object%20Object]",
        "'%20OR%201=1--",
        "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "0193a1b2-ffff-7fff-bfff-fffffffffff",
        "0193a1b2-ffff-7fff-bfff-fffffffffffff",
        "0193a1b2-ffff-7fff-bfff-ffffffffffff%00",
        "0193a1b2-ffff-7fff-bfff-ffffffffffff%20",
        "g193a1b2-ffff-7fff-bfff-ffffffffffff",
        // Full-width, Arabic and Thai digits.
        "%EF%BC%90193a1b2-ffff-7fff-bfff-ffffffffffff",
        "%D9%A0193a1b2-ffff-7fff-bfff-ffffffffffff",
        "%E0%B9%90%E0%B9%91%E0%B9%92",
        "%E2%80%AE0193a1b2-ffff-7fff-bfff-ffffffffffff",
        "%F0%9F%92%A3",
    ];
    let mut all: Vec<String> = fixed.map(str::to_owned).to_vec();
    all.push("a".repeat(10_000));
    all.push("%61".repeat(10_000));
    all
}

/// A list of nothing, or nothing counted.
fn is_empty(answer: &str) -> bool {
    let found: Value = serde_json::from_str(answer).unwrap_or_default();
    let counts = found.as_object();
    found["items"].as_array().is_some_and(Vec::is_empty)
        || counts.is_some_and(|counts| counts.values().all(|count| *count == 0))
}

on_both_engines! {
    async fn ids_in_paths_that_are_none_are_not_there(database: Database) {
        let desk = Desk::open(database).await;
        let fresh = desk.scene.fresh().await;
        let ids = malformed();
        for (operation, row) in desk.ways() {
            if !desk.has_id(operation) {
                continue;
            }
            for id in ids.iter().map(String::as_str).chain([UNKNOWN]) {
                let what = format!("id {id:.100}");
                let case = Case { operation, row: &row, what };
                let body = desk.body(operation, &row, &fresh);
                let path = operation.path.replace("{id}", id);
                let request = desk.head(operation, &path);
                let request = match &body {
                    Value::Null => request.body(Body::empty()),
                    body => request
                        .header(header::CONTENT_TYPE, "application/json")
                        .body(Body::from(body.to_string())),
                };
                let answer = desk.send(&case, request.unwrap()).await;
                desk.hold_refused(&case, &answer, 404, "not_found");
            }
            // Nothing at all names nothing, or the list.
            let path = operation.path.replace("{id}", "");
            let case = Case { operation, row: &row, what: "no id at all".to_owned() };
            let answer = desk.ask(&case, &path).await;
            desk.hold_refused(&case, &answer, 404, "not_found");
        }
        desk.close("ids in paths").await;
    }

    async fn ids_in_queries_that_are_none_are_refused(database: Database) {
        let desk = Desk::open(database).await;
        let fresh = desk.scene.fresh().await;
        for (operation, row) in desk.ways() {
            for parameter in desk.schemas.parameters(operation) {
                if parameter.place != "query" || parameter.kind != Kind::Id {
                    continue;
                }
                for id in malformed().iter().map(String::as_str).chain(["", UNKNOWN]) {
                    let name = &parameter.name;
                    let what = format!("{name}={id:.100}");
                    let case = Case { operation, row: &row, what };
                    let path = Desk::path_with(&case, &fresh, &format!("{name}={id}"));
                    let answer = desk.ask(&case, &path).await;
                    if id == UNKNOWN {
                        // Of one thing there is nothing at a tenant that is none.
                        let gone = operation.path.contains("{id}") && answer.status == 404;
                        let nothing = answer.text.is_empty() || is_empty(&answer.text);
                        desk.hold(gone || nothing, &case, &answer);
                    } else {
                        desk.hold_refused(&case, &answer, 400, "malformed_request");
                    }
                }
            }
        }
        desk.close("ids in queries").await;
    }

    async fn ids_in_bodies_that_are_none_are_refused(database: Database) {
        let desk = Desk::open(database).await;
        let fresh = desk.scene.fresh().await;
        let decoded = |id: String| match id.as_str() {
            "%00" => "\0".to_owned(),
            _ => id,
        };
        let ids: Vec<_> = malformed().into_iter().map(decoded).collect();
        let wrong = [json!(1), json!(true), json!({}), json!([]), json!([UNKNOWN, 1])];
        for (operation, row) in desk.ways() {
            let Some(schema) = desk.schemas.body(operation) else { continue };
            for field in desk.schemas.fields(&schema) {
                if field.kind != Kind::Id {
                    continue;
                }
                let bad = ids.iter().map(|id| json!(id)).chain(wrong.clone()).chain([json!("")]);
                for id in bad.chain([json!(UNKNOWN)]) {
                    let shown = id.to_string();
                    let what = format!("{:?} = {shown:.100}", field.path);
                    let case = Case { operation, row: &row, what };
                    let is_unknown = id == UNKNOWN;
                    let answer = desk.send_field(&case, &fresh, &field.path, id).await;
                    if is_unknown {
                        let codes = ["not_found", "validation_failed", "no_devices"];
                        desk.hold(codes.contains(&code(&answer).as_str()), &case, &answer);
                    } else {
                        desk.hold_refused(&case, &answer, 400, "malformed_body");
                    }
                }
            }
        }
        desk.close("ids in bodies").await;
    }
}
