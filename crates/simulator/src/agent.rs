//! One simulated agent: it checks in, waits for tasks, and works on one at a time.

use crate::{
    identity::{Identity, patiently, pause},
    machine::Machine,
    progress::say,
    random::Random,
    waiting::{self, Next, Pending},
    work,
};
use anyhow::Result;
use jiff::Timestamp;
use latarnik_agent_core::{
    KnownRules, ServerClock,
    connection::{CallError, ConfigAnswer, GatewayClient},
};
use latarnik_model::{Clock, TaskId};
use latarnik_protocol::{
    AgentConfig, CheckInRequest, CheckInResponse, InventoryHash, InventoryReport, RawTask,
};
use std::{
    collections::HashSet,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{Notify, mpsc};

/// Most tasks that wait on one agent.
const WAITING_TASKS: usize = 64;

/// How an agent reaches its gateway.
pub(crate) struct Connection {
    /// Where that is, `host:port`.
    pub(crate) gateway: String,
    /// Under the agent's certificate.
    pub(crate) client: GatewayClient,
    /// The server's clock.
    pub(crate) clock: Arc<ServerClock>,
}

/// An agent that is registered.
pub(crate) struct Agent {
    pub(crate) clock: Arc<ServerClock>,
    gateway: String,
    client: Mutex<GatewayClient>,
    /// Where logs wait for their upload.
    pub(crate) logs: Arc<PathBuf>,
    /// Where the identity is kept, if it is.
    identity_file: Option<PathBuf>,
    identity: Mutex<Identity>,
    machine: Mutex<Machine>,
    sent: Mutex<Sent>,
    cancelled: Mutex<HashSet<TaskId>>,
    check_in_now: Notify,
    /// Something changed that tasks wait for.
    decide_anew: Notify,
}

/// What the server has.
#[derive(Debug, Default)]
struct Sent {
    inventory: Option<InventoryHash>,
    has_facts: bool,
    config: AgentConfig,
    config_etag: Option<String>,
    /// The maintenance rules of that configuration.
    rules: Arc<KnownRules>,
}

impl Agent {
    /// An agent with an identity.
    pub(crate) fn new(
        connection: Connection,
        logs: Arc<PathBuf>,
        identity: Identity,
        identity_file: Option<PathBuf>,
        mut machine: Machine,
    ) -> Self {
        machine.resume(&identity);
        Self {
            clock: connection.clock,
            gateway: connection.gateway,
            client: Mutex::new(connection.client),
            logs,
            identity_file,
            identity: Mutex::new(identity),
            machine: Mutex::new(machine),
            sent: Mutex::default(),
            cancelled: Mutex::default(),
            check_in_now: Notify::new(),
            decide_anew: Notify::new(),
        }
    }

    /// The first check-in: everything that is known.
    pub(crate) async fn begin(&self) -> Result<(), CallError> {
        let mut random = self.random();
        patiently(&mut random, || self.check_in()).await
    }

    /// Runs until the server rejects the agent.
    pub(crate) async fn run(self: Arc<Self>) {
        let (queue, tasks) = mpsc::channel(WAITING_TASKS);
        tokio::select! {
            () = self.keep_checking_in() => {}
            error = self.keep_polling(queue) => say(&format!("{}: {error}", self.hostname())),
            () = self.keep_working(tasks) => {}
        }
    }

    async fn keep_checking_in(&self) {
        let mut random = self.random();
        let mut failures = 0;
        loop {
            let interval = u64::from(self.sent().config.check_in_interval_seconds.max(1));
            let wait = Duration::from_millis(random.between(interval * 900, interval * 1_100));
            // Being woken early is as good as the end of the wait.
            let _ = tokio::time::timeout(wait, self.check_in_now.notified()).await;
            while let Err(error) = self.check_in().await {
                failures += 1;
                tokio::time::sleep(pause(&mut random, failures, &error)).await;
            }
            failures = 0;
            if let Err(error) = self.renew_if_due().await {
                say(&format!(
                    "{}: no new certificate: {error:#}",
                    self.hostname()
                ));
            }
        }
    }

    /// Gets a new certificate when the old one is near its end or the server's authorities changed.
    async fn renew_if_due(&self) -> Result<()> {
        let trust = self.sent().config.trust.clone();
        let mut identity = lock(&self.identity).clone();
        if !identity.is_due(self.now(), trust.as_ref()) {
            return Ok(());
        }
        identity.renew(&self.client()).await?;
        let client = identity.client(&self.gateway, &self.clock)?;
        lock(&self.identity).take_certificate(identity);
        *lock(&self.client) = client;
        self.save();
        Ok(())
    }

    async fn keep_polling(&self, queue: mpsc::Sender<RawTask>) -> CallError {
        let mut random = self.random();
        let (mut after, mut failures) = (0, 0);
        loop {
            let wait = Duration::from_secs(self.sent().config.long_poll_seconds.into());
            match self.client().tasks(wait, after).await {
                Ok(batch) => {
                    failures = 0;
                    self.clock.learn(batch.server_time);
                    if !batch.cancelled.is_empty() {
                        lock(&self.cancelled).extend(batch.cancelled);
                        self.decide_anew.notify_one();
                    }
                    if let Some(etag) = batch.config_etag {
                        self.follow_config(&etag).await;
                    }
                    for task in batch.tasks {
                        after = after.max(task.sequence);
                        // The receiver lives as long as this loop.
                        let _ = queue.send(task).await;
                    }
                }
                Err(error) if error.is_certificate_rejected() => return error,
                Err(error) => {
                    failures += 1;
                    tokio::time::sleep(pause(&mut random, failures, &error)).await;
                }
            }
        }
    }

    /// Works on one task at a time, the first that may begin. Those that wait hold up no other.
    async fn keep_working(&self, mut tasks: mpsc::Receiver<RawTask>) {
        let mut pending: Vec<Pending> = Vec::new();
        loop {
            let next = match waiting::next(self, &mut pending).await {
                Ok(next) => next,
                Err(error) => {
                    say(&format!("{}: {error}", self.hostname()));
                    Next::LookAgain(None)
                }
            };
            let look_again = match next {
                Next::Begin(task) => {
                    if let Err(error) = work::perform(self, &task).await {
                        say(&format!("{}: task {}: {error:#}", self.hostname(), task.id));
                    }
                    self.save();
                    continue;
                }
                Next::LookAgain(at) => waiting::pause(self.now(), at, pending.len()),
            };
            tokio::select! {
                task = tasks.recv() => match task {
                    Some(task) => pending.push(Pending::new(task)),
                    None => return,
                },
                () = self.decide_anew.notified() => {}
                () = tokio::time::sleep(look_again) => {}
            }
        }
    }

    /// The maintenance rules that it holds.
    pub(crate) fn rules(&self) -> Arc<KnownRules> {
        self.sent().rules.clone()
    }

    /// Fetches the configuration if the server has another. A failure only means that it is tried
    /// again when the server names it again.
    async fn follow_config(&self, etag: &str) {
        if self.sent().config_etag.as_deref() != Some(etag)
            && let Err(error) = self.fetch_config(etag).await
        {
            say(&format!("{}: {error}", self.hostname()));
        }
    }

    /// One check-in: in full what the server lacks, otherwise only that the agent lives.
    async fn check_in(&self) -> Result<(), CallError> {
        loop {
            let request = self.check_in_request();
            let answer = self.client().check_in(&request).await?;
            self.clock.learn(answer.server_time);
            let resend = self.note(&request, &answer);
            if self.sent().config_etag.as_ref() != Some(&answer.config_etag) {
                self.fetch_config(&answer.config_etag).await?;
            }
            if !resend {
                return Ok(());
            }
        }
    }

    fn check_in_request(&self) -> CheckInRequest {
        let (machine, sent) = (self.machine(), self.sent());
        let is_first = !sent.has_facts;
        let hash = machine.inventory().hash();
        let is_known = sent.inventory.as_ref() == Some(&hash);
        let full = (!is_known).then(|| machine.inventory().updates().cloned().collect());
        CheckInRequest {
            sent_at: self.clock.machine_now(),
            boot_id: machine.boot_id().to_owned(),
            booted_at: Some(machine.booted_at()),
            facts: is_first.then(|| machine.facts.clone()),
            scan: is_first.then(|| machine.scan_report()),
            updates: Some(InventoryReport {
                hash,
                delta: None,
                full,
            }),
            restart: is_first.then(|| machine.restart_report()),
            last_restart: None,
            needs: is_first.then(|| machine.needs_report()),
        }
    }

    /// Notes what the server has now; says whether it wants something again.
    fn note(&self, request: &CheckInRequest, answer: &CheckInResponse) -> bool {
        let mut sent = self.sent();
        sent.has_facts = !answer.resend_facts;
        sent.inventory = match &request.updates {
            Some(report) if !answer.resend_updates => Some(report.hash.clone()),
            _ => None,
        };
        // What was sent in full and is wanted again can wait for the next check-in.
        let wants_facts = answer.resend_facts && request.facts.is_none();
        let wants_updates = answer.resend_updates
            && request
                .updates
                .as_ref()
                .is_some_and(|report| report.full.is_none());
        wants_facts || wants_updates
    }

    async fn fetch_config(&self, etag: &str) -> Result<(), CallError> {
        if let ConfigAnswer::Changed { config, .. } = self.client().config(None).await? {
            let rules = Arc::new(KnownRules::of(config.maintenance.as_ref()));
            let mut sent = self.sent();
            sent.config = config;
            sent.config_etag = Some(etag.to_owned());
            sent.rules = rules;
            drop(sent);
            self.decide_anew.notify_one();
        }
        Ok(())
    }

    /// The machine changed: the next check-in, soon, tells.
    pub(crate) fn changed(&self) {
        self.sent().has_facts = false;
        self.check_in_now.notify_one();
    }

    /// Whether a person cancelled the task.
    pub(crate) fn is_cancelled(&self, task: TaskId) -> bool {
        lock(&self.cancelled).contains(&task)
    }

    /// The connection under the present certificate.
    pub(crate) fn client(&self) -> GatewayClient {
        lock(&self.client).clone()
    }

    /// The machine, for a moment.
    pub(crate) fn machine(&self) -> MutexGuard<'_, Machine> {
        lock(&self.machine)
    }

    /// The machine's clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Randomness of its own for one of the agent's loops.
    pub(crate) fn random(&self) -> Random {
        let stream = self.machine().random.next();
        Random::new(stream, 0)
    }

    /// Notes what the next run of the simulator has to know.
    pub(crate) fn remember_installed(&self, keys: impl Iterator<Item = String>) {
        lock(&self.identity).installed.extend(keys);
    }

    /// Notes a restart of the machine.
    pub(crate) fn remember_restart(&self) {
        lock(&self.identity).restarts += 1;
    }

    /// The machine's name.
    pub(crate) fn hostname(&self) -> String {
        self.machine().facts.hostname.clone()
    }

    fn save(&self) {
        let Some(file) = &self.identity_file else {
            return;
        };
        if let Err(error) = lock(&self.identity).save(file) {
            say(&format!("{}: {error:#}", self.hostname()));
        }
    }

    fn sent(&self) -> MutexGuard<'_, Sent> {
        lock(&self.sent)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
