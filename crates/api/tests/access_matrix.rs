//! Every operation of the API, called by everybody: who gets what.
//!
//! What a cell of this matrix expects follows from `x-access` in the operation's description and the
//! table of roles in `latarnik_model`. An operation without a row here fails the test, and so does
//! a row without an operation.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a story that cannot be set up should fail at once"
)]
#![expect(clippy::print_stdout, reason = "says how many cells it has")]

#[path = "access_matrix/callers.rs"]
mod callers;
mod calls;

use callers::{Caller, Standing};
use calls::{
    Operation, operations,
    rows::{self, Reached, Row},
    scene::{self, Answer, Scene},
};
use http::{Method, StatusCode};
use latarnik_model::{Permission, Reach};
use latarnik_testkit::on_both_engines;
use serde_json::Value;
use std::collections::BTreeSet;

/// What a cell expects: a status, and a code unless it is a success.
#[derive(Debug, PartialEq, Eq)]
struct Expected {
    status: u16,
    code: Option<&'static str>,
}

const fn refused(status: u16, code: &'static str) -> Expected {
    Expected {
        status,
        code: Some(code),
    }
}

/// The rule that the whole matrix follows.
fn expected(access: &str, row: &Row, caller: &Caller) -> Expected {
    let reached = |row: &Row| Expected {
        status: row.reached.status,
        code: row.reached.code,
    };
    if access == "public" {
        return reached(row);
    }
    let (role, of_provider) = match caller.standing {
        Standing::Unknown => return refused(401, "not_signed_in"),
        Standing::Person { role, of_provider } => (role, of_provider),
        Standing::Token { .. } if access == "person" => return refused(403, "user_required"),
        Standing::Token { role, of_provider } => (role, of_provider),
        Standing::WithoutSecondFactor if matches!(access, "person" | "signed_in") => {
            return reached(row);
        }
        Standing::WithoutSecondFactor => return refused(403, "totp_setup_required"),
    };
    if matches!(access, "person" | "signed_in") {
        return reached(row);
    }
    let name = if access == "by_action" {
        row.permission
            .expect("a row of an action names its permission")
    } else {
        access
    };
    let permission = Permission::ALL.iter().find(|p| p.name() == name);
    let permission = permission.unwrap_or_else(|| panic!("{name} is no permission"));
    let counts = of_provider || permission.reach() == Reach::EveryTenant;
    if !(counts && role.may(*permission)) {
        return refused(403, "forbidden");
    }
    match row.target {
        rows::Target::Nothing => reached(row),
        _ if caller.sees_bakery => reached(row),
        rows::Target::InPath | rows::Target::InBody => refused(404, "not_found"),
        rows::Target::TenantInBody => refused(422, "validation_failed"),
    }
}

fn assert_cell(operation: &Operation, row: &Row, caller: &Caller, answer: &Answer) {
    let expected = expected(&operation.access, row, caller);
    let cell = format!("{} as {}: {}", row.name, caller.name, answer.text);
    assert_eq!(
        answer.status,
        StatusCode::from_u16(expected.status).unwrap(),
        "{cell}"
    );
    if let Some(code) = expected.code {
        let problem: Value = serde_json::from_str(&answer.text).expect(&cell);
        assert_eq!(problem["code"], code, "{cell}");
        assert!(problem["request_id"].is_string(), "{cell}");
    }
}

/// What belongs to the bakery is in no answer to somebody who does not see it, not even in a
/// refusal.
fn assert_silent(row: &Row, caller: &Caller, answer: &Answer, scene: &Scene) {
    for secret in scene.secrets() {
        assert!(
            !answer.text.contains(&secret),
            "{} as {} tells {secret}: {}",
            row.name,
            caller.name,
            answer.text
        );
    }
}

on_both_engines! {
    async fn everybody_gets_what_the_table_says(database: Database) {
        let engine = format!("{:?}", database.store.engine());
        let scene = Scene::open(database).await;
        let callers = callers::all(&scene).await;
        let operations = operations();
        let rows = rows::all();
        let described: BTreeSet<_> = operations.iter().map(|o| o.id.as_str()).collect();
        let covered: BTreeSet<_> = rows.iter().map(|row| row.operation).collect();
        assert_eq!(described, covered, "each operation has its rows, and no row is left over");

        let mut cells = 0;
        let mut fresh = scene.fresh().await;
        // The row that ends sessions comes last.
        let (last, rows): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|row| row.operation == "delete_session");
        for row in rows.iter().chain(&last) {
            let operation = operations.iter().find(|o| o.id == row.operation).unwrap();
            fresh = scene.renewed(&fresh, row).await;
            for caller in &callers {
                let request = scene.request(operation, row, caller.header.as_ref(), &fresh);
                let router = if caller.strict { &scene.strict } else { &scene.router };
                let answer = scene::answer(router, request).await;
                assert_cell(operation, row, caller, &answer);
                if !caller.sees_bakery {
                    assert_silent(row, caller, &answer, &scene);
                }
                cells += 1;
                // Whoever could act has used it up.
                let acted = answer.status.is_success() || operation.access == "public";
                if operation.method != Method::GET && acted {
                    fresh = scene.renewed(&fresh, row).await;
                }
            }
        }
        println!("access matrix: {cells} cells on {engine}");
        assert!(cells >= 700, "{cells} cells");
    }
}

#[test]
fn every_access_is_a_permission_or_a_word() {
    let words = ["public", "signed_in", "person", "by_action"];
    for operation in operations() {
        let known = words.contains(&operation.access.as_str())
            || Permission::ALL.iter().any(|p| p.name() == operation.access);
        assert!(known, "{}: {:?}", operation.id, operation.access);
    }
}

#[test]
fn reached_answers_are_never_those_of_a_refusal() {
    for row in rows::all() {
        let Reached { status, .. } = row.reached;
        let is_public = ["create_session", "complete_openid_sign_in"].contains(&row.operation);
        assert!(is_public || !matches!(status, 401 | 403), "{}", row.name);
    }
}
