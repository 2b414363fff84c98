//! Where requests are sent from, and what holds for every answer whatever was sent.

use crate::{
    calls::{
        Operation, operations,
        rows::{self, Row},
        scene::{self, Answer, Fresh, Scene},
    },
    schema::{Kind, Schemas, Step},
};
use axum::body::{Body, Bytes};
use http::{HeaderName, HeaderValue, Request, StatusCode, header, request};
use jiff::SignedDuration;
use latarnik_model::Role;
use latarnik_testkit::Database;
use serde_json::Value;
use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering},
};

/// One request in one way, and what is needed to make more like it.
pub(crate) struct Case<'a> {
    pub(crate) operation: &'a Operation,
    pub(crate) row: &'a Row,
    /// What is tried, for messages.
    pub(crate) what: String,
}

pub(crate) struct Desk {
    pub(crate) scene: Scene,
    pub(crate) schemas: Schemas,
    pub(crate) operations: Vec<Operation>,
    pub(crate) rows: Vec<Row>,
    owner: (HeaderName, HeaderValue),
    sent: AtomicU32,
    complaints: Mutex<Vec<String>>,
}

impl Desk {
    /// An owner of the provider sits here: nothing is refused for want of rights.
    pub(crate) async fn open(database: Database) -> Self {
        let scene = Scene::open(database).await;
        let (session, _) = scene
            .sign_in(scene.office.provider, Role::Owner, "desk")
            .await;
        Self {
            owner: (header::COOKIE, session.parse().unwrap()),
            scene,
            schemas: Schemas::read(),
            operations: operations(),
            rows: rows::all(),
            sent: AtomicU32::new(0),
            complaints: Mutex::default(),
        }
    }

    /// Says how many requests were sent, and fails with everything that was wrong with the answers.
    pub(crate) async fn close(self, what: &str) {
        self.lives().await;
        let engine = self.scene.office.store().engine();
        let sent = self.sent.load(Ordering::Relaxed);
        println!("bad input, {what}: {sent} requests on {engine:?}");
        let complaints = self.complaints.into_inner().unwrap();
        let count = complaints.len();
        assert!(
            complaints.is_empty(),
            "{count} wrong:\n{}",
            complaints.join("\n")
        );
        assert!(sent > 0);
    }

    /// Notes what should hold and does not. One wrong answer is no reason not to see the others.
    pub(crate) fn hold(&self, holds: bool, case: &Case<'_>, answer: &Answer) {
        if !holds {
            self.complain(case, answer, "is not what was expected");
        }
    }

    /// The answer is this refusal.
    pub(crate) fn hold_refused(&self, case: &Case<'_>, answer: &Answer, status: u16, code: &str) {
        let refused = answer.status.as_u16() == status && self::code(answer) == code;
        if !refused {
            self.complain(case, answer, &format!("should be {status} {code}"));
        }
    }

    fn complain(&self, case: &Case<'_>, answer: &Answer, what: &str) {
        let shown = format!(
            "{}: {:.300}: {} {:.300}: {what}",
            case.row.name, case.what, answer.status, answer.text
        );
        self.complaints.lock().unwrap().push(shown);
    }

    /// How each operation is called. One that has no row is called by what its description says.
    pub(crate) fn ways(&self) -> impl Iterator<Item = (&Operation, Row)> {
        self.operations.iter().flat_map(|operation| {
            let rows = self.rows.iter().filter(|row| row.operation == operation.id);
            let mut rows: Vec<Row> = rows.cloned().collect();
            if rows.is_empty() {
                rows.push(rows::undescribed());
            }
            rows.into_iter().map(move |row| (operation, row))
        })
    }

    /// The body that a way to call has, or one that fits the description.
    pub(crate) fn body(&self, operation: &Operation, row: &Row, fresh: &Fresh) -> Value {
        let fresh = fresh.renamed(self.number());
        match (row.body, self.schemas.body(operation)) {
            (Some(body), _) => body(&self.scene, &fresh),
            (None, Some(schema)) => self.schemas.example(&schema),
            (None, None) => Value::Null,
        }
    }

    /// The number of the request to come.
    pub(crate) fn number(&self) -> u32 {
        self.sent.load(Ordering::Relaxed)
    }

    /// A request with everything but its body.
    pub(crate) fn head(&self, operation: &Operation, path: &str) -> request::Builder {
        Request::builder()
            .method(operation.method.clone())
            .uri(path)
            .header(&self.owner.0, &self.owner.1)
            .header("idempotency-key", format!("number {}", self.number()))
    }

    /// The path of an operation on one of the fresh things.
    pub(crate) fn path(operation: &Operation, row: &Row, fresh: &Fresh) -> String {
        operation.path.replace("{id}", &(row.id)(fresh))
    }

    /// Sends a JSON body.
    pub(crate) async fn send_json(
        &self,
        case: &Case<'_>,
        fresh: &Fresh,
        body: impl Into<Bytes>,
    ) -> Answer {
        let path = Self::path(case.operation, case.row, fresh);
        let body = body.into();
        let request = || {
            self.head(case.operation, &path)
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body.clone()))
                .unwrap()
        };
        let answer = self.send(case, request()).await;
        if answer.status != StatusCode::TOO_MANY_REQUESTS {
            return answer;
        }
        // Whoever tries many passwords has to wait.
        let wait = SignedDuration::from_mins(61);
        self.scene.office.clock.advance(wait);
        self.send(case, request()).await
    }

    /// Sends the usual JSON body with one field that is not as usual.
    pub(crate) async fn send_field(
        &self,
        case: &Case<'_>,
        fresh: &Fresh,
        field: &[Step],
        value: Value,
    ) -> Answer {
        let schema = self.schemas.body(case.operation).unwrap();
        let mut body = self.body(case.operation, case.row, fresh);
        self.schemas.put(&schema, &mut body, field, value);
        self.send_json(case, fresh, body.to_string()).await
    }

    /// Sends a request without a body.
    pub(crate) async fn ask(&self, case: &Case<'_>, path: &str) -> Answer {
        let request = self.head(case.operation, path).body(Body::empty());
        self.send(case, request.unwrap()).await
    }

    /// The path of an operation on one of the fresh things, with more behind its usual query.
    pub(crate) fn path_with(case: &Case<'_>, fresh: &Fresh, query: &str) -> String {
        let Case { operation, row, .. } = case;
        let joined = if row.query.is_empty() { "?" } else { "&" };
        let path = Self::path(operation, row, fresh);
        format!("{path}{}{joined}{query}", row.query)
    }

    /// Sends a request and holds the answer against what holds for all.
    pub(crate) async fn send(&self, case: &Case<'_>, request: Request<Body>) -> Answer {
        let answer = self.answer(request).await;
        if let Err(wrong) = check(&answer) {
            self.complain(case, &answer, &wrong);
        }
        if !Schemas::statuses(case.operation).contains(answer.status.as_str()) {
            self.complain(case, &answer, "the description does not name this status");
        }
        answer
    }

    /// What the server answers, whatever it is.
    pub(crate) async fn answer(&self, request: Request<Body>) -> Answer {
        self.sent.fetch_add(1, Ordering::Relaxed);
        scene::answer(&self.scene.router, request).await
    }

    /// The server is as well as before.
    pub(crate) async fn lives(&self) {
        let operation = self.operation("read_session");
        let request = self.head(operation, "/api/v1/session");
        let request = request.body(Body::empty()).unwrap();
        let answer = scene::answer(&self.scene.router, request).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }

    pub(crate) fn operation(&self, id: &str) -> &Operation {
        self.operations.iter().find(|one| one.id == id).unwrap()
    }

    /// Whether an operation has a parameter of that kind in its path.
    pub(crate) fn has_id(&self, operation: &Operation) -> bool {
        let parameters = self.schemas.parameters(operation);
        parameters
            .iter()
            .any(|one| one.place == "path" && one.kind == Kind::Id)
    }
}

/// The code of a refusal; nothing for an answer that is none.
pub(crate) fn code(answer: &Answer) -> String {
    let problem: Value = serde_json::from_str(&answer.text).unwrap_or_default();
    problem["code"].as_str().unwrap_or_default().to_owned()
}

/// What holds for every answer: none is an error of the server's own, refusals are problem
/// documents, browsers take each for what it is, and nobody is sent elsewhere.
pub(crate) fn check(answer: &Answer) -> Result<(), String> {
    let headers = &answer.headers;
    let text = |name| {
        headers
            .get(name)
            .map_or("", |value: &HeaderValue| value.to_str().unwrap())
    };
    let kind = text(header::CONTENT_TYPE);
    let is_json = kind == "application/json";
    let found: Option<Value> = serde_json::from_str(&answer.text).ok();
    if answer.status.as_u16() >= 400 {
        let problem = found.clone().unwrap_or_default();
        if kind != "application/problem+json"
            || !(problem["code"].is_string() && problem["request_id"].is_string())
            || problem["status"] != answer.status.as_u16()
        {
            return Err("a refusal that is no problem document".to_owned());
        }
        // The one failure that is somebody else's: a provider that cannot be reached.
        if answer.status.is_server_error() && problem["code"] != "openid_unreachable" {
            return Err("an error of the server's own".to_owned());
        }
    }
    if is_json != (found.is_some() && answer.status.is_success()) {
        return Err(format!("the content is not what its type says: {kind}"));
    }
    if text(header::X_CONTENT_TYPE_OPTIONS) != "nosniff" || kind.contains("html") {
        return Err("a browser might run it".to_owned());
    }
    if headers.contains_key(header::LOCATION) {
        return Err("it sends elsewhere".to_owned());
    }
    let cookies = headers.get_all(header::SET_COOKIE);
    if !cookies
        .iter()
        .all(|cookie| cookie.as_bytes().starts_with(b"latarnik_"))
    {
        return Err("a cookie that is not ours".to_owned());
    }
    Ok(())
}
