//! An enrolled agent with its engine, in a temporary folder.

use crate::{
    machine::Machine,
    server::{Server, in_time},
};
use latarnik_agent_core::{
    Pace, SteadyClock,
    engine::{self, Ports, Standing, read_status},
    enrollment::{self, EnrollError, Existing},
    state::{Identity, State, StateError},
};
use latarnik_model::{Clock, DeviceId};
use latarnik_protocol::EnrollmentToken;
use latarnik_testkit::{CountingRandomness, TestClock};
use std::{fs, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) struct Agent {
    pub(crate) id: DeviceId,
    pub(crate) machine: Arc<Machine>,
    folder: TempDir,
    clock: Arc<TestClock>,
    running: Option<(CancellationToken, JoinHandle<()>)>,
}

impl Agent {
    /// Enrolled and running.
    pub(crate) async fn running(server: &Server) -> Self {
        let mut agent = Self {
            id: DeviceId(uuid::Uuid::nil()),
            machine: Arc::default(),
            folder: tempfile::tempdir().unwrap(),
            clock: server.office.clock.clone(),
            running: None,
        };
        let token = server.token().await;
        agent.enroll(&token, Existing::Keep).await.unwrap();
        agent.start();
        agent
    }

    /// Enrolls the machine while its engine stands still.
    pub(crate) async fn enroll(
        &mut self,
        token: &EnrollmentToken,
        existing: Existing,
    ) -> Result<(), EnrollError> {
        let (state, clock) = (self.state(), self.clock.clone());
        let identity = enrollment::enroll(&state, token, &*self.machine, clock, existing).await?;
        self.id = identity.device_id;
        Ok(())
    }

    pub(crate) fn start(&mut self) {
        let state = Arc::new(self.state());
        let ports = Ports {
            updates: self.machine.clone(),
            power: self.machine.clone(),
            people: self.machine.clone(),
            machine: self.machine.clone(),
            clock: self.clock.clone(),
            steady: Arc::new(NeverSet(self.clock.clone())),
            zones: jiff::tz::db(),
            randomness: Arc::new(CountingRandomness::default()),
        };
        let stop = CancellationToken::new();
        let token = stop.clone();
        let running = tokio::spawn(async move {
            engine::run(state, ports, pace(), token).await.unwrap();
        });
        self.running = Some((stop, running));
    }

    pub(crate) async fn stop(&mut self) {
        let (stop, running) = self.running.take().unwrap();
        stop.cancel();
        in_time(running).await.unwrap();
    }

    /// Who the agent is, as its engine last wrote it down.
    pub(crate) fn identity(&self) -> Identity {
        let json = fs::read(self.folder.path().join("identity.json")).unwrap();
        serde_json::from_slice(&json).unwrap()
    }

    /// How many authorities the agent trusts.
    pub(crate) fn trusted(&self) -> usize {
        self.identity()
            .authorities
            .matches("BEGIN CERTIFICATE")
            .count()
    }

    /// Returns when the agent trusts so many authorities.
    pub(crate) async fn trusts(&self, count: usize) {
        in_time(async {
            while self.trusted() != count {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Returns when the agent stands so with its gateway.
    pub(crate) async fn stands(&self, standing: Standing) {
        let stands = || {
            read_status(self.folder.path())
                .unwrap()
                .map(|status| status.standing)
        };
        in_time(async {
            while stands() != Some(standing) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Threads of an engine that has just ended may still hold its state for a moment.
    fn state(&self) -> State {
        loop {
            match State::open(self.folder.path()) {
                Err(StateError::InUse { .. }) => std::thread::yield_now(),
                state => return state.unwrap(),
            }
        }
    }
}

/// Nobody sets the clock of these machines: it moves because time passes.
struct NeverSet(Arc<TestClock>);

impl SteadyClock for NeverSet {
    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.now().as_millisecond().unsigned_abs())
    }
}

/// In a hurry.
fn pace() -> Pace {
    Pace {
        first_retry: Duration::from_millis(5),
        longest_retry: Duration::from_millis(50),
        rejected_retry: Duration::from_millis(100),
        progress_interval: Duration::from_millis(10),
        ..Pace::default()
    }
}
