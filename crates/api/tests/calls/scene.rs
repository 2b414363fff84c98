//! A bakery, another client, and fresh things of the bakery for every call.

use super::{
    Operation,
    rows::{self, Row},
};
use axum::{
    Router,
    body::{Body, HttpBody},
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header};
use latarnik_api::{
    AgentPrograms, ApiSettings, ApiState, CookieSecurity, ProxyTrust, RateLimit, RateLimits, router,
};
use latarnik_app::{
    ActionRequest, ActionTarget, App, Context, NewApiToken, NewBlackout, NewEnrollmentToken,
    NewGroup, NewInvitation, NewMaintenanceWindow, NewUpdateDecision, NewUpdatePolicy, NewUser,
    OpenidChange, Password, RequestedParameters, RolloutRecord, agents,
};
use latarnik_model::{
    AlertCause, AlertId, BlackoutId, CalendarFeedId, Clock, DeviceId, Language,
    MaintenanceWindowId, PolicyScope, Role, Rollout, RolloutId, RolloutState, Scope, TenantId,
    UpdateDecision, UpdateDecisionId, UpdateId, UpdatePolicy, UpdatePolicyId, UpdateRef,
    UpdateVerdict, UserId, When,
};
use latarnik_testkit::{Database, Office};
use serde_json::json;
use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

const WINDOW: &str = "Window-of-the-bakery";
const BLACKOUT: &str = "Blackout-of-the-bakery";

/// Things of the bakery that no other call has touched, and names that nothing has.
#[derive(Clone, Default)]
pub(crate) struct Fresh {
    pub(crate) user: String,
    pub(crate) invited: String,
    pub(crate) session: String,
    pub(crate) api_token: String,
    pub(crate) enrollment_token: String,
    pub(crate) group: String,
    pub(crate) device: String,
    pub(crate) update: String,
    pub(crate) action: String,
    pub(crate) task: String,
    pub(crate) policy: String,
    pub(crate) decision: String,
    pub(crate) rollout: String,
    pub(crate) alert: String,
    pub(crate) window: String,
    pub(crate) blackout: String,
    pub(crate) feed: String,
    pub(crate) tenant: String,
    pub(crate) unknown_email: String,
    pub(crate) unused_name: String,
}

impl Fresh {
    /// The same things, with names that nothing has.
    pub(crate) fn renamed(&self, number: u32) -> Self {
        Self {
            unknown_email: format!("renamed-{number}@elsewhere.example"),
            unused_name: format!("Renamed {number}"),
            ..self.clone()
        }
    }
}

/// An answer, as much of it as comes at once.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

pub(crate) struct Scene {
    pub(crate) office: Office,
    pub(crate) router: Router,
    /// The same database behind a server that insists on a second factor.
    pub(crate) strict: Router,
    operator: Context,
    next: AtomicU32,
    secrets: Mutex<Vec<String>>,
}

impl Scene {
    pub(crate) async fn open(database: Database) -> Self {
        let office = Office::open(database).await;
        let strict = App::new(latarnik_app::Settings {
            sign_in: latarnik_app::SignInSettings {
                console_url: "https://rmm.example.com".to_owned(),
                require_second_factor: true,
            },
            ..latarnik_testkit::settings(
                office.store().clone(),
                office.clock.clone(),
                std::sync::Arc::new(latarnik_testkit::TestTokenFormat),
            )
        });
        let operator = office.person(office.bakery, Role::Technician).await;
        Self {
            router: served(office.app.clone(), AgentPrograms::default()),
            strict: served(strict, AgentPrograms::default()),
            office,
            operator,
            next: AtomicU32::new(0),
            secrets: Mutex::default(),
        }
    }

    pub(crate) fn bakery(&self) -> TenantId {
        self.office.bakery
    }

    /// What nobody else may read: ids and names of the bakery.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let mut secrets = self.secrets.lock().unwrap().clone();
        secrets.push("Piekarnia Zdrój".to_owned());
        secrets
    }

    /// Signs somebody in whose e-mail address has this word in it.
    pub(crate) async fn sign_in(
        &self,
        tenant: TenantId,
        role: Role,
        word: &str,
    ) -> (String, UserId) {
        let email = format!("{word}-{}@{tenant}.example", role.name());
        let user = NewUser {
            tenant_id: tenant,
            email: email.clone(),
            name: word.to_owned(),
            role,
            password: Password::typed(Office::PASSWORD.to_owned()),
        };
        let shell = Context::command_line();
        let id = self.office.app.create_user(&shell, user).await.unwrap();
        let body = json!({"email": email, "password": Office::PASSWORD});
        let request = Request::post("/api/v1/session")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
        (cookie.split(';').next().unwrap().to_owned(), id)
    }

    /// A call of an operation, as somebody.
    pub(crate) fn request(
        &self,
        operation: &Operation,
        row: &Row,
        whom: Option<&(HeaderName, HeaderValue)>,
        fresh: &Fresh,
    ) -> Request<Body> {
        let path = operation.path.replace("{id}", &(row.id)(fresh));
        let mut request = Request::builder()
            .method(operation.method.clone())
            .uri(format!("{path}{}", row.query))
            .header("idempotency-key", fresh.unused_name.as_str());
        if let Some((name, value)) = whom {
            request = request.header(name, value);
        }
        let body = match row.body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body(self, fresh).to_string())
            }
            None => Body::empty(),
        };
        request.body(body).unwrap()
    }

    /// Everything anew.
    pub(crate) async fn fresh(&self) -> Fresh {
        self.make(Fresh::default(), |_| true).await
    }

    /// What a row names, anew, and names that nothing has; the rest as it was.
    pub(crate) async fn renewed(&self, old: &Fresh, row: &Row) -> Fresh {
        let body = row.body.map(|body| body(self, old)).unwrap_or_default();
        let named = format!("{} {body}", (row.id)(old));
        self.make(old.clone(), |id| named.contains(id)).await
    }

    async fn make(&self, mut fresh: Fresh, is_wanted: impl Fn(&str) -> bool) -> Fresh {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        fresh.unknown_email = format!("unknown-{number}@elsewhere.example");
        fresh.unused_name = format!("Unused {number}");
        if is_wanted(&fresh.tenant) {
            fresh.tenant = self.bakery().to_string();
            self.openid().await;
        }
        if is_wanted(&fresh.group) {
            fresh.group = self.group(number).await;
        }
        if is_wanted(&fresh.api_token) {
            fresh.api_token = self.api_token(number).await;
        }
        if is_wanted(&fresh.invited) {
            fresh.invited = self.invited(number).await.to_string();
        }
        if is_wanted(&fresh.user) || is_wanted(&fresh.session) {
            let (user, session) = self.user(number).await;
            (fresh.user, fresh.session) = (user.to_string(), session);
        }
        if is_wanted(&fresh.enrollment_token) {
            fresh.enrollment_token = self.enrollment_token(number).await.record.id.to_string();
        }
        let belongings = [
            &fresh.device,
            &fresh.update,
            &fresh.action,
            &fresh.task,
            &fresh.policy,
            &fresh.decision,
            &fresh.rollout,
            &fresh.alert,
            &fresh.window,
            &fresh.blackout,
            &fresh.feed,
        ];
        if belongings.into_iter().any(|id| is_wanted(id)) {
            fresh = self.device_with(number, fresh, is_wanted).await;
        }
        *self.secrets.lock().unwrap() = vec![
            fresh.user.clone(),
            fresh.invited.clone(),
            fresh.api_token.clone(),
            fresh.enrollment_token.clone(),
            fresh.group.clone(),
            fresh.device.clone(),
            fresh.update.clone(),
            fresh.action.clone(),
            fresh.task.clone(),
            fresh.policy.clone(),
            fresh.decision.clone(),
            fresh.rollout.clone(),
            fresh.alert.clone(),
            fresh.window.clone(),
            fresh.blackout.clone(),
            fresh.feed.clone(),
            "of-the-bakery".to_owned(),
        ];
        fresh
    }

    /// A device, and what is wanted of what it has.
    async fn device_with(
        &self,
        number: u32,
        old: Fresh,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Fresh {
        let app = &self.office.app;
        let enrollment = self.enrollment_token(number + 1_000_000).await;
        let device = self.device(number, enrollment.record.secret_hash).await;
        let id = device.device_id;
        let mut fresh = Fresh {
            device: id.to_string(),
            ..old
        };
        // Without an update there is nothing to install.
        let update = self.update(&device, number).await;
        fresh.update = update.to_string();
        fresh.rollout = self.rollout(update, number).await.to_string();
        if is_wanted(&fresh.action) || is_wanted(&fresh.task) {
            let action = ActionRequest {
                breach: latarnik_app::WindowBreach::Refuse,
                parameters: RequestedParameters::Scan,
                target: ActionTarget::Devices(vec![id]),
                when: When::Now,
                deadline: None,
                idempotency_key: format!("fresh-{number}"),
            };
            let action = app.create_action(&self.operator, action).await.unwrap();
            fresh.action = action.record.id.to_string();
            let delivery = agents::take_tasks(app, &device, 0).await.unwrap();
            fresh.task = delivery.tasks[0].id.to_string();
        }
        if is_wanted(&fresh.policy) {
            fresh.policy = self.policy(id).await.to_string();
        }
        if is_wanted(&fresh.decision) {
            fresh.decision = self.decision(id).await.to_string();
        }
        if is_wanted(&fresh.alert) {
            fresh.alert = self.alert(id, number).await.to_string();
        }
        if [&fresh.window, &fresh.blackout, &fresh.feed]
            .into_iter()
            .any(|id| is_wanted(id))
        {
            self.clear().await;
            fresh.window = self.window(id).await.to_string();
            fresh.blackout = self.blackout(id).await.to_string();
            fresh.feed = self.feed(id).await.to_string();
        }
        fresh
    }

    async fn group(&self, number: u32) -> String {
        let group = NewGroup {
            tenant_id: self.bakery(),
            name: format!("Group-of-the-bakery-{number}"),
            parent_id: None,
        };
        let shell = Context::command_line();
        let made = self.office.app.create_group(&shell, group).await;
        made.unwrap().record.id.to_string()
    }

    async fn api_token(&self, number: u32) -> String {
        let token = NewApiToken {
            name: format!("Token-of-the-bakery-{number}"),
            tenant_id: self.bakery(),
            role: Role::ClientView,
            clients: None,
            expires_in_days: 1,
        };
        let shell = Context::command_line();
        let made = self.office.app.create_api_token(&shell, token).await;
        made.unwrap().0.record.id.to_string()
    }

    async fn enrollment_token(&self, number: u32) -> latarnik_app::IssuedEnrollmentToken {
        let enrollment = NewEnrollmentToken {
            name: format!("Enrollment-of-the-bakery-{number}"),
            tenant_id: self.bakery(),
            group_id: None,
            expires_in_hours: 1,
            max_uses: None,
        };
        let shell = Context::command_line();
        let made = self.office.app.create_enrollment_token(&shell, enrollment);
        made.await.unwrap()
    }

    async fn openid(&self) {
        let openid = OpenidChange {
            issuer: "https://login.example.com".to_owned(),
            client_id: "latarnik".to_owned(),
            client_secret: None,
            domains: vec!["of-the-bakery.example".to_owned()],
            role_claim: "groups".to_owned(),
            roles: Vec::new(),
            default_role: None,
            enabled: false,
        };
        let (shell, bakery) = (Context::command_line(), self.bakery());
        let updated = self.office.app.update_openid(&shell, bakery, openid).await;
        updated.unwrap();
    }

    /// Names that nothing has, and no things.
    pub(crate) fn empty(&self) -> Fresh {
        Fresh::default().renamed(self.next.fetch_add(1, Ordering::Relaxed))
    }

    async fn device(&self, number: u32, secret_hash: [u8; 32]) -> latarnik_app::AgentIdentity {
        let mut key_fingerprint = [0; 32];
        key_fingerprint[..4].copy_from_slice(&number.to_be_bytes());
        key_fingerprint[4] = 1;
        let registration = agents::Registration {
            secret_hash,
            key_fingerprint,
            facts: latarnik_testkit::facts(&format!("till-of-the-bakery-{number}")),
        };
        agents::register(&self.office.app, registration)
            .await
            .unwrap()
    }

    /// What a device is offered, and nobody else.
    async fn update(&self, device: &latarnik_app::AgentIdentity, number: u32) -> UpdateId {
        let update = latarnik_testkit::offered(&format!("update-of-the-bakery-{number}"));
        let check_in = agents::CheckIn {
            boot_id: "first".to_owned(),
            updates: Some(agents::UpdatesReport {
                hash: update.key.clone(),
                change: Some(agents::UpdatesChange::Full(vec![update])),
            }),
            ..agents::CheckIn::default()
        };
        let app = &self.office.app;
        agents::check_in(app, device, check_in).await.unwrap();
        let updates = app.list_device_updates(&self.operator, device.device_id);
        updates.await.unwrap()[0].id
    }

    async fn policy(&self, device: DeviceId) -> UpdatePolicyId {
        let new = NewUpdatePolicy {
            tenant_id: self.bakery(),
            scope: PolicyScope::Device(device),
            policy: UpdatePolicy::default(),
        };
        let shell = Context::command_line();
        let made = self.office.app.create_update_policy(&shell, new).await;
        made.unwrap().id
    }

    async fn decision(&self, device: DeviceId) -> UpdateDecisionId {
        let new = NewUpdateDecision {
            tenant_id: self.bakery(),
            scope: PolicyScope::Device(device),
            decision: UpdateDecision {
                update: UpdateRef::Package("package-of-the-bakery".to_owned()),
                verdict: UpdateVerdict::Block,
            },
            note: String::new(),
        };
        let shell = Context::command_line();
        let made = self.office.app.decide_update(&shell, new).await;
        made.unwrap().id
    }

    /// The windows, blackouts and feeds of earlier calls: a tenant has only so many.
    async fn clear(&self) {
        let scope = Scope::one(self.bakery());
        let (store, tenant) = (self.office.store(), self.bakery());
        let transaction = store.begin(&scope).await.unwrap();
        for record in store.maintenance_windows(&scope).await.unwrap() {
            if record.window.name == WINDOW {
                let id = record.window.id;
                let deleted = transaction.delete_maintenance_window(tenant, id).await;
                deleted.unwrap();
            }
        }
        for record in store.blackouts(&scope).await.unwrap() {
            if record.blackout.name == BLACKOUT {
                let id = record.blackout.id;
                transaction.delete_blackout(tenant, id).await.unwrap();
            }
        }
        for record in store.calendar_feeds(&scope).await.unwrap() {
            let deleted = transaction.delete_calendar_feed(tenant, record.id).await;
            deleted.unwrap();
        }
        transaction.commit().await.unwrap();
    }

    async fn feed(&self, device: DeviceId) -> CalendarFeedId {
        let shell = Context::command_line();
        let scope = PolicyScope::Device(device);
        let app = &self.office.app;
        let made = app.create_calendar_feed(&shell, self.bakery(), scope).await;
        made.unwrap().record.id
    }

    async fn window(&self, device: DeviceId) -> MaintenanceWindowId {
        let new = NewMaintenanceWindow {
            tenant_id: self.bakery(),
            scope: PolicyScope::Device(device),
            name: WINDOW.to_owned(),
            enabled: true,
            definition: serde_json::from_value(rows::window()).unwrap(),
        };
        let shell = Context::command_line();
        let made = self.office.app.create_maintenance_window(&shell, new).await;
        made.unwrap().record.window.id
    }

    async fn blackout(&self, device: DeviceId) -> BlackoutId {
        let new = NewBlackout {
            tenant_id: self.bakery(),
            scope: PolicyScope::Device(device),
            name: BLACKOUT.to_owned(),
            definition: serde_json::from_value(rows::blackout()).unwrap(),
        };
        let shell = Context::command_line();
        let made = self.office.app.create_blackout(&shell, new).await;
        made.unwrap().record.blackout.id
    }

    /// Written past the use cases: an update would have to wait for its day.
    async fn rollout(&self, update_id: UpdateId, number: u32) -> RolloutId {
        let now = self.office.clock.now();
        let mut bytes = [0; 16];
        bytes[12..].copy_from_slice(&number.to_be_bytes());
        let record = RolloutRecord {
            id: RolloutId(uuid::Uuid::from_bytes(bytes)),
            tenant_id: self.bakery(),
            update_id,
            title: format!("update-of-the-bakery-{number}"),
            titles: Default::default(),
            kb: None,
            rollout: Rollout {
                ring: 1,
                since: now,
                state: RolloutState::Running,
                forgiven: 0,
            },
            begun_at: now,
            changed_by_name: None,
        };
        let scope = Scope::one(self.bakery());
        let transaction = self.office.store().begin(&scope).await.unwrap();
        transaction.begin_rollout(&record).await.unwrap();
        transaction.commit().await.unwrap();
        record.id
    }

    /// Written past the use cases: a search would have to fail for days.
    async fn alert(&self, device_id: DeviceId, number: u32) -> AlertId {
        let now = self.office.clock.now();
        let mut bytes = [1; 16];
        bytes[12..].copy_from_slice(&number.to_be_bytes());
        let alert = latarnik_store::NewAlert {
            id: AlertId(uuid::Uuid::from_bytes(bytes)),
            device_id: Some(device_id),
            cause: AlertCause::ScanFailing {
                never_succeeded: true,
                reason_code: None,
                error_detail: None,
            },
            since: now,
        };
        let (tenant, id) = (self.bakery(), alert.id);
        let transaction = self
            .office
            .store()
            .begin(&Scope::one(tenant))
            .await
            .unwrap();
        transaction
            .raise_alerts(tenant, now, &[alert])
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        id
    }

    /// Somebody with a session. Written past the use cases: hashing a thousand passwords would
    /// prove nothing.
    async fn user(&self, number: u32) -> (UserId, String) {
        let scope = Scope::one(self.bakery());
        let store = self.office.store();
        let id = self.invited(number + 1_000_000).await;
        let transaction = store.begin(&scope).await.unwrap();
        let mut user = transaction.lock_user(&scope, id).await.unwrap().unwrap();
        user.state = latarnik_model::UserState::Active;
        user.password_hash = Some("$argon2id$none".to_owned());
        transaction.update_user(&user).await.unwrap();
        let now = latarnik_model::Clock::now(&*self.office.clock);
        let mut token_hash = [7; 32];
        token_hash[..4].copy_from_slice(&number.to_be_bytes());
        let session = latarnik_model::SessionId(uuid::Uuid::from_u128(number.into()));
        transaction
            .insert_session(&latarnik_store::SessionRecord {
                id: session,
                token_hash,
                user_id: id,
                tenant_id: self.bakery(),
                method: latarnik_model::SignInMethod::Password,
                address: None,
                user_agent: None,
                created_at: now,
                last_seen_at: now,
                expires_at: now + jiff::SignedDuration::from_hours(1),
            })
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        (id, session.to_string())
    }

    async fn invited(&self, number: u32) -> UserId {
        let new = NewInvitation {
            tenant_id: self.bakery(),
            email: format!("person-of-the-bakery-{number}@bakery.example"),
            name: format!("Person-of-the-bakery-{number}"),
            role: Role::Technician,
            language: Language::Pl,
            clients: None,
        };
        let shell = Context::command_line();
        self.office.app.invite_user(&shell, new).await.unwrap().0
    }
}

/// What a server answers, as much of it as comes at once.
pub(crate) async fn answer(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    Answer {
        status: parts.status,
        headers: parts.headers,
        text: first_of(body).await,
    }
}

/// The beginning of a body: a stream of events has no end.
async fn first_of(body: Body) -> String {
    use http_body_util::BodyExt;
    if body.is_end_stream() {
        return String::new();
    }
    if body.size_hint().exact().is_some() {
        let bytes = body.collect().await.unwrap().to_bytes();
        return String::from_utf8_lossy(&bytes).into_owned();
    }
    let mut body = body;
    let mut text = String::new();
    while let Some(Ok(frame)) = body.frame().await {
        if let Some(data) = frame.data_ref() {
            text.push_str(&String::from_utf8_lossy(data));
        }
        if text.starts_with("event: hello") {
            break;
        }
    }
    text
}

pub(crate) fn served(app: App, programs: AgentPrograms) -> Router {
    served_with(app, programs, settings())
}

/// On loopback, and with more requests than a test sends.
pub(crate) fn settings() -> ApiSettings {
    let plenty = RateLimit {
        burst: 1_000_000,
        per_second: 1_000_000,
    };
    ApiSettings {
        public_url: None,
        cookie_security: CookieSecurity::PlainAllowed,
        proxy: ProxyTrust::None,
        limits: RateLimits {
            address: plenty,
            caller: plenty,
        },
    }
}

pub(crate) fn served_with(app: App, programs: AgentPrograms, settings: ApiSettings) -> Router {
    router(ApiState::new(
        app,
        settings,
        programs,
        CancellationToken::new(),
    ))
}
