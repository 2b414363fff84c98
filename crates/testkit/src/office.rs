//! A provider with two clients, their people and their machines.

use crate::{CountingRandomness, Database, TestClock};
use latarnik_app::{
    AgentSettings, App, Context, NewEnrollmentToken, NewUser, Password, Settings, SignIn,
    TokenFormat,
    agents::{self, AgentIdentity, CheckIn, DeviceFacts, Registration, Restart},
};
use latarnik_model::{OsFamily, RestartSignal, RestartSignalName, Role, Scope, TenantId};
use latarnik_store::Store;
use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

/// Tokens whose secret a test can read.
pub struct TestTokenFormat;

impl TokenFormat for TestTokenFormat {
    fn token(&self, secret: [u8; 24]) -> String {
        secret.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// An application on a real database, under a clock that stands still.
pub struct Office {
    /// The application.
    pub app: App,
    /// Its clock.
    pub clock: Arc<TestClock>,
    /// Its database.
    pub database: Database,
    /// The provider's tenant.
    pub provider: TenantId,
    /// A client of the provider.
    pub bakery: TenantId,
    /// Another client of the provider.
    pub printer: TenantId,
    next_key: AtomicU8,
}

impl Office {
    /// The password of everyone.
    pub const PASSWORD: &str = "correct horse battery";

    /// Opens for business.
    pub async fn open(database: Database) -> Self {
        Self::open_with_agents(
            database,
            Arc::new(TestTokenFormat),
            AgentSettings::default(),
        )
        .await
    }

    /// Opens for business with tokens that lead somewhere, and agents that are told otherwise.
    pub async fn open_with_agents(
        database: Database,
        token_format: Arc<dyn TokenFormat>,
        agents: AgentSettings,
    ) -> Self {
        let clock = Arc::new(TestClock::default());
        let app = App::new(Settings {
            store: database.store.clone(),
            clock: clock.clone(),
            randomness: Arc::new(CountingRandomness::default()),
            token_format,
            agents,
        });
        let shell = Context::command_line();
        let provider = app.provider().await.unwrap().id;
        let bakery = app
            .create_tenant(&shell, "Piekarnia Zdrój")
            .await
            .unwrap()
            .id;
        let printer = app.create_tenant(&shell, "Drukarnia").await.unwrap().id;
        Self {
            app,
            clock,
            database,
            provider,
            bakery,
            printer,
            next_key: AtomicU8::new(1),
        }
    }

    /// The store behind the application.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.database.store
    }

    /// Someone of a tenant, signed in.
    pub async fn person(&self, tenant: TenantId, role: Role) -> Context {
        let email = format!("{}@{tenant}.example", role.name());
        let tenants = self.store().tenants(&Scope::one(tenant)).await.unwrap();
        let password = || Password::typed(Self::PASSWORD.to_owned());
        let new = NewUser {
            tenant: Some(tenants.first().unwrap().name.clone()),
            email: email.clone(),
            name: role.name().to_owned(),
            role,
            password: password(),
        };
        self.app
            .create_user(&Context::command_line(), new)
            .await
            .unwrap();
        let sign_in = SignIn {
            email,
            password: password(),
        };
        self.app.sign_in(sign_in).await.unwrap().1.context
    }

    /// The hash of a fresh enrollment token's secret.
    pub async fn secret_hash(&self, tenant: TenantId, max_uses: Option<u32>) -> [u8; 32] {
        let new = NewEnrollmentToken {
            name: "tests".to_owned(),
            tenant_id: tenant,
            group_id: None,
            expires_in_hours: 24,
            max_uses,
        };
        let shell = Context::command_line();
        self.app
            .create_enrollment_token(&shell, new)
            .await
            .unwrap()
            .record
            .secret_hash
    }

    /// A machine of a tenant, registered.
    pub async fn device(&self, tenant: TenantId, hostname: &str) -> AgentIdentity {
        let registration = Registration {
            secret_hash: self.secret_hash(tenant, None).await,
            key_fingerprint: [self.next_key.fetch_add(1, Ordering::Relaxed); 32],
            facts: facts(hostname),
        };
        agents::register(&self.app, registration).await.unwrap()
    }

    /// A machine's first check-in, with a strong restart signal or none.
    pub async fn check_in(
        &self,
        agent: &AgentIdentity,
        hostname: &str,
        signal: Option<RestartSignalName>,
    ) {
        let signals = signal
            .into_iter()
            .map(|name| RestartSignal { name, detail: None })
            .collect();
        let check_in = CheckIn {
            boot_id: "first".to_owned(),
            facts: Some(facts(hostname)),
            restart: Some(Restart {
                signals,
                scheduled_at: None,
            }),
            ..CheckIn::default()
        };
        agents::check_in(&self.app, agent, check_in).await.unwrap();
    }
}

/// What a machine says about itself.
#[must_use]
pub fn facts(hostname: &str) -> DeviceFacts {
    DeviceFacts {
        hostname: hostname.to_owned(),
        os_family: OsFamily::Linux,
        os_name: "Debian GNU/Linux 12 (bookworm)".to_owned(),
        os_version: "12.5".to_owned(),
        architecture: "x86_64".to_owned(),
        agent_version: "0.1.0".to_owned(),
        time_zone: Some("Europe/Warsaw".to_owned()),
    }
}
