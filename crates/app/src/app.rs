//! The application: what every use case needs.

use crate::{
    Events, MasterKeySource, OpenidClient, Randomness, actions::ActionBoard, agents::Fleet,
    alerts::AlertBoard, heartbeats::Heartbeats, mail::Mailer, maintenance::Bookshelf,
    password::PasswordHasher, progress::ProgressBoard, randomness::Ids, secrets::Keyring,
    throttle::Attempts,
};
use jiff::{SignedDuration, Timestamp};
use latarnik_model::Clock;
use latarnik_store::Store;
use std::{future::Future, sync::Arc, time::Duration};
use tokio::{sync::Notify, task::JoinSet};

/// Turns the secret of an enrollment token into the line that a person pastes. Only the gateway
/// knows its own address and authority.
pub trait TokenFormat: Send + Sync {
    /// The whole token.
    fn token(&self, secret: [u8; 24]) -> String;
}

/// What agents are told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgentSettings {
    /// Seconds between check-ins.
    pub check_in_interval_seconds: u32,
    /// Seconds that a long poll stays open.
    pub long_poll_seconds: u32,
    /// Seconds between scans that agents start by themselves.
    pub scan_interval_seconds: u32,
}

impl Default for AgentSettings {
    fn default() -> Self {
        Self {
            check_in_interval_seconds: 60,
            long_poll_seconds: 240,
            scan_interval_seconds: 8 * 60 * 60,
        }
    }
}

/// How people sign in.
#[derive(Debug, Clone)]
pub struct SignInSettings {
    /// The address under which people reach the console, for links in mails.
    pub console_url: String,
    /// Whether owners and admins must have a second factor before they can act. Only a console that
    /// nobody reaches over a network can do without.
    pub require_second_factor: bool,
}

/// What the application is made of.
pub struct Settings {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub randomness: Arc<dyn Randomness>,
    /// How enrollment tokens are written.
    pub token_format: Arc<dyn TokenFormat>,
    /// What agents are told to do.
    pub agents: AgentSettings,
    /// How people sign in.
    pub sign_in: SignInSettings,
    /// Sends mails; `None` if no mail server is set up.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// Talks to providers of identities; `None` where nobody signs in through one.
    pub openid: Option<Arc<dyn OpenidClient>>,
    /// Where the master key is.
    pub master_key: Arc<dyn MasterKeySource>,
}

/// How often the audit is pruned, and deletions are looked for that nobody announced.
const TIDY_EVERY: Duration = Duration::from_secs(60 * 60);

/// How often policies are applied that nobody changed: deferrals end, rings open.
const POLICIES_EVERY: Duration = Duration::from_secs(5 * 60);

/// The application. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    settings: Settings,
    events: Events,
    fleet: Fleet,
    bookshelf: Bookshelf,
    heartbeats: Heartbeats,
    passwords: PasswordHasher,
    progress: ProgressBoard,
    action_board: ActionBoard,
    alert_board: AlertBoard,
    keyring: Keyring,
    attempts: Attempts,
    reset_requests: Attempts,
    deletions: Notify,
    policies: Notify,
}

impl App {
    /// Puts the application together. Nothing runs in the background until [`App::run`].
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let passwords = PasswordHasher::new(settings.randomness.as_ref());
        let keyring = Keyring::new(settings.master_key.clone());
        Self(Arc::new(Inner {
            settings,
            events: Events::new(),
            fleet: Fleet::default(),
            bookshelf: Bookshelf::default(),
            heartbeats: Heartbeats::default(),
            passwords,
            progress: ProgressBoard::default(),
            action_board: ActionBoard::default(),
            alert_board: AlertBoard::default(),
            keyring,
            attempts: Attempts::default(),
            reset_requests: Attempts::default(),
            deletions: Notify::new(),
            policies: Notify::new(),
        }))
    }

    /// Works in the background until the shutdown, then writes what is left.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) {
        // A pass over many devices takes a while: it holds up nothing else.
        let mut passes = JoinSet::new();
        let app = self.clone();
        passes.spawn(async move { app.follow_policies().await });
        let app = self.clone();
        passes.spawn(async move { app.watch_alerts().await });
        tokio::select! {
            () = self.write_heartbeats(shutdown) => {}
            () = self.tidy_up() => {}
            Some(Err(error)) = passes.join_next() => {
                if let Ok(panic) = error.try_into_panic() {
                    std::panic::resume_unwind(panic);
                }
            }
            () = self.watch_deadlines() => {}
            () = self.tell_actions() => {}
        }
    }

    /// Applies policies when they change, and every few minutes. Never ends by itself.
    async fn follow_policies(&self) {
        loop {
            if let Err(error) = self.apply_update_policies().await {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "applying policies failed"
                );
            }
            tokio::select! {
                () = self.0.policies.notified() => {}
                () = tokio::time::sleep(POLICIES_EVERY) => {}
            }
        }
    }

    /// Deletes tenants as soon as somebody asks for it, and now and then audit events and updates
    /// whose time is over. Never ends by itself; what is cut off goes on after the next start.
    async fn tidy_up(&self) {
        loop {
            self.keep_house().await;
            tokio::select! {
                () = self.0.deletions.notified() => {}
                () = tokio::time::sleep(TIDY_EVERY) => {}
            }
        }
    }

    /// One round of what is done in the background.
    pub async fn keep_house(&self) {
        for (work, result) in [
            ("deleting tenants", self.delete_tenants().await),
            ("pruning the audit", self.prune_audits().await),
            ("pruning the ledger of updates", self.prune_ledgers().await),
            ("pruning alerts", self.prune_alerts().await),
        ] {
            if let Err(error) = result {
                tracing::error!(error = &error as &dyn std::error::Error, "{work} failed");
            }
        }
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.settings.clock.now()
    }

    /// What happens.
    #[must_use]
    pub fn events(&self) -> &Events {
        &self.0.events
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`latarnik_store::StoreError`] if there is none.
    pub async fn ping(&self) -> Result<(), latarnik_store::StoreError> {
        self.store().ping().await
    }

    /// Fills bytes at random.
    pub fn random(&self, bytes: &mut [u8]) {
        self.0.settings.randomness.fill(bytes);
    }

    /// How long a silent device still counts as online: three check-ins.
    pub(crate) fn online_for(&self) -> SignedDuration {
        SignedDuration::from_secs(3 * i64::from(self.agent_settings().check_in_interval_seconds))
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.settings.store
    }

    pub(crate) fn randomness(&self) -> &dyn Randomness {
        self.0.settings.randomness.as_ref()
    }

    pub(crate) fn ids(&self) -> Ids<'_> {
        Ids(self.randomness())
    }

    pub(crate) fn token_format(&self) -> &dyn TokenFormat {
        self.0.settings.token_format.as_ref()
    }

    pub(crate) fn agent_settings(&self) -> AgentSettings {
        self.0.settings.agents
    }

    pub(crate) fn fleet(&self) -> &Fleet {
        &self.0.fleet
    }

    pub(crate) fn bookshelf(&self) -> &Bookshelf {
        &self.0.bookshelf
    }

    pub(crate) fn heartbeats(&self) -> &Heartbeats {
        &self.0.heartbeats
    }

    pub(crate) fn passwords(&self) -> &PasswordHasher {
        &self.0.passwords
    }

    pub(crate) fn progress(&self) -> &ProgressBoard {
        &self.0.progress
    }

    pub(crate) fn action_board(&self) -> &ActionBoard {
        &self.0.action_board
    }

    pub(crate) fn alert_board(&self) -> &AlertBoard {
        &self.0.alert_board
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.0.keyring
    }

    pub(crate) fn attempts(&self) -> &Attempts {
        &self.0.attempts
    }

    pub(crate) fn reset_requests(&self) -> &Attempts {
        &self.0.reset_requests
    }

    /// Wakes the work that applies policies.
    pub(crate) fn policies(&self) -> &Notify {
        &self.0.policies
    }

    pub(crate) fn deletions(&self) -> &Notify {
        &self.0.deletions
    }

    pub(crate) fn sign_in_settings(&self) -> &SignInSettings {
        &self.0.settings.sign_in
    }

    pub(crate) fn mailer(&self) -> Option<&dyn Mailer> {
        self.0.settings.mailer.as_deref()
    }

    pub(crate) fn openid_client(&self) -> Option<&dyn OpenidClient> {
        self.0.settings.openid.as_deref()
    }

    /// Whether mails can be sent.
    #[must_use]
    pub fn can_send_mails(&self) -> bool {
        self.mailer().is_some()
    }
}
