//! How long to wait before trying again.

use crate::connection::CallError;
use latarnik_model::IdSource;
use std::{sync::Arc, time::Duration};

/// The agent's patience. The defaults are for production; tests hurry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The wait after the first failure; it doubles with each further one.
    pub first_retry: Duration,
    /// The longest wait after failures.
    pub longest_retry: Duration,
    /// The wait while the gateway does not know this device.
    pub rejected_retry: Duration,
    /// The least time between two reports of progress.
    pub progress_interval: Duration,
    /// How long a cancelled call may take to return before it is left behind.
    pub cancel_grace: Duration,
    /// The longest time after which the gate looks again whether a window is open: so soon it notices
    /// that the machine's clock or time zone was set.
    pub window_look: Duration,
    /// How often a restart that counts down looks at the clock and for answers.
    pub restart_look: Duration,
    /// How often it looks who is signed in.
    pub people_look: Duration,
    /// How long after its promised restart a machine may take to go down.
    pub restart_grace: Duration,
    /// How long a restart waits for the reports before it to leave.
    pub report_before_restart: Duration,
    /// How soon after a restart the agent looks for updates: once the machine has settled.
    pub scan_after_restart: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first_retry: Duration::from_secs(1),
            longest_retry: Duration::from_secs(2 * 60),
            rejected_retry: Duration::from_secs(60 * 60),
            progress_interval: Duration::from_millis(500),
            cancel_grace: Duration::from_secs(5 * 60),
            window_look: Duration::from_secs(60),
            restart_look: Duration::from_secs(1),
            people_look: Duration::from_secs(15),
            restart_grace: Duration::from_secs(10 * 60),
            report_before_restart: Duration::from_secs(15),
            scan_after_restart: Duration::from_secs(3 * 60),
        }
    }
}

/// Randomness for waits, so that a fleet does not knock in step.
#[derive(Clone)]
pub(crate) struct Jitter(pub(crate) Arc<dyn IdSource>);

impl Jitter {
    /// Evenly between `low` and `high` times the duration.
    pub(crate) fn stretch(&self, duration: Duration, low: f64, high: f64) -> Duration {
        let bytes = self.0.random_bytes();
        let fraction = f64::from(u16::from_le_bytes([bytes[0], bytes[1]])) / f64::from(u16::MAX);
        duration.mul_f64(low + (high - low) * fraction)
    }
}

/// Counts failures in a row and turns them into waits.
pub(crate) struct Backoff {
    pace: Pace,
    jitter: Jitter,
    failures: u32,
}

/// A wait, and whether good news may cut it short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Until it is over, or the gateway answers someone else.
    Interruptible(Duration),
    /// As long as the gateway asked for.
    Asked(Duration),
}

impl Backoff {
    pub(crate) fn new(pace: Pace, jitter: Jitter) -> Self {
        Self {
            pace,
            jitter,
            failures: 0,
        }
    }

    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    /// Whether the last attempt failed.
    pub(crate) fn is_waiting(&self) -> bool {
        self.failures > 0
    }

    /// The wait after one more failure of the connection.
    pub(crate) fn after(&mut self, error: &CallError) -> Wait {
        let usual = self.usual();
        if error.is_certificate_rejected() {
            return Wait::Interruptible(self.jitter.stretch(self.pace.rejected_retry, 0.9, 1.1));
        }
        match error.retry_after() {
            Some(asked) => Wait::Asked(self.jitter.stretch(asked, 1.0, 1.2).max(usual)),
            None => Wait::Interruptible(usual),
        }
    }

    /// The wait after one more failure of any other kind: doubled each time, the upper half of it
    /// at random.
    pub(crate) fn usual(&mut self) -> Duration {
        let doubled = self
            .pace
            .first_retry
            .saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        self.jitter
            .stretch(doubled.min(self.pace.longest_retry), 0.5, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::Operation;

    struct Fixed(u8);
    impl IdSource for Fixed {
        fn random_bytes(&self) -> [u8; 10] {
            [self.0; 10]
        }
    }

    fn backoff(random: u8) -> Backoff {
        Backoff::new(Pace::default(), Jitter(Arc::new(Fixed(random))))
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let mut backoff = backoff(255);
        let waits: Vec<u64> = (0..10).map(|_| backoff.usual().as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 120, 120, 120]);
        backoff.reset();
        assert_eq!(backoff.usual().as_secs(), 1);
    }

    #[test]
    fn half_of_a_wait_is_random() {
        assert_eq!(backoff(0).usual(), Duration::from_millis(500));
    }

    #[test]
    fn the_gateway_is_not_asked_again_before_the_time_it_named() {
        let busy = CallError::Unavailable {
            operation: Operation::Tasks,
            status: 503,
            retry_after: Some(Duration::from_secs(30)),
        };
        assert_eq!(
            backoff(0).after(&busy),
            Wait::Asked(Duration::from_secs(30))
        );
    }
}
