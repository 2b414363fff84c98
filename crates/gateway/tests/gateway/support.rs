//! A gateway with everything around it, and agents that say exactly what a test wants.

use jiff::{SignedDuration, Timestamp};
use latarnik_app::{
    ActionRequest, ActionTarget, Actor, App, Context, IssuedEnrollmentToken, NewEnrollmentToken,
    NewUser, Password, RequestedParameters,
};
use latarnik_gateway::{Authorities, Authority, EnrollmentTokenFormat, Gateway, Settings};
use latarnik_model::{Clock, DeviceId, OsFamily, Role, Scope, SessionId, TaskId, TenantId, When};
use latarnik_protocol::{
    EnrollmentToken, Facts, PROTOCOL_VERSION, Problem, ProblemCode, RegisterRequest,
    RegisterResponse, TaskBatch, TaskEvent, TaskReport, TaskReportResponse, paths,
};
use latarnik_store::Store;
use latarnik_testkit::Database;
use rcgen::{CertificateParams, KeyPair};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use rustls::{ClientConfig, RootCertStore, crypto::ring, time_provider::TimeProvider};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject};
use serde::de::DeserializeOwned;
use std::{
    future::Future,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// Nothing in these tests takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// A clock that a test moves.
#[derive(Debug)]
pub(crate) struct TestClock(Mutex<Timestamp>);

impl TestClock {
    pub(crate) fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap();
        *now = now.checked_add(by).unwrap();
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

impl TimeProvider for TestClock {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = self.now().as_second().try_into().unwrap();
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

pub(crate) struct Server {
    pub(crate) app: App,
    pub(crate) gateway: Gateway,
    pub(crate) authorities: Arc<Authorities>,
    /// The authority in force when the server started.
    pub(crate) authority: Arc<Authority>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) operator: Context,
    pub(crate) tenant: TenantId,
    address: String,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
    folder: TempDir,
    _database: Database,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::start_on(Database::sqlite().await, change).await
    }

    pub(crate) async fn start_on(database: Database, change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        let clock = Arc::new(TestClock(Mutex::new(now)));
        let authorities = Authorities::open_or_create(&folder.path().join("authority"), now);
        let authorities = Arc::new(authorities.unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let store = database.store.clone();
        let app = application(store, &address, authorities.clone(), clock.clone());
        let (operator, tenant) = operator(&app).await;
        let mut settings = Settings::new(address.clone());
        change(&mut settings);
        let gateway = Gateway::new(app.clone(), authorities.clone(), settings).unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn({
            let gateway = gateway.clone();
            async move {
                gateway
                    .serve(listener, async { stopped.await.unwrap_or_default() })
                    .await;
            }
        });
        Self {
            app,
            gateway,
            authority: authorities.present(),
            authorities,
            clock,
            operator,
            tenant,
            address,
            stop: Some(stop),
            serving: Some(serving),
            folder,
            _database: database,
        }
    }

    pub(crate) fn authority_folder(&self) -> PathBuf {
        self.folder.path().join("authority")
    }

    /// The authorities as a command in another process sees them.
    pub(crate) fn authorities_of_a_command(&self) -> Authorities {
        Authorities::open_or_create(&self.authority_folder(), self.clock.now()).unwrap()
    }

    pub(crate) fn begin_shutdown(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    pub(crate) async fn shutdown_is_over(&mut self) {
        in_time(self.serving.take().unwrap()).await.unwrap();
    }

    /// A client of the provider.
    pub(crate) async fn other_tenant(&self) -> TenantId {
        let context = Context::command_line();
        let tenant = self.app.create_tenant(&context, "Piekarnia", None).await;
        tenant.unwrap().record.id
    }

    pub(crate) async fn token(&self, max_uses: Option<u32>) -> IssuedEnrollmentToken {
        self.token_of(self.tenant, max_uses).await
    }

    async fn token_of(&self, tenant: TenantId, max_uses: Option<u32>) -> IssuedEnrollmentToken {
        let new = NewEnrollmentToken {
            name: "tests".to_owned(),
            tenant_id: tenant,
            group_id: None,
            expires_in_hours: 24,
            max_uses,
        };
        self.app
            .create_enrollment_token(&Context::command_line(), new)
            .await
            .unwrap()
    }

    /// A client without a certificate.
    pub(crate) fn anonymous(&self) -> Agent {
        self.client(self.authority.certificate_pem(), None)
    }

    /// A client that trusts `authorities` and shows a certificate and its key.
    pub(crate) fn client(&self, authorities: &str, own: Option<(&str, &KeyPair)>) -> Agent {
        self.client_over(Http::Two, authorities, own)
    }

    /// The same, over this version of HTTP.
    pub(crate) fn client_over(
        &self,
        version: Http,
        authorities: &str,
        own: Option<(&str, &KeyPair)>,
    ) -> Agent {
        let builder = Client::builder()
            .tls_backend_preconfigured(self.tls(version, authorities, own))
            .timeout(PATIENCE)
            .no_proxy();
        let builder = match version {
            Http::One => builder.http1_only(),
            Http::Two => builder.http2_prior_knowledge(),
        };
        Agent {
            http: builder.build().unwrap(),
            origin: format!("https://{}", self.address),
        }
    }

    /// A connection on which a test says what it wants.
    pub(crate) async fn connect(&self, tls: ClientConfig) -> TlsStream<TcpStream> {
        let stream = TcpStream::connect(&self.address).await.unwrap();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let connected = TlsConnector::from(Arc::new(tls))
            .connect(name, stream)
            .await;
        connected.unwrap()
    }

    /// What a client says in the handshake.
    pub(crate) fn tls(
        &self,
        version: Http,
        authorities: &str,
        own: Option<(&str, &KeyPair)>,
    ) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        for authority in CertificateDer::pem_slice_iter(authorities.as_bytes()) {
            roots.add(authority.unwrap()).unwrap();
        }
        let builder = ClientConfig::builder_with_details(
            Arc::new(ring::default_provider()),
            self.clock.clone(),
        )
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots);
        let mut tls = match own {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
                let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
                builder
                    .with_client_auth_cert(vec![certificate], key)
                    .unwrap()
            }
        };
        tls.alpn_protocols = vec![match version {
            Http::One => b"http/1.1".to_vec(),
            Http::Two => b"h2".to_vec(),
        }];
        tls
    }

    /// A registered device with its client.
    pub(crate) async fn device(&self) -> Device {
        self.device_of(self.tenant).await
    }

    /// A registered device of a tenant.
    pub(crate) async fn device_of(&self, tenant: TenantId) -> Device {
        let token = self.token_of(tenant, None).await;
        let key = KeyPair::generate().unwrap();
        let answer: RegisterResponse = ok(self
            .client(self.authorities.present().certificate_pem(), None)
            .register(&register_request(&token.token, &key))
            .await)
        .await;
        let agent = self.client(&answer.authorities, Some((&answer.certificate, &key)));
        Device {
            id: answer.device_id,
            key,
            agent,
            certificate: answer.certificate,
        }
    }

    /// A scan as an operator asks for it.
    pub(crate) async fn ask_for_scan(&self, device: DeviceId, key: &str) {
        let request = ActionRequest {
            breach: latarnik_app::WindowBreach::Refuse,
            parameters: RequestedParameters::Scan,
            target: ActionTarget::Devices(vec![device]),
            when: When::Now,
            deadline: None,
            idempotency_key: key.to_owned(),
        };
        self.app
            .create_action(&self.operator, request)
            .await
            .unwrap();
    }

    /// Returns when this many long polls wait.
    pub(crate) async fn polls_wait(&self, count: usize) {
        in_time(async {
            while self.gateway.waiting_polls() != count {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

fn application(
    store: Store,
    address: &str,
    authorities: Arc<Authorities>,
    clock: Arc<TestClock>,
) -> App {
    let token_format = Arc::new(EnrollmentTokenFormat {
        address: address.to_owned(),
        authorities,
    });
    App::new(latarnik_testkit::settings(store, clock, token_format))
}

/// The first user, as the console would know them.
async fn operator(app: &App) -> (Context, TenantId) {
    let tenant = app.provider().await.unwrap().id;
    let user = NewUser {
        tenant_id: tenant,
        email: "operator@example.com".to_owned(),
        name: "Operator".to_owned(),
        role: Role::Owner,
        password: Password::new("a long enough password".to_owned()).unwrap(),
    };
    let id = app
        .create_user(&Context::command_line(), user)
        .await
        .unwrap();
    let actor = Actor::User {
        id,
        tenant_id: tenant,
        name: "Operator".to_owned(),
        role: Role::Owner,
        session_id: SessionId(id.0),
    };
    (
        Context {
            actor,
            scope: Scope::one(tenant),
            ..Context::command_line()
        },
        tenant,
    )
}

/// A version of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Http {
    One,
    Two,
}

pub(crate) struct Device {
    pub(crate) id: DeviceId,
    pub(crate) key: KeyPair,
    pub(crate) agent: Agent,
    pub(crate) certificate: String,
}

/// Somebody who calls the gateway.
#[derive(Clone)]
pub(crate) struct Agent {
    http: Client,
    origin: String,
}

impl Agent {
    pub(crate) fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.origin))
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> Response {
        self.call(Method::POST, path)
            .body(body)
            .send()
            .await
            .unwrap()
    }

    pub(crate) async fn post_json(&self, path: &str, body: &impl serde::Serialize) -> Response {
        self.call(Method::POST, path)
            .json(body)
            .send()
            .await
            .unwrap()
    }

    pub(crate) async fn register(&self, request: &RegisterRequest) -> Response {
        self.post_json(paths::REGISTER, request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.call(Method::GET, path).send().await.unwrap()
    }

    /// A long poll that runs beside the test.
    pub(crate) fn poll(&self, after: u64) -> JoinHandle<Response> {
        let agent = self.clone();
        let path = format!("{}?wait=300&after={after}", paths::TASKS);
        tokio::spawn(async move { agent.get(&path).await })
    }

    pub(crate) async fn tasks(&self, after: u64) -> TaskBatch {
        ok(self.get(&format!("{}?after={after}", paths::TASKS)).await).await
    }

    pub(crate) async fn report(&self, task_id: TaskId, event: TaskEvent) -> Response {
        let at = "2026-11-23T12:00:00Z".parse().unwrap();
        self.post_json(paths::TASK_RESULT, &TaskReport { task_id, at, event })
            .await
    }

    pub(crate) async fn put_log(&self, task: TaskId, log: impl Into<reqwest::Body>) -> Response {
        let path = format!("{}/{task}", paths::TASK_LOG);
        self.call(Method::PUT, &path)
            .body(log)
            .send()
            .await
            .unwrap()
    }
}

pub(crate) fn register_request(token: &str, key: &KeyPair) -> RegisterRequest {
    RegisterRequest {
        protocol_version: PROTOCOL_VERSION,
        secret: token.parse::<EnrollmentToken>().unwrap().secret.reveal(),
        signing_request: signing_request(key),
        facts: facts(),
    }
}

pub(crate) fn signing_request(key: &KeyPair) -> String {
    CertificateParams::default()
        .serialize_request(key)
        .unwrap()
        .pem()
        .unwrap()
}

pub(crate) fn facts() -> Facts {
    Facts {
        hostname: "RECEPCJA-2".to_owned(),
        os_family: OsFamily::Windows,
        os_name: "Microsoft Windows 11 Pro".to_owned(),
        os_version: "10.0.26100.6899".to_owned(),
        architecture: "x86_64".to_owned(),
        agent_version: "0.1.0".to_owned(),
        time_zone: Some("Europe/Warsaw".to_owned()),
    }
}

/// The body of a call that works.
pub(crate) async fn ok<T: DeserializeOwned>(response: Response) -> T {
    let status = response.status();
    let text = response.text().await.unwrap();
    assert!(status.is_success(), "{status}: {text}");
    serde_json::from_str(&text).unwrap()
}

/// The code of a call that is refused, after checking that the whole refusal is well made.
pub(crate) async fn refused(response: Response) -> (StatusCode, ProblemCode) {
    let status = response.status();
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    let text = response.text().await.unwrap();
    let problem: Problem = serde_json::from_str(&text).unwrap();
    assert_eq!(problem.status, status.as_u16(), "{text}");
    assert_eq!(
        problem.request_id.as_ref().map(String::len),
        Some(16),
        "{text}"
    );
    (status, problem.code)
}

pub(crate) async fn already_known(response: Response) -> bool {
    ok::<TaskReportResponse>(response).await.already_known
}

/// Fails a test that hangs.
pub(crate) async fn in_time<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("this hangs")
}
