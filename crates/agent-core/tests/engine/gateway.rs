//! A gateway that keeps the protocol, remembers everything, and misbehaves on request.

use crate::{
    authority::{Authority, Validity},
    harness::system_now,
};
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use jiff::{SignedDuration, Timestamp};
use latarnik_model::{DeviceId, TaskId};
use latarnik_protocol::{
    AgentConfig, CheckInRequest, CheckInResponse, EnrollmentToken, Fingerprint, Inventory,
    InventoryHash, Problem, ProblemCode, RawTask, RegisterRequest, RegisterResponse, RenewRequest,
    RenewResponse, Secret, Task, TaskBatch, TaskEvent, TaskOutcome, TaskReport, TaskReportResponse,
    paths,
};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};
use tokio_rustls::{TlsAcceptor, rustls};
use uuid::Uuid;

/// What goes wrong with the next request to a path.
#[derive(Clone)]
pub(crate) enum Fault {
    /// It is answered with this instead of being served.
    Answer(StatusCode, HeaderMap, Bytes),
    /// It is served, and the answer gets lost.
    LoseAnswer,
}

impl Fault {
    pub(crate) fn problem(status: u16, code: ProblemCode) -> Self {
        let problem = Problem {
            code,
            status,
            detail: None,
            request_id: None,
        };
        let body = Bytes::from(serde_json::to_vec(&problem).unwrap());
        Self::Answer(
            StatusCode::from_u16(status).unwrap(),
            HeaderMap::new(),
            body,
        )
    }

    pub(crate) fn unavailable(retry_after_seconds: u64) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, retry_after_seconds.into());
        Self::Answer(StatusCode::SERVICE_UNAVAILABLE, headers, Bytes::new())
    }

    pub(crate) fn body(body: impl Into<Bytes>) -> Self {
        Self::Answer(StatusCode::OK, HeaderMap::new(), body.into())
    }
}

#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) registrations: Vec<RegisterRequest>,
    pub(crate) renewals: u32,
    pub(crate) polls: Vec<(Instant, u64)>,
    pub(crate) check_ins: Vec<(Option<Fingerprint>, CheckInRequest)>,
    pub(crate) reports: Vec<TaskReport>,
    pub(crate) logs: HashMap<TaskId, Bytes>,
}

#[derive(Default)]
pub(crate) struct Script {
    pub(crate) seen: Seen,
    pub(crate) tasks: Vec<RawTask>,
    pub(crate) cancelled: Vec<TaskId>,
    /// Tasks are delivered again, acknowledged or not.
    pub(crate) repeats_itself: bool,
    pub(crate) config: Option<AgentConfig>,
    /// Counts the configurations, if polls are to tell of them.
    pub(crate) config_version: Option<u32>,
    /// By how much its clock is ahead of the real one.
    pub(crate) ahead: SignedDuration,
    pub(crate) configs_fetched: u32,
    /// What certificates claim to live for.
    pub(crate) certificate_life: Option<Duration>,
    pub(crate) inventory: Option<Inventory>,
    faults: HashMap<&'static str, VecDeque<Fault>>,
    finished: HashSet<TaskId>,
    gone: bool,
}

pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    _accepting: JoinSet<()>,
}

struct Shared {
    script: Mutex<Script>,
    changed: watch::Sender<u64>,
    authority: Authority,
}

pub(crate) const SECRET: [u8; 24] = [7; 24];

impl Gateway {
    pub(crate) async fn start() -> Self {
        Self::with(
            Authority::new(),
            &["127.0.0.1"],
            &Validity {
                from: -1,
                until: 30,
            },
        )
        .await
    }

    pub(crate) async fn with(authority: Authority, names: &[&str], validity: &Validity) -> Self {
        let acceptor = acceptor(&authority, names, validity);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            script: Mutex::default(),
            changed: watch::Sender::new(0),
            authority,
        });
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, acceptor, shared.clone()));
        Self {
            address,
            shared,
            _accepting: accepting,
        }
    }

    pub(crate) fn token(&self) -> EnrollmentToken {
        EnrollmentToken {
            gateway: self.address.to_string(),
            authority: self.shared.authority.fingerprint(),
            secret: Secret::new(SECRET),
        }
    }

    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        self.shared.script.lock().unwrap()
    }

    /// Changes the script and wakes whoever waits for a change.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Script)) {
        self.shared.change(change);
    }

    /// Moves its clock.
    pub(crate) fn clock_hand(&self) -> impl Fn(SignedDuration) + Send + Sync + 'static {
        let shared = self.shared.clone();
        move |by| shared.script.lock().unwrap().ahead += by
    }

    /// Wants another configuration, and lets waiting polls know.
    pub(crate) fn set_config(&self, config: AgentConfig) {
        self.change(|script| {
            script.config = Some(config);
            script.config_version = Some(script.config_version.unwrap_or_default() + 1);
        });
    }

    pub(crate) fn fault(&self, path: &'static str, fault: Fault) {
        self.change(|script| script.faults.entry(path).or_default().push_back(fault));
    }

    /// Breaks every connection and makes no other, until it is back.
    pub(crate) fn set_gone(&self, gone: bool) {
        self.change(|script| script.gone = gone);
    }

    pub(crate) fn add(&self, task: &Task) -> TaskId {
        self.add_body(serde_json::to_value(task).unwrap())
    }

    pub(crate) fn add_body(&self, body: serde_json::Value) -> TaskId {
        let mut added = None;
        self.change(|script| {
            let sequence = script.tasks.len() as u64 + 1;
            let id = TaskId(Uuid::from_u128(u128::from(sequence)));
            script.tasks.push(RawTask { id, sequence, body });
            added = Some(id);
        });
        added.unwrap()
    }

    /// Waits until the script looks like that; fails after half a minute.
    pub(crate) async fn until<T>(&self, look: impl Fn(&Script) -> Option<T>) -> T {
        let mut changed = self.shared.changed.subscribe();
        let found = async {
            loop {
                changed.borrow_and_update();
                if let Some(found) = look(&self.script()) {
                    return found;
                }
                changed.changed().await.unwrap();
            }
        };
        let limit = Duration::from_secs(30);
        let found = tokio::time::timeout(limit, found).await;
        found.unwrap_or_else(|_| panic!("it did not happen: {:#?}", self.script().seen.reports))
    }

    pub(crate) async fn outcome(&self, id: TaskId) -> TaskOutcome {
        self.until(|script| script.outcomes(id).into_iter().next())
            .await
    }
}

impl Script {
    fn config_etag(&self) -> String {
        format!("\"v{}\"", self.config_version.unwrap_or(1))
    }

    fn now(&self) -> Timestamp {
        system_now() + self.ahead
    }

    pub(crate) fn outcomes(&self, id: TaskId) -> Vec<TaskOutcome> {
        let reports = self
            .seen
            .reports
            .iter()
            .filter(|report| report.task_id == id);
        reports
            .filter_map(|report| match &report.event {
                TaskEvent::Finished(outcome) => Some(outcome.clone()),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn events(&self, id: TaskId) -> Vec<&TaskEvent> {
        let reports = self
            .seen
            .reports
            .iter()
            .filter(|report| report.task_id == id);
        reports.map(|report| &report.event).collect()
    }
}

impl Shared {
    fn change(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.script.lock().unwrap());
        self.changed.send_modify(|version| *version += 1);
    }
}

fn acceptor(authority: &Authority, names: &[&str], validity: &Validity) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority.certificate.der().clone()).unwrap();
    let clients = rustls::server::WebPkiClientVerifier::builder_with_provider(
        Arc::new(roots),
        provider.clone(),
    )
    .allow_unauthenticated()
    .build()
    .unwrap();
    let (chain, key) = authority.gateway(names, validity);
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_client_cert_verifier(clients)
        .with_single_cert(chain, key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    let mut changed = shared.changed.subscribe();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted.unwrap();
                if !shared.script.lock().unwrap().gone {
                    connections.spawn(serve(stream, acceptor.clone(), shared.clone()));
                }
            }
            _ = changed.changed() => {
                if shared.script.lock().unwrap().gone {
                    connections.shutdown().await;
                }
            }
        }
    }
}

async fn serve(stream: tokio::net::TcpStream, acceptor: TlsAcceptor, shared: Arc<Shared>) {
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    let certificates = stream.get_ref().1.peer_certificates();
    let peer = certificates
        .and_then(|chain| chain.first())
        .map(|c| Fingerprint::of(c));
    let router = Router::new().fallback(handle).with_state((shared, peer));
    let _ = auto::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .await;
}

type Context = (Arc<Shared>, Option<Fingerprint>);

async fn handle(State((shared, peer)): State<Context>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let fault = {
        let mut script = shared.script.lock().unwrap();
        let key = script
            .faults
            .keys()
            .copied()
            .find(|prefix| path.starts_with(prefix));
        key.and_then(|key| script.faults.get_mut(key)?.pop_front())
    };
    match fault {
        Some(Fault::Answer(status, headers, body)) => {
            // A poll that fails counts as one too.
            shared.change(|script| note_poll(script, &path, request.uri().query()));
            (status, headers, body).into_response()
        }
        Some(Fault::LoseAnswer) => {
            route(&shared, peer, &path, request).await;
            let lost = futures_util::stream::iter([Err::<Bytes, _>(std::io::Error::other("lost"))]);
            Response::new(Body::from_stream(lost))
        }
        None => route(&shared, peer, &path, request).await,
    }
}

async fn route(
    shared: &Shared,
    peer: Option<Fingerprint>,
    path: &str,
    request: Request,
) -> Response {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let etag = request.headers().get(header::IF_NONE_MATCH).cloned();
    let body = to_bytes(request.into_body(), usize::MAX)
        .await
        .unwrap_or_default();
    match path {
        paths::REGISTER => register(shared, &body),
        paths::RENEW => renew(shared, &body),
        paths::CONFIG => config(shared, etag.as_ref()),
        paths::METRICS => check_in(shared, peer, &body),
        paths::TASKS => tasks(shared, path, &query).await,
        paths::TASK_RESULT => {
            let report: TaskReport = serde_json::from_slice(&body).unwrap();
            let mut already_known = false;
            shared.change(|script| {
                if matches!(report.event, TaskEvent::Finished(_)) {
                    already_known = !script.finished.insert(report.task_id);
                }
                script.seen.reports.push(report);
            });
            json(&TaskReportResponse { already_known })
        }
        log => {
            let id: TaskId = log.rsplit('/').next().unwrap().parse().unwrap();
            shared.change(|script| {
                script.seen.logs.insert(id, body);
            });
            StatusCode::NO_CONTENT.into_response()
        }
    }
}

fn config(shared: &Shared, known: Option<&HeaderValue>) -> Response {
    let mut script = shared.script.lock().unwrap();
    let etag = script.config_etag();
    if known.is_some_and(|known| known == etag.as_str()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    script.configs_fetched += 1;
    let config = script.config.clone().unwrap_or_default();
    ([(header::ETAG, etag)], json(&config)).into_response()
}

fn register(shared: &Shared, body: &[u8]) -> Response {
    let request: RegisterRequest = serde_json::from_slice(body).unwrap();
    let certificate = shared.authority.sign(&request.signing_request);
    let life = shared.script.lock().unwrap().certificate_life;
    shared.change(|script| script.seen.registrations.push(request));
    let server_time = shared.script.lock().unwrap().now();
    json(&RegisterResponse {
        device_id: DeviceId(Uuid::from_u128(1)),
        certificate: certificate.pem(),
        expires_at: expiry(server_time, life),
        authorities: shared.authority.certificate.pem(),
        authority_fingerprints: vec![shared.authority.fingerprint()],
        server_time,
    })
}

fn renew(shared: &Shared, body: &[u8]) -> Response {
    let request: RenewRequest = serde_json::from_slice(body).unwrap();
    let certificate = shared.authority.sign(&request.signing_request);
    shared.change(|script| script.seen.renewals += 1);
    json(&RenewResponse {
        certificate: certificate.pem(),
        expires_at: expiry(system_now(), None),
        authorities: shared.authority.certificate.pem(),
    })
}

fn expiry(now: Timestamp, life: Option<Duration>) -> Timestamp {
    now + life.unwrap_or(Duration::from_secs(90 * 24 * 60 * 60))
}

fn check_in(shared: &Shared, peer: Option<Fingerprint>, body: &[u8]) -> Response {
    let request: CheckInRequest = serde_json::from_slice(body).unwrap();
    let mut resend_updates = false;
    let (server_time, config_etag) = {
        let script = shared.script.lock().unwrap();
        (script.now(), script.config_etag())
    };
    shared.change(|script| {
        if let Some(report) = &request.updates {
            let base = script.inventory.take();
            let is = |hash: &InventoryHash| base.as_ref().is_some_and(|b| b.hash() == *hash);
            script.inventory = match (&report.full, &report.delta) {
                (Some(full), _) => Some(Inventory::new(full.clone())),
                (None, Some(delta)) if is(&delta.base) => base.map(|base| base.with(delta)),
                (None, None) if is(&report.hash) => base,
                _ => None,
            };
            resend_updates = script.inventory.is_none();
        }
        script.seen.check_ins.push((peer, request));
    });
    json(&CheckInResponse {
        server_time,
        config_etag,
        resend_updates,
        resend_facts: false,
    })
}

fn note_poll(script: &mut Script, path: &str, query: Option<&str>) {
    if path == paths::TASKS {
        script
            .seen
            .polls
            .push((Instant::now(), number(query.unwrap_or_default(), "after=")));
    }
}

fn number(query: &str, name: &str) -> u64 {
    query
        .split('&')
        .find_map(|part| part.strip_prefix(name))
        .unwrap()
        .parse()
        .unwrap()
}

async fn tasks(shared: &Shared, path: &str, query: &str) -> Response {
    let (after, wait) = (number(query, "after="), number(query, "wait="));
    shared.change(|script| note_poll(script, path, Some(query)));
    let mut changed = shared.changed.subscribe();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(wait);
    let known_config = shared.script.lock().unwrap().config_version;
    loop {
        changed.borrow_and_update();
        let (tasks, cancelled, server_time, config_version, config_etag) = {
            let script = shared.script.lock().unwrap();
            let open = |id: &TaskId| !script.finished.contains(id);
            let new = script
                .tasks
                .iter()
                .filter(|task| script.repeats_itself || (task.sequence > after && open(&task.id)));
            let cancelled = script.cancelled.iter().copied().filter(|id| open(id));
            (
                new.cloned().collect::<Vec<_>>(),
                cancelled.collect::<Vec<_>>(),
                script.now(),
                script.config_version,
                script.config_version.map(|_| script.config_etag()),
            )
        };
        let news = !tasks.is_empty() || !cancelled.is_empty() || config_version != known_config;
        let over = tokio::time::Instant::now() >= deadline;
        if news || over {
            return json(&TaskBatch {
                config_etag,
                tasks,
                cancelled,
                server_time,
            });
        }
        let _ = tokio::time::timeout_at(deadline, changed.changed()).await;
    }
}

fn json(value: &impl serde::Serialize) -> Response {
    axum::Json(value).into_response()
}
