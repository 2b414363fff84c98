//! Bodies that are no JSON, no object, not this object, or a bomb.

use crate::{
    calls::rows,
    desk::{Case, Desk, code},
    schema::{Kind, Step},
    texts::names,
};
use axum::body::{Body, Bytes};
use futures_util::stream;
use http::header;
use latarnik_testkit::on_both_engines;
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// What the server takes at most, in bytes.
const MOST: usize = 1024 * 1024;
const DEEP: usize = 100_000;

fn deep(open: &str, close: &str) -> String {
    format!("{}{}", open.repeat(DEEP), close.repeat(DEEP))
}

/// Bodies that nobody takes, whatever they should hold.
fn never_taken() -> Vec<(&'static str, Vec<u8>)> {
    let text = |name, text: &str| (name, text.as_bytes().to_vec());
    let mut bodies = vec![
        text("empty", ""),
        text("blank", " \r\n\t"),
        text("cut off", "{"),
        text("cut off in a string", "{\"name\":\""),
        text("list", "[]"),
        text("list of an object", "[{}]"),
        text("text", "\"text\""),
        text("null", "null"),
        text("number", "0"),
        text("huge number", "1e400"),
        text("endless number", &"9".repeat(100_000)),
        text("true", "true"),
        text("not a number", "NaN"),
        text("two objects", "{}{}"),
        text("comma at the end", "{\"name\":\"a\",}"),
        text("comment", "{/* */}"),
        text("single quotes", "{'name':'a'}"),
        text("byte order mark", "\u{feff}{}"),
        text("form", "name=a&email=b"),
        text(
            "xml",
            "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>",
        ),
        text("unknown field", "{\"surprise\":1}"),
        text("prototype", "{\"__proto__\":{\"role\":\"owner\"}}"),
        text("empty name", "{\"\":1}"),
        text("lone surrogate", "{\"surprise\":\"\\ud800\"}"),
        text("surrogate as a name", "{\"\\udfff\":1}"),
        text("deep lists", &deep("[", "]")),
        text("deep objects", &deep("{\"a\":", "}")),
        text("deep and cut off", &"[".repeat(DEEP)),
        text(
            "deep in an unknown field",
            &format!("{{\"surprise\":{}}}", deep("[", "]")),
        ),
        text(
            "half a million items",
            &format!("[{}0]", "0,".repeat(MOST / 2 - 10)),
        ),
        text(
            "many unknown fields",
            &format!("{{{}\"a\":0}}", "\"a\":0,".repeat(MOST / 7)),
        ),
    ];
    bodies.push(("UTF-16", vec![0xff, 0xfe, b'{', 0, b'}', 0]));
    bodies.push(("no UTF-8", b"{\"surprise\":\"\xff\xfe\"}".to_vec()));
    bodies.push(("overlong slash", b"{\"surprise\":\"\xc0\xaf\"}".to_vec()));
    bodies.push(("compressed", vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]));
    bodies
}

fn too_large() -> Vec<(&'static str, String)> {
    vec![
        (
            "several MB of text",
            format!("{{\"name\":\"{}\"}}", "a".repeat(4 * MOST)),
        ),
        ("a million items", format!("[{}0]", "0,".repeat(1_000_000))),
        ("several MB of blanks", " ".repeat(2 * MOST)),
        ("several MB of depth", "[".repeat(2 * MOST)),
    ]
}

/// Values of every kind but the field's own.
fn wrong_kinds(kind: Kind, may_be_null: bool) -> Vec<Value> {
    let text = json!("neither here nor there");
    let kinds = [
        (Kind::Text, text),
        (Kind::Number, json!(7)),
        (Kind::Number, json!(1.5)),
        (Kind::Truth, json!(true)),
        (Kind::List, json!([[]])),
        (Kind::Object, json!({"surprise": 1})),
    ];
    let whole = |value: &Value| value.as_u64().is_some();
    let wrong = kinds.into_iter().filter(|(other, value)| match kind {
        Kind::Number => !whole(value),
        _ => *other != kind,
    });
    let mut wrong: Vec<_> = wrong.map(|(_, value)| value).collect();
    if !may_be_null {
        wrong.push(Value::Null);
    }
    wrong
}

/// JSON of a number, as it is written.
const NUMBERS: &[&str] = &[
    "-1",
    "-0.5",
    "0.1",
    "1e3",
    "1e400",
    "-1e400",
    "4294967296",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "99999999999999999999999999999999999999",
    "\"1\"",
    "true",
];

on_both_engines! {
    async fn bodies_that_are_not_these_objects_are_refused(database: Database) {
        let desk = Desk::open(database).await;
        let fresh = desk.scene.fresh().await;
        for (operation, row) in desk.ways() {
            if desk.schemas.body(operation).is_none() {
                continue;
            }
            for (what, body) in never_taken() {
                let case = Case { operation, row: &row, what: what.to_owned() };
                let answer = desk.send_json(&case, &fresh, body).await;
                desk.hold_refused(&case, &answer, 400, "malformed_body");
            }
            for (what, body) in too_large() {
                let case = Case { operation, row: &row, what: what.to_owned() };
                let answer = desk.send_json(&case, &fresh, body).await;
                desk.hold_refused(&case, &answer, 413, "body_too_large");
            }
        }
        desk.close("bodies").await;
    }

    async fn examples_made_from_the_description_have_the_right_shape(database: Database) {
        let desk = Desk::open(database).await;
        let fresh = desk.scene.fresh().await;
        // As an operation is called for which there is no row yet.
        for operation in &desk.operations {
            let Some(schema) = desk.schemas.body(operation) else { continue };
            let row = rows::undescribed();
            let case = Case { operation, row: &row, what: operation.id.clone() };
            let body = desk.schemas.example(&schema).to_string();
            let answer = desk.send_json(&case, &fresh, body).await;
            desk.hold(code(&answer) != "malformed_body", &case, &answer);
        }
        desk.close("examples").await;
    }

    async fn bodies_of_other_types_are_refused(database: Database) {
        let desk = Desk::open(database).await;
        let fresh = desk.scene.fresh().await;
        let types = [
            None,
            Some("text/plain"),
            Some("text/json"),
            Some("application/xml"),
            Some("application/x-www-form-urlencoded"),
            Some("multipart/form-data; boundary=a"),
            Some("application/jsonp"),
            Some("application/"),
            Some("json"),
            Some(""),
        ];
        for (operation, row) in desk.ways() {
            if desk.schemas.body(operation).is_none() {
                continue;
            }
            let path = Desk::path(operation, &row, &fresh);
            for kind in types {
                let case = Case { operation, row: &row, what: format!("{kind:?}") };
                let body = desk.body(operation, &row, &fresh);
                let mut request = desk.head(operation, &path);
                if let Some(kind) = kind {
                    request = request.header(header::CONTENT_TYPE, kind);
                }
                let request = request.body(Body::from(body.to_string())).unwrap();
                let answer = desk.send(&case, request).await;
                desk.hold_refused(&case, &answer, 415, "not_json");
            }
        }
        desk.close("types of bodies").await;
    }

    async fn fields_that_are_missing_or_of_another_kind_are_refused(database: Database) {
        let desk = Desk::open(database).await;
        let fresh = desk.scene.fresh().await;
        for (operation, row) in desk.ways() {
            let Some(schema) = desk.schemas.body(operation) else { continue };
            for field in desk.schemas.fields(&schema) {
                // An item of a list is not missing from it.
                if field.required && field.path.last() != Some(&Step::Item) {
                    let what = format!("without {:?}", field.path);
                    let case = Case { operation, row: &row, what };
                    let mut body = desk.body(operation, &row, &fresh);
                    desk.schemas.take(&schema, &mut body, &field.path);
                    let answer = desk.send_json(&case, &fresh, body.to_string()).await;
                    desk.hold_refused(&case, &answer, 400, "malformed_body");
                }
                for value in wrong_kinds(field.kind, field.may_be_null) {
                    let what = format!("{:?} = {value}", field.path);
                    let case = Case { operation, row: &row, what };
                    let is_other_word = field.kind == Kind::Choice && value.is_string();
                    let answer = desk.send_field(&case, &fresh, &field.path, value).await;
                    // Definitions say which of their words is none.
                    let is_named = answer.status.as_u16() == 422 && names(&answer, &field);
                    if !(is_other_word && is_named) {
                        desk.hold_refused(&case, &answer, 400, "malformed_body");
                    }
                }
            }
        }
        desk.close("kinds of fields").await;
    }

    async fn objects_take_no_field_twice_and_none_that_they_do_not_know(database: Database) {
        let desk = Desk::open(database).await;
        let fresh = desk.scene.fresh().await;
        for (operation, row) in desk.ways() {
            let Some(schema) = desk.schemas.body(operation) else { continue };
            let body = desk.body(operation, &row, &fresh);
            let mut objects = vec![Vec::new()];
            let fields = desk.schemas.fields(&schema);
            objects.extend(fields.iter().filter(|field| field.kind == Kind::Object).map(|field| field.path.clone()));
            for place in objects {
                let mut bodies = Vec::new();
                let mark = json!("the object goes here");
                let mut around = body.clone();
                desk.schemas.put(&schema, &mut around, &place, mark.clone());
                let inside = desk.schemas.inside(&schema, &body, &place);
                let mut more = inside.clone();
                more["surprise"] = json!({"a": [1]});
                bodies.push(("unknown field", more.to_string()));
                for (name, value) in inside.as_object().unwrap() {
                    let once = inside.to_string();
                    let twice = format!("{{{}:{value},{}", json!(name), once.trim_start_matches('{'));
                    bodies.push(("a field twice", twice));
                }
                for (what, inside) in bodies {
                    let case = Case { operation, row: &row, what: format!("{place:?}: {what}: {inside}") };
                    let text = around.to_string().replace(&mark.to_string(), &inside);
                    let answer = desk.send_json(&case, &fresh, text).await;
                    desk.hold_refused(&case, &answer, 400, "malformed_body");
                }
            }
        }
        desk.close("objects").await;
    }

    async fn numbers_and_lists_beyond_all_measure_are_refused(database: Database) {
        let desk = Desk::open(database).await;
        let fresh = desk.scene.fresh().await;
        for (operation, row) in desk.ways() {
            let Some(schema) = desk.schemas.body(operation) else { continue };
            for field in desk.schemas.fields(&schema) {
                if field.kind == Kind::Number {
                    for number in NUMBERS {
                        let case = Case { operation, row: &row, what: format!("{:?} = {number}", field.path) };
                        let mark = json!("the number goes here");
                        let mut body = desk.body(operation, &row, &fresh);
                        desk.schemas.put(&schema, &mut body, &field.path, mark.clone());
                        let body = body.to_string().replace(&mark.to_string(), number);
                        let answer = desk.send_json(&case, &fresh, body).await;
                        desk.hold(answer.status.is_client_error(), &case, &answer);
                    }
                }
                if field.kind == Kind::List {
                    let item = [field.path.clone(), vec![Step::Item]].concat();
                    let example = desk.schemas.example_at(&schema, &item);
                    let count = (MOST - 1000) / (example.to_string().len() + 1);
                    let different = |number: usize| match &example {
                        Value::String(text) if text == "example" => json!(format!("{number}")),
                        Value::String(id) if id.len() == 36 => {
                            json!(format!("{}{number:012x}", &id[..24]))
                        }
                        other => other.clone(),
                    };
                    for items in [
                        vec![example.clone(); count],
                        (0..count).map(different).collect::<Vec<_>>(),
                    ] {
                        let case = Case { operation, row: &row, what: format!("{:?}: {count} items", field.path) };
                        let answer = desk.send_field(&case, &fresh, &field.path, items.into()).await;
                        desk.hold(answer.status.is_client_error(), &case, &answer);
                    }
                }
            }
        }
        desk.close("numbers and lists").await;
    }

    async fn body_without_an_end_is_read_up_to_the_limit_and_no_further(database: Database) {
        let desk = Desk::open(database).await;
        let fresh = desk.scene.fresh().await;
        let piece = Bytes::from(vec![b' '; 64 * 1024]);
        for (operation, row) in desk.ways() {
            if desk.schemas.body(operation).is_none() {
                continue;
            }
            let pulled = Arc::new(AtomicUsize::new(0));
            let endless = stream::repeat_with({
                let (pulled, piece) = (pulled.clone(), piece.clone());
                move || {
                    pulled.fetch_add(piece.len(), Ordering::Relaxed);
                    Ok::<_, std::io::Error>(piece.clone())
                }
            });
            let case = Case { operation, row: &row, what: "endless".to_owned() };
            let path = Desk::path(operation, &row, &fresh);
            let request = desk.head(operation, &path).header(header::CONTENT_TYPE, "application/json");
            let answer = desk.send(&case, request.body(Body::from_stream(endless)).unwrap()).await;
            desk.hold_refused(&case, &answer, 413, "body_too_large");
            let pulled = pulled.load(Ordering::Relaxed);
            assert!(pulled <= MOST + 2 * piece.len(), "{}: {pulled} bytes", row.name);
        }
        desk.close("bodies without an end").await;
    }
}
