//! A provider with two clients, their people and their machines.

use crate::TestMailer;
use crate::{CountingRandomness, Database, TestClock};
use latarnik_app::{
    AgentSettings, App, Context, MasterKey, MasterKeySource, NewEnrollmentToken, NewUser, Origin,
    Password, Settings, SignIn, SignInSettings, TokenFormat,
    agents::{self, AgentIdentity, CheckIn, DeviceFacts, OfferedUpdate, Registration, Restart},
};
use latarnik_model::{
    Clock, OsFamily, RestartBehavior, RestartSignal, RestartSignalName, Role, TenantId, Titles,
    UpdateCategory, UpdateSource,
};
use latarnik_store::{Engine, Store};
use sea_orm::{ConnectionTrait, Statement, TransactionTrait};
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

/// The master key of every test.
pub struct TestMasterKey;

impl MasterKeySource for TestMasterKey {
    fn load(&self) -> Result<MasterKey, Box<dyn std::error::Error + Send + Sync>> {
        Ok(MasterKey::new([42; 32]))
    }
}

/// What an application for tests is made of: no second factor, no mails.
#[must_use]
pub fn settings(
    store: Store,
    clock: Arc<dyn Clock>,
    token_format: Arc<dyn TokenFormat>,
) -> Settings {
    Settings {
        store,
        clock,
        randomness: Arc::new(CountingRandomness::default()),
        token_format,
        agents: AgentSettings::default(),
        sign_in: SignInSettings {
            console_url: "https://rmm.example.com".to_owned(),
            require_second_factor: false,
        },
        mailer: None,
        openid: None,
        master_key: Arc::new(TestMasterKey),
    }
}

/// How an office is opened.
#[derive(Clone)]
pub struct OfficeOptions {
    /// Whether owners and admins must have a second factor before they can act.
    pub require_second_factor: bool,
    /// How enrollment tokens are written.
    pub token_format: Arc<dyn TokenFormat>,
    /// What agents are told to do.
    pub agents: AgentSettings,
}

impl Default for OfficeOptions {
    fn default() -> Self {
        Self {
            require_second_factor: false,
            token_format: Arc::new(TestTokenFormat),
            agents: AgentSettings::default(),
        }
    }
}

/// An application on a real database, under a clock that stands still.
pub struct Office {
    /// The application.
    pub app: App,
    /// Its clock.
    pub clock: Arc<TestClock>,
    /// Its mails.
    pub mailer: Arc<TestMailer>,
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

    /// Opens for business. Owners need no second factor here.
    pub async fn open(database: Database) -> Self {
        Self::open_with(database, OfficeOptions::default()).await
    }

    /// Opens for business under other rules.
    pub async fn open_with(database: Database, options: OfficeOptions) -> Self {
        let mailer = Arc::new(TestMailer::default());
        let clock = Arc::new(TestClock::default());
        let app = App::new(Settings {
            sign_in: SignInSettings {
                console_url: "https://rmm.example.com".to_owned(),
                require_second_factor: options.require_second_factor,
            },
            mailer: Some(mailer.clone()),
            agents: options.agents,
            ..settings(database.store.clone(), clock.clone(), options.token_format)
        });
        let shell = Context::command_line();
        let provider = app.provider().await.unwrap().id;
        let bakery = app
            .create_tenant(&shell, "Piekarnia Zdrój", None)
            .await
            .unwrap()
            .record
            .id;
        let printer = app.create_tenant(&shell, "Drukarnia", None).await.unwrap();
        let printer = printer.record.id;
        Self {
            app,
            mailer,
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
        self.person_named(tenant, role, role.name()).await
    }

    /// Someone whose e-mail address begins with this word, signed in.
    pub async fn person_named(&self, tenant: TenantId, role: Role, word: &str) -> Context {
        let email = format!("{word}@{tenant}.example");
        let password = || Password::typed(Self::PASSWORD.to_owned());
        let new = NewUser {
            tenant_id: tenant,
            email: email.clone(),
            name: word.to_owned(),
            role,
            password: password(),
        };
        self.app
            .create_user(&Context::command_line(), new)
            .await
            .unwrap();
        self.sign_in(email).await
    }

    /// The same person as [`Office::person`], signed in once more.
    pub async fn sign_in_again(&self, tenant: TenantId, role: Role) -> Context {
        self.sign_in(format!("{}@{tenant}.example", role.name()))
            .await
    }

    async fn sign_in(&self, email: String) -> Context {
        let sign_in = SignIn {
            email,
            password: Password::typed(Self::PASSWORD.to_owned()),
            totp_code: None,
            origin: Origin::default(),
        };
        self.app.sign_in(sign_in).await.unwrap().1.context
    }

    /// Waits until so many mails were sent, and takes them.
    pub async fn wait_for_mails(&self, count: usize) -> Vec<latarnik_app::Mail> {
        let mut mails = Vec::new();
        while mails.len() < count {
            tokio::task::yield_now().await;
            mails.extend(self.mailer.take());
        }
        mails
    }

    /// Runs statements on the database itself, past store and walls: as somebody who has got hold
    /// of it.
    pub async fn sql(&self, statements: &str) {
        let connection = self.database.bare().await;
        let transaction = connection.begin().await.unwrap();
        if self.store().engine() == Engine::Postgres {
            let open = "SET LOCAL latarnik.everything = 'yes'";
            transaction.execute_unprepared(open).await.unwrap();
        }
        transaction.execute_unprepared(statements).await.unwrap();
        transaction.commit().await.unwrap();
        connection.close().await.unwrap();
    }

    /// How many rows of a table name a tenant, in whatever column.
    pub async fn rows_naming(&self, table: &str, tenant: TenantId) -> u64 {
        let connection = self.database.bare().await;
        let transaction = connection.begin().await.unwrap();
        let (columns, id) = if self.store().engine() == Engine::Postgres {
            let open = "SET LOCAL latarnik.everything = 'yes'";
            transaction.execute_unprepared(open).await.unwrap();
            let columns = format!(
                "SELECT column_name::text AS name FROM information_schema.columns
                 WHERE table_name = '{table}' AND data_type = 'uuid'"
            );
            (columns, format!("'{tenant}'"))
        } else {
            let columns = format!("SELECT name FROM pragma_table_info('{table}')");
            (columns, format!("x'{}'", tenant.0.simple()))
        };
        let backend = transaction.get_database_backend();
        let ask = async |text: String| {
            let statement = Statement::from_string(backend, text);
            transaction.query_all_raw(statement).await.unwrap()
        };
        let mut total = 0;
        for column in ask(columns).await {
            let column: String = column.try_get("", "name").unwrap();
            let count = format!("SELECT COUNT(*) AS total FROM {table} WHERE {column} = {id}");
            let rows = ask(count).await;
            let found: i64 = rows.first().unwrap().try_get("", "total").unwrap();
            total += u64::try_from(found).unwrap();
        }
        total
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
                postponed: 0,
                signals,
                scheduled_at: None,
            }),
            ..CheckIn::default()
        };
        agents::check_in(&self.app, agent, check_in).await.unwrap();
    }
}

/// An update that a machine is offered.
#[must_use]
pub fn offered(key: &str) -> OfferedUpdate {
    OfferedUpdate {
        key: key.to_owned(),
        source: UpdateSource::Apt,
        title: format!("Title of {key}"),
        titles: Titles::new(),
        category: UpdateCategory::Security,
        severity: None,
        kb: None,
        update_id: None,
        revision: None,
        package: Some(key.to_owned()),
        installed_version: None,
        available_version: None,
        size_bytes: None,
        released_at: None,
        restart: RestartBehavior::Unknown,
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
