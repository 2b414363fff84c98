//! Searches look for the text that was typed, and exports are text in every program that opens them.

use crate::desk::{Case, Desk};
use axum::body::Body;
use http::header;
use latarnik_app::{Context, NewInvitation};
use latarnik_model::{Language, Role};
use latarnik_testkit::on_both_engines;
use serde_json::Value;
use std::collections::BTreeSet;

const NAMES: &[&str] = &[
    "plain",
    "100%",
    "snake_case",
    "back\\slash",
    "quo'te",
    "double\"quote",
    "a%b_c\\d",
    "Łukasz Żak",
    "ŁÓDŹ",
    "percent",
    "snakeXcase",
    "[brackets]",
    "star*",
    "question?",
    "dot.dot",
    "caret^",
    "$dollar",
];

/// What is typed, and which names have it.
const SEARCHES: &[(&str, &[&str])] = &[
    ("%", &["100%", "a%b_c\\d"]),
    ("_", &["snake_case", "a%b_c\\d"]),
    ("\\", &["back\\slash", "a%b_c\\d"]),
    ("snake_", &["snake_case"]),
    ("SNAKE", &["snake_case", "snakeXcase"]),
    ("\\%", &[]),
    ("%%", &[]),
    ("%b_", &["a%b_c\\d"]),
    ("'", &["quo'te"]),
    ("\"", &["double\"quote"]),
    ("[", &["[brackets]"]),
    ("*", &["star*"]),
    ("?", &["question?"]),
    (".", &["dot.dot"]),
    ("^", &["caret^"]),
    ("$", &["$dollar"]),
    ("$1", &[]),
    ("' OR '1'='1", &[]),
    ("Łukasz", &["Łukasz Żak"]),
    ("Żak", &["Łukasz Żak"]),
    ("ŁÓDŹ", &["ŁÓDŹ"]),
];

impl Desk {
    /// What a list finds.
    async fn found(&self, operation: &str, search: &str, place: &[&str]) -> BTreeSet<String> {
        let operation = self.operation(operation);
        let row = self
            .rows
            .iter()
            .find(|row| row.operation == operation.id)
            .unwrap();
        let case = Case {
            operation,
            row,
            what: format!("search {search:?}"),
        };
        let search: String = search.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let path = format!("{}?limit=500&search={search}", operation.path);
        let request = self.head(operation, &path).body(Body::empty()).unwrap();
        let answer = self.send(&case, request).await;
        let list: Value = serde_json::from_str(&answer.text).unwrap();
        let items = list["items"].as_array().unwrap().iter();
        let name = |item: &Value| {
            let found = place.iter().fold(item, |item, part| &item[part]);
            found.as_str().unwrap_or_default().to_owned()
        };
        items
            .map(name)
            .filter(|name| NAMES.contains(&name.as_str()))
            .collect()
    }
}

on_both_engines! {
    async fn search_finds_what_was_typed_and_no_pattern(database: Database) {
        let desk = Desk::open(database).await;
        let office = &desk.scene.office;
        let shell = Context::command_line();
        for (number, name) in NAMES.iter().enumerate() {
            let person = NewInvitation {
                tenant_id: office.bakery,
                email: format!("x{number}@bakery"),
                name: (*name).to_owned(),
                role: Role::ClientView,
                language: Language::Pl,
                clients: None,
            };
            let (id, _) = office.app.invite_user(&shell, person).await.unwrap();
            office.device(office.bakery, name).await;
            // So that the audit has an event about a name too.
            let group = latarnik_app::NewGroup {
                tenant_id: office.bakery,
                name: (*name).to_owned(),
                parent_id: None,
            };
            office.app.create_group(&shell, group).await.unwrap();
            office.app.read_user(&shell, id).await.unwrap();
        }
        for (search, expected) in SEARCHES {
            let expected: BTreeSet<_> = expected.iter().map(|name| (*name).to_owned()).collect();
            for (operation, place) in [
                ("list_users", &["name"][..]),
                ("list_devices", &["hostname"]),
                ("list_audit_events", &["target", "name"]),
            ] {
                let found = desk.found(operation, search, place).await;
                assert_eq!(found, expected, "{operation}: {search:?}");
            }
        }
        desk.close("searches").await;
    }

    async fn export_holds_no_formula_in_any_cell(database: Database) {
        let desk = Desk::open(database).await;
        let office = &desk.scene.office;
        let shell = Context::command_line();
        let names = [
            "=HYPERLINK(\"http://evil.example\")",
            "+1+1",
            "-1+1",
            "@SUM(A1)",
            " =1+1",
            "\"=1+1",
            "a,=1+1",
            "a;=1+1",
            "a; @SUM(A1)",
            "a,\"=1+1\"",
            "＝1+1",
            "＋1",
            "－1",
            "＠SUM(A1)",
            "|=1+1",
            "=cmd|' /C calc'!A0",
            "plain, \"quoted\"; text",
        ];
        for name in names {
            let group = latarnik_app::NewGroup {
                tenant_id: office.bakery,
                name: name.to_owned(),
                parent_id: None,
            };
            office.app.create_group(&shell, group).await.unwrap();
        }
        let operation = desk.operation("export_audit_events");
        let row = desk.rows.iter().find(|row| row.operation == operation.id).unwrap();
        let case = Case { operation, row, what: "csv".to_owned() };
        let path = format!("{}?format=csv", operation.path);
        let answer = desk.ask(&case, &path).await;
        assert_eq!(answer.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
        let disposition = answer.headers[header::CONTENT_DISPOSITION].to_str().unwrap();
        assert_eq!(disposition, "attachment; filename=\"audit.csv\"");
        // As it is meant, and as programs read it whose lists are separated by something else.
        let rows = cells(&answer.text, ',');
        let columns = rows[0].len();
        assert!(rows.iter().all(|row| row.len() == columns), "{}", answer.text);
        let all: BTreeSet<_> = rows.concat().into_iter().collect();
        let shown = |name: &str| all.iter().any(|cell| cell.replace('\'', "") == name.trim().replace('\'', ""));
        for name in names {
            assert!(shown(name), "{name:?} is not in {}", answer.text);
        }
        for separator in [',', ';', '\t', '|'] {
            for cell in cells(&answer.text, separator).concat() {
                let begins = cell.trim_start_matches([' ', '"', '\u{a0}', '\u{3000}']);
                assert!(!begins.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r']),
                    "{cell:?}, separated by {separator:?}");
            }
        }
        desk.close("exports").await;
    }
}

/// Reads comma-separated values (RFC 4180) with any separator.
fn cells(text: &str, separator: char) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            '\r' if !quoted && letters.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            letter if letter == separator && !quoted => row.push(std::mem::take(&mut cell)),
            letter => cell.push(letter),
        }
    }
    rows
}
