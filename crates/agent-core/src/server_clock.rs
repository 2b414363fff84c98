//! The server's clock, as far as the agent can tell.

use crate::SteadyClock;
use jiff::{SignedDuration, Timestamp};
use latarnik_model::Clock;
use rustls::time_provider::TimeProvider;
use rustls_pki_types::UnixTime;
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The machine's clock, corrected by what the server said its own shows.
///
/// Answers of the gateway carry its time. The agent keeps the difference to its own clock, so that
/// a machine whose clock is off by a day still begins a task at the instant that was meant and
/// renews its certificate in time. The latest time ever heard is a lower bound: a machine whose
/// clock fell back to 1970 does not take certificates for not yet valid.
///
/// Away from the server, nobody corrects a clock that is set meanwhile. So the machine's clock is
/// held against a steady one that nobody can set, at every look: a step of more than a minute
/// changes the difference, and not the time. A slower drift is followed. What happens to the
/// machine's clock while the agent does not run cannot be seen, except that it fell behind the
/// latest time heard: then the time [is not known](Self::known_now) until the server tells it.
pub struct ServerClock {
    machine: Arc<dyn Clock>,
    steady: Option<Arc<dyn SteadyClock>>,
    knowledge: Mutex<Knowledge>,
}

struct Knowledge {
    learned: LearnedTime,
    /// Whether the machine's clock can be trusted to be near the server's.
    is_known: bool,
    /// The corrected time at the last look, and what the steady clock showed.
    seen: (Timestamp, Duration),
}

/// What survives a restart of a [`ServerClock`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LearnedTime {
    /// Server's clock minus machine's clock, in milliseconds.
    pub offset_ms: i64,
    /// The latest time the server told, in milliseconds since 1970.
    pub latest_ms: i64,
}

impl LearnedTime {
    fn correct(self, machine_time: Timestamp) -> Timestamp {
        machine_time
            .checked_add(SignedDuration::from_millis(self.offset_ms))
            .unwrap_or(machine_time)
    }

    fn latest(self) -> Timestamp {
        Timestamp::from_millisecond(self.latest_ms).unwrap_or(Timestamp::MIN)
    }
}

/// What the machine's clock may step without being mistrusted: people and time services set it
/// right by so much, and what is written down of it is this exact.
const STEP: SignedDuration = SignedDuration::from_mins(1);

impl ServerClock {
    /// A clock that has learned nothing: the machine's own. Nothing notices when that is set.
    #[must_use]
    pub fn new(machine: Arc<dyn Clock>) -> Self {
        Self::with(machine, None, LearnedTime::default())
    }

    /// A clock with what an earlier process learned.
    #[must_use]
    pub fn resume(
        machine: Arc<dyn Clock>,
        steady: Arc<dyn SteadyClock>,
        learned: LearnedTime,
    ) -> Self {
        Self::with(machine, Some(steady), learned)
    }

    fn with(
        machine: Arc<dyn Clock>,
        steady: Option<Arc<dyn SteadyClock>>,
        learned: LearnedTime,
    ) -> Self {
        let corrected = learned.correct(machine.now());
        let elapsed = steady.as_ref().map_or(Duration::ZERO, |s| s.elapsed());
        let fell_back = learned.latest().duration_since(corrected) > STEP;
        let knowledge = Knowledge {
            learned,
            is_known: learned.latest_ms != 0 && !fell_back,
            seen: (corrected.max(learned.latest()), elapsed),
        };
        Self {
            machine,
            steady,
            knowledge: Mutex::new(knowledge),
        }
    }

    /// Takes the server's time from an answer that just arrived.
    pub fn learn(&self, server_time: Timestamp) {
        let server_ms = server_time.as_millisecond();
        let (machine, elapsed) = self.both();
        let mut knowledge = self.lock();
        knowledge.learned.offset_ms = server_ms.saturating_sub(machine.as_millisecond());
        knowledge.learned.latest_ms = knowledge.learned.latest_ms.max(server_ms);
        knowledge.is_known = true;
        knowledge.seen = (server_time, elapsed);
    }

    /// What to keep for the next process.
    #[must_use]
    pub fn learned(&self) -> LearnedTime {
        self.lock().learned
    }

    /// What the machine's own clock shows.
    #[must_use]
    pub fn machine_now(&self) -> Timestamp {
        self.machine.now()
    }

    /// The server's time, unless that would be a guess: it was never heard, or the machine's clock
    /// has fallen behind it.
    #[must_use]
    pub fn known_now(&self) -> Option<Timestamp> {
        let now = self.look();
        self.lock().is_known.then_some(now)
    }

    /// Time on the steady clock, for measuring; zero where there is none.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        let steady = self.steady.as_ref();
        steady.map_or(Duration::ZERO, |steady| steady.elapsed())
    }

    /// Both clocks at one instant. A machine that falls asleep between the two looks would seem to
    /// have a clock that was set.
    fn both(&self) -> (Timestamp, Duration) {
        const AT_ONCE: Duration = Duration::from_secs(1);
        loop {
            let before = self.elapsed();
            let machine = self.machine.now();
            let after = self.elapsed();
            if after.saturating_sub(before) < AT_ONCE {
                return (machine, after);
            }
        }
    }

    fn look(&self) -> Timestamp {
        let mut knowledge = self.lock();
        let (machine, elapsed) = self.both();
        let mut corrected = knowledge.learned.correct(machine);
        let (seen, seen_elapsed) = knowledge.seen;
        if self.steady.is_some() {
            let passed = elapsed.saturating_sub(seen_elapsed);
            let expected = seen.checked_add(passed).unwrap_or(seen);
            let step = expected.duration_since(corrected);
            if step.abs() > STEP {
                // What is no more than a guess is not kept for the next process.
                if knowledge.is_known {
                    tracing::warn!(
                        step_seconds = step.as_secs(),
                        "the machine's clock was set; the server's time goes on as before"
                    );
                    let step_ms = i64::try_from(step.as_millis()).unwrap_or_default();
                    let offset_ms = knowledge.learned.offset_ms.saturating_add(step_ms);
                    knowledge.learned.offset_ms = offset_ms;
                }
                corrected = expected;
            }
        }
        let now = corrected.max(knowledge.learned.latest());
        knowledge.seen = (now, elapsed);
        now
    }

    fn lock(&self) -> MutexGuard<'_, Knowledge> {
        self.knowledge
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ServerClock {
    fn now(&self) -> Timestamp {
        self.look()
    }
}

impl TimeProvider for ServerClock {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

impl fmt::Debug for ServerClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerClock")
            .field("learned", &self.learned())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::atomic::{AtomicI64, Ordering};

    /// A machine whose clock is set apart from the time that passes.
    #[derive(Default)]
    struct Machine {
        clock: AtomicI64,
        steady: AtomicI64,
    }

    impl Clock for Machine {
        fn now(&self) -> Timestamp {
            at(self.clock.load(Ordering::Relaxed))
        }
    }

    impl SteadyClock for Machine {
        fn elapsed(&self) -> Duration {
            Duration::from_secs(self.steady.load(Ordering::Relaxed).unsigned_abs())
        }
    }

    impl Machine {
        fn showing(second: i64) -> Arc<Self> {
            let machine = Self::default();
            machine.clock.store(second, Ordering::Relaxed);
            Arc::new(machine)
        }

        fn pass(&self, seconds: i64) {
            self.clock.fetch_add(seconds, Ordering::Relaxed);
            self.steady.fetch_add(seconds, Ordering::Relaxed);
        }

        fn set(&self, second: i64) {
            self.clock.store(second, Ordering::Relaxed);
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn resumed(machine: &Arc<Machine>, learned: LearnedTime) -> ServerClock {
        ServerClock::resume(machine.clone(), machine.clone(), learned)
    }

    const HEARD: LearnedTime = LearnedTime {
        offset_ms: 0,
        latest_ms: 1_800_000_000_000,
    };
    const YEAR: i64 = 365 * 24 * 60 * 60;

    proptest! {
        #[test]
        fn after_learning_the_clock_shows_the_servers_time(
            machine in 0i64..4_000_000_000, server in 0i64..4_000_000_000,
        ) {
            let machine_clock = Machine::showing(machine);
            let clock = resumed(&machine_clock, LearnedTime::default());
            clock.learn(at(server));
            prop_assert_eq!(clock.now(), at(server));
            prop_assert_eq!(clock.known_now(), Some(at(server)));
            prop_assert_eq!(clock.machine_now(), at(machine));
        }

        #[test]
        fn while_the_agent_runs_no_step_of_the_machines_clock_moves_the_time(
            steps in prop::collection::vec((0i64..100_000, prop::option::of(0i64..4_000_000_000)), 0..20),
        ) {
            let machine = Machine::showing(1_000);
            let clock = resumed(&machine, LearnedTime::default());
            clock.learn(at(1_800_000_000));
            let (mut passed, mut looks) = (0, 0);
            for (seconds, set_to) in steps {
                machine.pass(seconds);
                passed += seconds;
                if let Some(second) = set_to {
                    machine.set(second);
                }
                looks += 1;
                // Each look may follow the machine's clock by as much as a minute.
                let off = clock.now().duration_since(at(1_800_000_000 + passed)).abs();
                prop_assert!(off <= STEP * looks);
            }
        }
    }

    #[test]
    fn a_machine_clock_that_fell_back_does_not_go_behind_the_latest_server_time() {
        let clock = resumed(&Machine::showing(5), HEARD);
        assert_eq!(clock.now(), at(1_800_000_000));
    }

    #[test]
    fn before_the_server_told_it_and_after_the_clock_fell_back_the_time_is_not_known() {
        let new = resumed(&Machine::showing(1_800_000_000), LearnedTime::default());
        assert_eq!(new.known_now(), None);
        let fell_back = resumed(&Machine::showing(5), HEARD);
        assert_eq!(fell_back.known_now(), None);
        let next = resumed(&Machine::showing(5), fell_back.learned());
        assert_eq!(next.known_now(), None, "a guess is not kept");
        fell_back.learn(at(1_800_000_500));
        assert_eq!(fell_back.known_now(), Some(at(1_800_000_500)));
        let usual = resumed(&Machine::showing(1_800_000_000 + YEAR / 12), HEARD);
        assert_eq!(usual.known_now(), Some(at(1_800_000_000 + YEAR / 12)));
    }

    #[test]
    fn a_clock_that_jumps_a_year_ahead_or_back_to_1970_changes_nothing() {
        for jump in [1_800_000_000 + YEAR, 0] {
            let machine = Machine::showing(1_800_000_000);
            let clock = resumed(&machine, HEARD);
            clock.now();
            machine.set(jump);
            machine.pass(600);
            assert_eq!(clock.known_now(), Some(at(1_800_000_600)), "{jump}");
            // What is kept lets the next process go on from there.
            let next = resumed(&machine, clock.learned());
            assert_eq!(next.known_now(), Some(at(1_800_000_600)), "{jump}");
        }
    }

    #[test]
    fn a_clock_that_drifts_is_followed() {
        let machine = Machine::showing(1_800_000_000);
        let clock = resumed(&machine, HEARD);
        for _ in 0..100 {
            machine.pass(600);
            machine.clock.fetch_add(5, Ordering::Relaxed);
            clock.now();
        }
        assert_eq!(clock.now(), at(1_800_000_000 + 100 * 605));
    }

    #[test]
    fn a_machine_that_slept_wakes_at_the_right_time() {
        let machine = Machine::showing(1_800_000_000);
        let clock = resumed(&machine, HEARD);
        machine.pass(9 * 60 * 60);
        assert_eq!(clock.now(), at(1_800_000_000 + 9 * 60 * 60));
    }
}
