//! An enrolled agent with a scripted machine, in a temporary folder.

use crate::{gateway::Gateway, machine::Machine};
use jiff::{SignedDuration, Timestamp};
use latarnik_agent_core::{
    Pace, SteadyClock,
    engine::{self, Ports},
    enrollment::{self, Existing},
    state::{State, StateError},
};
use latarnik_model::{Clock, IdSource, TaskParameters, When};
use latarnik_protocol::Task;
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

#[expect(
    clippy::disallowed_methods,
    reason = "certificates of a test are judged by the real clock"
)]
pub(crate) fn system_now() -> Timestamp {
    Timestamp::now()
}

/// The real clock, set wrong by so much.
#[derive(Clone, Copy, Default)]
pub(crate) struct WrongClock(pub(crate) SignedDuration);

impl Clock for WrongClock {
    fn now(&self) -> Timestamp {
        system_now() + self.0
    }
}

/// A clock that a test moves while the agent runs.
pub(crate) struct MovedClock {
    wrong: WrongClock,
    began: std::time::Instant,
    /// How much time the test lets pass.
    passed: AtomicI64,
    /// By how much somebody has set it.
    set: AtomicI64,
}

impl MovedClock {
    pub(crate) fn new(wrong: WrongClock) -> Self {
        Self {
            wrong,
            began: std::time::Instant::now(),
            passed: AtomicI64::new(0),
            set: AtomicI64::new(0),
        }
    }

    /// Time passes.
    pub(crate) fn advance(&self, by: SignedDuration) {
        self.passed.fetch_add(by.as_secs(), Ordering::Relaxed);
    }

    /// Somebody sets the clock.
    pub(crate) fn set(&self, by: SignedDuration) {
        self.set.fetch_add(by.as_secs(), Ordering::Relaxed);
    }

    fn passed(&self) -> i64 {
        self.passed.load(Ordering::Relaxed)
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        let moved = self.passed() + self.set.load(Ordering::Relaxed);
        self.wrong.now() + SignedDuration::from_secs(moved)
    }
}

impl SteadyClock for MovedClock {
    fn elapsed(&self) -> Duration {
        self.began.elapsed() + Duration::from_secs(self.passed().unsigned_abs())
    }
}

/// Repeatable randomness.
pub(crate) struct Seeded(AtomicU64);

impl Seeded {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// The next number of a 64-bit SplitMix sequence.
    pub(crate) fn next(&self) -> u64 {
        let state = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

impl IdSource for Seeded {
    fn random_bytes(&self) -> [u8; 10] {
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&self.next().to_le_bytes());
        bytes
    }
}

/// In a hurry.
pub(crate) fn pace() -> Pace {
    Pace {
        first_retry: Duration::from_millis(5),
        longest_retry: Duration::from_millis(50),
        rejected_retry: Duration::from_millis(100),
        progress_interval: Duration::from_millis(10),
        cancel_grace: Duration::from_secs(5),
        window_look: Duration::from_millis(5),
        restart_look: Duration::from_millis(5),
        people_look: Duration::from_millis(5),
        restart_grace: Duration::from_millis(300),
        report_before_restart: Duration::from_secs(2),
        scan_after_restart: Duration::from_millis(20),
    }
}

struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

pub(crate) struct Agent {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) machine: Arc<Machine>,
    pub(crate) clock: Arc<MovedClock>,
    pub(crate) pace: Pace,
    running: Option<Running>,
}

impl Agent {
    pub(crate) async fn enrolled(gateway: &Gateway) -> Self {
        Self::enrolled_with(gateway, WrongClock::default()).await
    }

    pub(crate) async fn enrolled_with(gateway: &Gateway, clock: WrongClock) -> Self {
        let folder = tempfile::tempdir().unwrap();
        enroll(gateway, folder.path(), clock).await.unwrap();
        Self {
            folder,
            machine: Arc::default(),
            clock: Arc::new(MovedClock::new(clock)),
            pace: pace(),
            running: None,
        }
    }

    /// Enrolled and running.
    pub(crate) async fn running(gateway: &Gateway) -> Self {
        let mut agent = Self::enrolled(gateway).await;
        agent.start();
        agent
    }

    pub(crate) fn start(&mut self) {
        let state = Arc::new(opened(self.folder.path()));
        let ports = ports(self.machine.clone(), self.clock.clone());
        let stop = CancellationToken::new();
        let (pace, token) = (self.pace, stop.clone());
        let task = tokio::spawn(async move {
            engine::run(state, ports, pace, token).await.unwrap();
        });
        self.running = Some(Running { stop, task });
    }

    pub(crate) async fn stop(&mut self) {
        let running = self.running.take().unwrap();
        running.stop.cancel();
        running.task.await.unwrap();
    }

    /// As if the process had been killed: no farewell. (Its threads go on; a test that minds kills
    /// a real process.)
    pub(crate) async fn drop_dead(&mut self) {
        let running = self.running.take().unwrap();
        running.task.abort();
        let _ = running.task.await;
    }
}

/// Threads of an agent that has just ended may still hold its state for a moment.
pub(crate) fn opened(folder: &Path) -> State {
    loop {
        match State::open(folder) {
            Err(StateError::InUse { .. }) => std::thread::yield_now(),
            state => return state.unwrap(),
        }
    }
}

pub(crate) fn ports(machine: Arc<Machine>, clock: Arc<MovedClock>) -> Ports {
    Ports {
        updates: machine.clone(),
        power: machine.clone(),
        people: machine.clone(),
        machine,
        steady: clock.clone(),
        clock,
        zones: jiff::tz::db(),
        randomness: Arc::new(Seeded::new(1)),
    }
}

pub(crate) async fn enroll(
    gateway: &Gateway,
    folder: &Path,
    clock: WrongClock,
) -> Result<(), enrollment::EnrollError> {
    let state = State::open(folder).unwrap();
    let machine = Machine::default();
    let clock = Arc::new(clock);
    enrollment::enroll(&state, &gateway.token(), &machine, clock, Existing::Keep)
        .await
        .map(drop)
}

pub(crate) fn task(parameters: TaskParameters, when: When) -> Task {
    Task {
        parameters,
        when,
        deadline: None,
        timeout_seconds: 60,
        created_by: None,
    }
}

pub(crate) fn scan_now() -> Task {
    task(TaskParameters::Scan, When::Now)
}

pub(crate) fn install_now(key: &str) -> Task {
    let parameters = TaskParameters::InstallUpdates {
        update_keys: Some(vec![key.to_owned()]),
        categories: None,
    };
    task(parameters, When::Now)
}
