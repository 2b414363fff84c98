//! Guessing slowed down.

use jiff::{SignedDuration, Timestamp};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Failures that cost nothing yet.
const FREE_FAILURES: u32 = 5;
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(15);
/// After this long without a failure all is forgotten.
const FORGET_AFTER: SignedDuration = SignedDuration::from_hours(1);
const MOST_KEYS: usize = 10_000;

/// Counts failures by key (an account); after the first few each doubles the pause.
#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<HashMap<String, Failures>>);

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Timestamp,
}

impl Failures {
    fn pause(self) -> SignedDuration {
        if self.count < FREE_FAILURES {
            return SignedDuration::ZERO;
        }
        let exponent = (self.count - FREE_FAILURES).min(16);
        SignedDuration::from_secs(1 << exponent).min(LONGEST_PAUSE)
    }
}

impl Throttle {
    /// How long the key still has to pause.
    pub(crate) fn pause(&self, key: &str, now: Timestamp) -> Option<SignedDuration> {
        let failures = *self.lock().get(key)?;
        let left = failures.last.duration_since(now) + failures.pause();
        (left > SignedDuration::ZERO).then_some(left)
    }

    /// Notes a failure.
    pub(crate) fn failed(&self, key: &str, now: Timestamp) {
        let mut failures = self.lock();
        if failures.len() >= MOST_KEYS {
            failures.retain(|_, entry| now.duration_since(entry.last) < FORGET_AFTER);
        }
        let entry = failures.entry(key.to_owned()).or_insert(Failures {
            count: 0,
            last: now,
        });
        if now.duration_since(entry.last) >= FORGET_AFTER {
            entry.count = 0;
        }
        entry.count += 1;
        entry.last = now;
    }

    /// Forgets the failures of a key.
    pub(crate) fn succeeded(&self, key: &str) {
        self.lock().remove(key);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Failures>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixth_wrong_guess_has_to_wait_and_a_right_one_clears() {
        let (throttle, now) = (Throttle::default(), Timestamp::UNIX_EPOCH);
        for _ in 0..FREE_FAILURES {
            assert_eq!(throttle.pause("a", now), None);
            throttle.failed("a", now);
        }
        assert_eq!(throttle.pause("a", now), Some(SignedDuration::from_secs(1)));
        assert_eq!(throttle.pause("b", now), None);
        throttle.failed("a", now);
        assert_eq!(throttle.pause("a", now), Some(SignedDuration::from_secs(2)));
        throttle.succeeded("a");
        assert_eq!(throttle.pause("a", now), None);
    }
}
