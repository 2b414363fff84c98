//! Every endpoint called by everyone: a certificate opens its own device's data and nothing else.

use crate::support::{Agent, Device, Http, Server, facts, register_request, signing_request};
use jiff::SignedDuration;
use latarnik_gateway::{Access, Endpoint, endpoints};
use latarnik_model::{Clock, TaskId, TaskState, TenantId};
use latarnik_protocol::{
    CheckInRequest, Problem, ProblemCode, RenewRequest, TaskEvent, TaskReport, paths,
};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use reqwest::{Method, RequestBuilder, Response, StatusCode};

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    Nobody,
    ForeignAuthority,
    /// A foreign authority signed a certificate with the device's own name.
    ForeignAuthorityInItsName,
    Ended,
    Removed,
    ReplacedAuthority,
    Itself,
    Neighbour,
    OtherTenant,
}

/// What comes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// The connection ends before a request is answered.
    Broken,
    Refused(StatusCode, ProblemCode),
    Done,
}

const CALLERS: [Caller; 9] = [
    Caller::Nobody,
    Caller::ForeignAuthority,
    Caller::ForeignAuthorityInItsName,
    Caller::Ended,
    Caller::Removed,
    Caller::ReplacedAuthority,
    Caller::Itself,
    Caller::Neighbour,
    Caller::OtherTenant,
];

const REQUIRED: Answer =
    Answer::Refused(StatusCode::UNAUTHORIZED, ProblemCode::CertificateRequired);
const REJECTED: Answer =
    Answer::Refused(StatusCode::UNAUTHORIZED, ProblemCode::CertificateRejected);
const UNKNOWN: Answer = Answer::Refused(StatusCode::NOT_FOUND, ProblemCode::TaskUnknown);

/// Which task a request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    /// None: the request is about its sender.
    Nothing,
    /// A task of the device in question.
    ItsTask,
    /// A task that there is not.
    NoTask,
}

fn expected(endpoint: &Endpoint, caller: Caller, names: Names) -> Answer {
    use Caller as C;
    match (caller, endpoint.access, names) {
        (C::ForeignAuthority | C::ForeignAuthorityInItsName, _, _) => Answer::Broken,
        (_, Access::Anybody, _) => Answer::Done,
        (C::Nobody, ..) => REQUIRED,
        (C::Ended | C::Removed | C::ReplacedAuthority, ..) => REJECTED,
        (_, _, Names::NoTask) => UNKNOWN,
        (C::Neighbour | C::OtherTenant, _, Names::ItsTask) => UNKNOWN,
        (C::Itself | C::Neighbour | C::OtherTenant, ..) => Answer::Done,
    }
}

/// The rows of the matrix: what a request to an endpoint may name.
fn rows(endpoint: &Endpoint) -> &'static [Names] {
    match endpoint.path {
        paths::REGISTER | paths::RENEW | paths::CONFIG | paths::METRICS | paths::TASKS => {
            &[Names::Nothing]
        }
        paths::TASK_RESULT | "/agent/task-log/{task_id}" => &[Names::ItsTask, Names::NoTask],
        other => panic!("{other} has no row: say here what a request to it names"),
    }
}

/// The server after all that befell its devices.
struct World {
    server: Server,
    itself: Device,
    its_task: TaskId,
    neighbour: Device,
    stranger: Device,
    replaced: Device,
    ended: Device,
    removed: Device,
    foreign: Foreign,
}

/// An authority that is not ours, and what it signed.
struct Foreign {
    key: KeyPair,
    plain: String,
    in_its_name: String,
}

impl World {
    async fn new() -> Self {
        let server = Server::start().await;
        let replaced = server.device().await;
        server.authorities.rotate(server.clock.now()).unwrap();
        server.authorities.finish(server.clock.now()).unwrap();
        server.gateway.refresh_authorities().unwrap();
        let ended = server.device().await;
        server.clock.advance(SignedDuration::from_hours(91 * 24));
        let removed = server.device().await;
        let gone = server.app.remove_device(&server.operator, removed.id).await;
        gone.unwrap();
        let itself = server.device().await;
        server.ask_for_scan(itself.id, "its own").await;
        let its_task = itself.agent.tasks(0).await.tasks[0].id;
        let other_tenant = server.other_tenant().await;
        Self {
            neighbour: server.device().await,
            stranger: server.device_of(other_tenant).await,
            foreign: Foreign::of(&itself, server.tenant),
            server,
            itself,
            its_task,
            replaced,
            ended,
            removed,
        }
    }

    fn agent(&self, caller: Caller, http: Http) -> Agent {
        let own = |device: &Device| {
            let own = Some((device.certificate.as_str(), &device.key));
            self.server.client_over(http, &self.trusted(), own)
        };
        let foreign = |certificate: &str| {
            let own = Some((certificate, &self.foreign.key));
            self.server.client_over(http, &self.trusted(), own)
        };
        match caller {
            Caller::Nobody => self.server.client_over(http, &self.trusted(), None),
            Caller::ForeignAuthority => foreign(&self.foreign.plain),
            Caller::ForeignAuthorityInItsName => foreign(&self.foreign.in_its_name),
            Caller::Ended => own(&self.ended),
            Caller::Removed => own(&self.removed),
            Caller::ReplacedAuthority => own(&self.replaced),
            Caller::Itself => own(&self.itself),
            Caller::Neighbour => own(&self.neighbour),
            Caller::OtherTenant => own(&self.stranger),
        }
    }

    fn trusted(&self) -> String {
        let present = self.server.authorities.present();
        present.certificate_pem().to_owned()
    }

    /// A request that is right in everything but perhaps its sender and the task.
    async fn request(
        &self,
        endpoint: &Endpoint,
        caller: Caller,
        names: Names,
        agent: &Agent,
    ) -> RequestBuilder {
        let task = match names {
            Names::NoTask => TaskId(uuid::Uuid::from_u128(0xdead)),
            Names::ItsTask | Names::Nothing => self.its_task,
        };
        let path = endpoint.path.replace("{task_id}", &task.to_string());
        let request = agent.call(Method::try_from(endpoint.method).unwrap(), &path);
        match endpoint.path {
            paths::REGISTER => {
                let token = self.server.token(None).await.token;
                request.json(&register_request(&token, &KeyPair::generate().unwrap()))
            }
            paths::RENEW => request.json(&RenewRequest {
                signing_request: signing_request(&KeyPair::generate().unwrap()),
            }),
            paths::METRICS => request.json(&check_in(caller)),
            paths::TASK_RESULT => request.json(&TaskReport {
                task_id: task,
                at: self.server.clock.now(),
                event: TaskEvent::Running,
            }),
            paths::CONFIG | paths::TASKS => request,
            _ => request.body(format!("{caller:?}")),
        }
    }
}

impl Foreign {
    fn of(device: &Device, tenant: TenantId) -> Self {
        let authority_key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters
            .distinguished_name
            .push(DnType::CommonName, "Latarnik authority");
        let authority = Issuer::new(parameters, authority_key);
        let key = KeyPair::generate().unwrap();
        let mut named = CertificateParams::default();
        let name = &mut named.distinguished_name;
        name.push(DnType::CommonName, device.id.to_string());
        name.push(DnType::OrganizationName, tenant.to_string());
        let sign = |parameters: CertificateParams| {
            let signed = parameters.signed_by(&key, &authority);
            signed.unwrap().pem()
        };
        Self {
            plain: sign(CertificateParams::default()),
            in_its_name: sign(named),
            key,
        }
    }
}

/// A check-in that says who sent it.
fn check_in(caller: Caller) -> CheckInRequest {
    let mut facts = facts();
    facts.hostname = format!("{caller:?}");
    CheckInRequest {
        sent_at: "2026-11-23T12:00:00Z".parse().unwrap(),
        boot_id: "boot-1".to_owned(),
        booted_at: None,
        facts: Some(facts),
        scan: None,
        updates: None,
        restart: None,
        last_restart: None,
        needs: None,
    }
}

async fn answer(response: reqwest::Result<Response>) -> (Answer, String) {
    let Ok(response) = response else {
        return (Answer::Broken, String::new());
    };
    let status = response.status();
    let text = response.text().await.unwrap();
    if status.is_success() {
        return (Answer::Done, text);
    }
    let problem: Problem = serde_json::from_str(&text).unwrap();
    (Answer::Refused(status, problem.code), text)
}

#[tokio::test]
async fn certificate_opens_its_own_devices_data_and_nothing_else() {
    let world = World::new().await;
    let its_id = world.its_task.to_string();
    let mut cells = 0;
    for http in [Http::Two, Http::One] {
        for caller in CALLERS {
            let agent = world.agent(caller, http);
            for endpoint in endpoints() {
                for names in rows(&endpoint) {
                    let request = world.request(&endpoint, caller, *names, &agent).await;
                    let (answer, text) = answer(request.send().await).await;
                    let cell = format!(
                        "{caller:?} {} {} {names:?} {http:?}",
                        endpoint.method, endpoint.path
                    );
                    assert_eq!(
                        answer,
                        expected(&endpoint, caller, *names),
                        "{cell}: {text}"
                    );
                    assert!(
                        caller == Caller::Itself || !text.contains(&its_id),
                        "{cell} hears of a task that is not its own: {text}"
                    );
                    cells += 1;
                }
            }
        }
    }
    assert_nothing_leaked(&world).await;
    println!("agent matrix: {cells} cells");
    assert!(cells >= 2 * 9 * 7, "{cells} cells");
}

/// Everybody's calls are done: each device has what it sent itself.
async fn assert_nothing_leaked(world: &World) {
    let context = latarnik_app::Context::command_line();
    for (device, caller) in [
        (&world.itself, Caller::Itself),
        (&world.neighbour, Caller::Neighbour),
        (&world.stranger, Caller::OtherTenant),
    ] {
        let device = world.server.app.read_device(&context, device.id).await;
        assert_eq!(device.unwrap().record.facts.hostname, format!("{caller:?}"));
    }
    let app = &world.server.app;
    let task = app.read_task(&world.server.operator, world.its_task).await;
    assert_eq!(task.unwrap().state, TaskState::Running);
    let log = app
        .read_task_log(&world.server.operator, world.its_task)
        .await;
    assert_eq!(log.unwrap().next().await.unwrap().unwrap(), b"Itself");
}

#[tokio::test]
async fn wrong_method_and_unknown_path_answer_everyone_alike() {
    let world = World::new().await;
    for caller in [Caller::Nobody, Caller::Removed, Caller::OtherTenant] {
        let agent = world.agent(caller, Http::Two);
        for endpoint in endpoints() {
            let path = endpoint
                .path
                .replace("{task_id}", &world.its_task.to_string());
            let (answer, _) = answer(agent.call(Method::DELETE, &path).send().await).await;
            let status = StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(
                answer,
                Answer::Refused(status, ProblemCode::MethodNotAllowed)
            );
        }
        for path in [
            "/",
            "/agent",
            "/agent/",
            "/agent/devices",
            "/api/v1/devices",
            "/agent/task-log",
        ] {
            let (answer, _) = answer(agent.call(Method::GET, path).send().await).await;
            let expected = Answer::Refused(StatusCode::NOT_FOUND, ProblemCode::NotFound);
            assert_eq!(answer, expected, "{path}");
        }
    }
}

#[test]
fn every_endpoint_is_documented_with_whom_it_answers() {
    let prose = include_str!("../../../../docs/agent-protocol.md");
    for endpoint in endpoints() {
        let certificate = match endpoint.access {
            Access::Anybody => "no",
            Access::Devices => "yes",
        };
        let row = format!(
            "| `{} {}` | {certificate} |",
            endpoint.method, endpoint.path
        );
        assert!(prose.contains(&row), "docs/agent-protocol.md lacks: {row}");
    }
}
