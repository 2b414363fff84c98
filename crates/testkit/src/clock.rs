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

/// Bytes that look random and repeat in every run. No two sources of a process make the same.
#[derive(Debug)]
pub struct CountingRandomness(AtomicU64);

impl Default for CountingRandomness {
    fn default() -> Self {
        static SOURCES: AtomicU64 = AtomicU64::new(0);
        Self(AtomicU64::new(
            SOURCES.fetch_add(1, Ordering::Relaxed) << 40,
        ))
    }
}

impl Randomness for CountingRandomness {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = mixed(self.0.fetch_add(1, Ordering::Relaxed)).to_be_bytes()[0];
        }
    }
}

/// SplitMix64: consecutive numbers become unrelated ones (Steele, Lea and Flood, 2014).
const fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl IdSource for CountingRandomness {
    fn random_bytes(&self) -> [u8; 10] {
        let mut bytes = [0; 10];
        self.fill(&mut bytes);
        bytes
    }
}
