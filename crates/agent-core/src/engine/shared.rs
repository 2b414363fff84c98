//! What the loops share.

use super::{
    AgentStatus, Ports, Standing,
    maintenance::{Knowledge, Maintenance},
    queue::Queue,
    status,
};
use crate::{
    CancelSignal, KnownRules, Pace, ServerClock,
    backoff::{Backoff, Jitter, Wait},
    connection::{CallError, GatewayClient},
    state::{Identity, State, StateError, replace_file},
};
use jiff::Timestamp;
use latarnik_model::TaskId;
use latarnik_protocol::{AgentConfig, LastRestart, TaskProgress};
use std::{
    error::Error,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock},
    time::Duration,
};
use tokio::sync::{Notify, OwnedMutexGuard, watch};
use tokio_util::sync::CancellationToken;

/// Notices from loop to loop. Each has one listener; a notice given early is not lost.
#[derive(Default)]
pub(super) struct Notices {
    /// The gate should look at the queue.
    pub(super) queue: Notify,
    /// The runner may find something to run.
    pub(super) work: Notify,
    /// A restart began.
    pub(super) restart: Notify,
    /// There is a report to send.
    pub(super) spool: Notify,
    /// There is a log to upload.
    pub(super) logs: Notify,
    /// Something changed that the server should know.
    pub(super) change: Notify,
}

/// The latest progress of the running task.
#[derive(Debug, Clone)]
pub(super) struct LatestProgress {
    pub(super) task: TaskId,
    pub(super) at: Timestamp,
    pub(super) progress: TaskProgress,
}

pub(super) struct Shared {
    pub(super) state: Arc<State>,
    pub(super) ports: Ports,
    pub(super) pace: Pace,
    pub(super) clock: Arc<ServerClock>,
    pub(super) notices: Notices,
    pub(super) progress: watch::Sender<Option<LatestProgress>>,
    pub(super) config: watch::Sender<AgentConfig>,
    /// Whether this run has the configuration from the server. Whoever fetches it holds this.
    pub(super) config_is_fresh: tokio::sync::Mutex<bool>,
    pub(super) knowledge: Knowledge,
    pub(super) stop: CancellationToken,
    /// Asked of the machine once: it stays the same until the next restart.
    pub(super) last_restart: Arc<OnceLock<Option<LastRestart>>>,
    /// Whoever changes the machine holds it: the runner while a task runs, the restart when its
    /// time has come.
    hands: Arc<tokio::sync::Mutex<()>>,
    /// Counts how often the gateway came back.
    returned: watch::Sender<u64>,
    /// Counts how often the identity was renewed.
    pub(super) renewed: watch::Sender<u64>,
    client: RwLock<(Arc<Identity>, GatewayClient)>,
    queue: Mutex<Queue>,
    status: Arc<Mutex<AgentStatus>>,
    /// Held while the status is written down: what is written later is what was told later.
    writes_status: Arc<Mutex<()>>,
}

impl Shared {
    pub(super) fn new(
        state: Arc<State>,
        ports: Ports,
        pace: Pace,
        clock: Arc<ServerClock>,
        identity: Identity,
        client: GatewayClient,
        stop: CancellationToken,
    ) -> Result<Self, StateError> {
        let status = AgentStatus {
            device_id: identity.device_id,
            gateway: identity.gateway.clone(),
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
            standing: Standing::Starting,
            last_contact_at: None,
            certificate_expires_at: identity.expires_at,
            spool_length: state.spool_length()?,
            running_task: None,
            maintenance: None,
            written_at: clock.machine_now(),
        };
        let config = state.config()?.0;
        let maintenance = Maintenance {
            rules: Arc::new(KnownRules::of(config.maintenance.as_ref())),
            rules_since: state.maintenance_since()?,
            zone: ports.machine.time_zone(),
            needs: state.needs()?,
            zones: ports.zones,
        };
        Ok(Self {
            config: watch::Sender::new(config),
            config_is_fresh: tokio::sync::Mutex::new(false),
            knowledge: Knowledge::new(maintenance),
            queue: Mutex::new(Queue::new(state.unfinished()?)),
            client: RwLock::new((Arc::new(identity), client)),
            status: Arc::new(Mutex::new(status)),
            writes_status: Arc::default(),
            notices: Notices::default(),
            progress: watch::Sender::new(None),
            last_restart: Arc::default(),
            hands: Arc::default(),
            returned: watch::Sender::new(0),
            renewed: watch::Sender::new(0),
            state,
            ports,
            pace,
            clock,
            stop,
        })
    }

    pub(super) fn client(&self) -> GatewayClient {
        self.client
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .1
            .clone()
    }

    pub(super) fn identity(&self) -> Arc<Identity> {
        self.client
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .clone()
    }

    pub(super) fn set_identity(&self, identity: Identity, client: GatewayClient) {
        *self.client.write().unwrap_or_else(PoisonError::into_inner) = (Arc::new(identity), client);
        self.renewed.send_modify(|times| *times += 1);
    }

    pub(super) fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn jitter(&self) -> Jitter {
        Jitter(self.ports.randomness.clone())
    }

    pub(super) fn backoff(&self) -> Backoff {
        Backoff::new(self.pace, self.jitter())
    }

    /// Works on the state away from the threads that serve the network.
    pub(super) async fn with_state<T: Send + 'static>(
        &self,
        work: impl FnOnce(&State) -> Result<T, StateError> + Send + 'static,
    ) -> Result<T, StateError> {
        let state = self.state.clone();
        match tokio::task::spawn_blocking(move || work(&state)).await {
            Ok(result) => result,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// Works on the state until it succeeds: for what must not be lost, whatever the disk says.
    pub(super) async fn insist<T: Send + 'static>(
        &self,
        work: impl Fn(&State) -> Result<T, StateError> + Clone + Send + 'static,
    ) -> T {
        let mut backoff = self.backoff();
        loop {
            match self.with_state(work.clone()).await {
                Ok(result) => return result,
                Err(error) => {
                    tracing::error!(
                        error = chain(&error),
                        "the state cannot be kept; trying again"
                    );
                    tokio::time::sleep(backoff.usual()).await;
                }
            }
        }
    }

    /// The gateway answered.
    pub(super) async fn answered(&self) {
        let now = self.clock.machine_now();
        let came_back = {
            let mut status = self.lock_status();
            status.last_contact_at = Some(now);
            std::mem::replace(&mut status.standing, Standing::Connected) != Standing::Connected
        };
        if came_back {
            tracing::info!("the gateway answers");
            self.returned.send_modify(|times| *times += 1);
            self.write_status(|_| {}).await;
        }
    }

    /// The gateway did not answer, or not well. Says so once, not at every attempt.
    pub(super) async fn failed(&self, error: &CallError) {
        let standing = match error {
            error if error.is_certificate_rejected() => Standing::Rejected,
            CallError::Unreachable { .. } | CallError::Untrusted { .. } => Standing::Unreachable,
            _ => {
                tracing::warn!(error = chain(error), "a call to the gateway failed");
                return;
            }
        };
        let before = std::mem::replace(&mut self.lock_status().standing, standing);
        if before == standing {
            tracing::debug!(
                error = chain(error),
                "still no good answer from the gateway"
            );
            return;
        }
        match standing {
            Standing::Rejected => tracing::error!(
                error = chain(error),
                "the server does not accept this device any more: enrol it again or uninstall the agent"
            ),
            _ => tracing::warn!(error = chain(error), "the gateway does not answer"),
        }
        self.write_status(|_| {}).await;
    }

    /// Waits before the next attempt. The gateway's return cuts most waits short, though never
    /// below the shortest.
    pub(super) async fn wait(&self, wait: Wait) {
        match wait {
            Wait::Asked(duration) => tokio::time::sleep(duration).await,
            Wait::Interruptible(duration) => {
                let mut returned = self.returned.subscribe();
                let shortest = duration.min(self.pace.first_retry);
                tokio::time::sleep(shortest).await;
                let rest = duration.saturating_sub(shortest);
                let _ = tokio::time::timeout(rest, returned.changed()).await;
            }
        }
    }

    /// Changes the status and writes it down. It is a convenience: a full disk does not matter.
    pub(super) async fn write_status(&self, change: impl FnOnce(&mut AgentStatus)) {
        {
            let mut status = self.lock_status();
            change(&mut status);
            status.written_at = self.clock.machine_now();
        }
        let (status, writes) = (self.status.clone(), self.writes_status.clone());
        let written = self
            .with_state(move |state| {
                let _one_at_a_time = writes.lock().unwrap_or_else(PoisonError::into_inner);
                let mut status = status
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clone();
                status.spool_length = state.spool_length()?;
                let json = serde_json::to_vec_pretty(&status).expect("only string keys");
                let path = status::path(state.folder());
                replace_file(&path, &json).map_err(|source| StateError::File { path, source })
            })
            .await;
        if let Err(error) = written {
            tracing::debug!(error = chain(&error), "the status file cannot be written");
        }
    }

    /// The right to change the machine; `None` when the agent stops first.
    pub(super) async fn hands(&self) -> Option<OwnedMutexGuard<()>> {
        tokio::select! {
            hands = self.hands.clone().lock_owned() => Some(hands),
            () = self.stop.cancelled() => None,
        }
    }

    /// Asks a running task to end.
    pub(super) fn cancel_running(&self, id: TaskId) {
        if let Some(signal) = self.queue().running_signal(id) {
            CancelSignal::cancel(&signal);
        }
    }

    fn lock_status(&self) -> MutexGuard<'_, AgentStatus> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// From now until an instant; nothing if it has passed. At most a minute, so that a clock that is
/// set in the meantime is noticed.
pub(super) fn pause_until(now: Timestamp, until: Option<Timestamp>) -> Duration {
    const LONGEST: Duration = Duration::from_secs(60);
    until.map_or(LONGEST, |until| {
        Duration::try_from(until.duration_since(now))
            .unwrap_or_default()
            .min(LONGEST)
    })
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
