//! The server's clock, as far as the agent can tell.

use jiff::{SignedDuration, Timestamp};
use latarnik_model::Clock;
use rustls::time_provider::TimeProvider;
use rustls_pki_types::UnixTime;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

/// The machine's clock, corrected by what the server said its own shows.
///
/// Answers of the gateway carry its time. The agent keeps the difference to its own clock, so that
/// a machine whose clock is off by a day still begins a task at the instant that was meant and
/// renews its certificate in time. The latest time ever heard is a lower bound: a machine whose
/// clock fell back to 1970 does not take certificates for not yet valid.
pub struct ServerClock {
    machine: Arc<dyn Clock>,
    offset_ms: AtomicI64,
    latest_ms: AtomicI64,
}

/// What survives a restart of a [`ServerClock`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LearnedTime {
    /// Server's clock minus machine's clock, in milliseconds.
    pub offset_ms: i64,
    /// The latest time the server told, in milliseconds since 1970.
    pub latest_ms: i64,
}

impl ServerClock {
    /// A clock that has learned nothing: the machine's own.
    #[must_use]
    pub fn new(machine: Arc<dyn Clock>) -> Self {
        Self::resume(machine, LearnedTime::default())
    }

    /// A clock with what an earlier process learned.
    #[must_use]
    pub fn resume(machine: Arc<dyn Clock>, learned: LearnedTime) -> Self {
        Self {
            machine,
            offset_ms: AtomicI64::new(learned.offset_ms),
            latest_ms: AtomicI64::new(learned.latest_ms),
        }
    }

    /// Takes the server's time from an answer that just arrived.
    pub fn learn(&self, server_time: Timestamp) {
        let server_ms = server_time.as_millisecond();
        let machine_ms = self.machine.now().as_millisecond();
        self.offset_ms
            .store(server_ms.saturating_sub(machine_ms), Ordering::Relaxed);
        self.latest_ms.fetch_max(server_ms, Ordering::Relaxed);
    }

    /// What to keep for the next process.
    #[must_use]
    pub fn learned(&self) -> LearnedTime {
        LearnedTime {
            offset_ms: self.offset_ms.load(Ordering::Relaxed),
            latest_ms: self.latest_ms.load(Ordering::Relaxed),
        }
    }

    /// What the machine's own clock shows.
    #[must_use]
    pub fn machine_now(&self) -> Timestamp {
        self.machine.now()
    }

    /// An instant of the machine's clock, by the server's.
    #[must_use]
    pub fn correct(&self, machine_time: Timestamp) -> Timestamp {
        let offset = SignedDuration::from_millis(self.offset_ms.load(Ordering::Relaxed));
        machine_time.checked_add(offset).unwrap_or(machine_time)
    }
}

impl Clock for ServerClock {
    fn now(&self) -> Timestamp {
        let corrected = self.correct(self.machine.now());
        let latest = Timestamp::from_millisecond(self.latest_ms.load(Ordering::Relaxed));
        latest.map_or(corrected, |latest| corrected.max(latest))
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

    struct Fixed(Timestamp);
    impl Clock for Fixed {
        fn now(&self) -> Timestamp {
            self.0
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    proptest! {
        #[test]
        fn after_learning_the_clock_shows_the_servers_time(
            machine in 0i64..4_000_000_000, server in 0i64..4_000_000_000,
        ) {
            let clock = ServerClock::new(Arc::new(Fixed(at(machine))));
            clock.learn(at(server));
            prop_assert_eq!(clock.now(), at(server));
            prop_assert_eq!(clock.machine_now(), at(machine));
        }
    }

    #[test]
    fn a_machine_clock_that_fell_back_does_not_go_behind_the_latest_server_time() {
        let learned = LearnedTime {
            offset_ms: 0,
            latest_ms: 1_800_000_000_000,
        };
        let clock = ServerClock::resume(Arc::new(Fixed(at(5))), learned);
        assert_eq!(clock.now(), at(1_800_000_000));
    }
}
