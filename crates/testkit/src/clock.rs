//! Time and randomness under a test's control.

use jiff::{SignedDuration, Timestamp};
use latarnik_app::Randomness;
use latarnik_model::{Clock, IdSource};
use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};

/// When tests begin: a Monday noon in winter.
#[must_use]
pub fn test_start() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// A clock that moves only when a test moves it.
#[derive(Debug)]
pub struct TestClock(Mutex<Timestamp>);

impl Default for TestClock {
    fn default() -> Self {
        Self(Mutex::new(test_start()))
    }
}

impl TestClock {
    /// Moves the clock, forwards or back.
    pub fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap();
        *now += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// Bytes that look random and repeat in every run.
#[derive(Debug, Default)]
pub struct CountingRandomness(AtomicU64);

impl Randomness for CountingRandomness {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let number = self.0.fetch_add(1, Ordering::Relaxed);
            // The golden ratio's multiplier spreads consecutive numbers.
            *byte = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes()[0];
        }
    }
}

impl IdSource for CountingRandomness {
    fn random_bytes(&self) -> [u8; 10] {
        let mut bytes = [0; 10];
        self.fill(&mut bytes);
        bytes
    }
}
