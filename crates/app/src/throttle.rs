//! Guessing slowed down.

use crate::{AppError, Problem};
use jiff::{SignedDuration, Timestamp};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(15);
/// After this long without a failure all is forgotten.
const FORGET_AFTER: SignedDuration = SignedDuration::from_hours(1);
const MOST_KEYS: usize = 50_000;
/// Characters of an account that are told apart: no e-mail address has more, and nobody shall fill
/// the memory with text that is none.
const LONGEST_ACCOUNT: usize = 254;

/// What failures are counted by. The first so many cost nothing; after them each doubles the pause.
///
/// One account from one address is slowed down first, so that a person's typing errors, or somebody
/// who guesses at them, do not lock them out from elsewhere. One address trying many accounts comes
/// next, and only then an account that many addresses try.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    AccountFrom(String, Option<IpAddr>),
    Address(IpAddr),
    Account(String),
}

impl Key {
    const fn free_failures(&self) -> u32 {
        match self {
            Self::AccountFrom(..) => 5,
            Self::Address(_) => 20,
            Self::Account(_) => 50,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Timestamp,
}

impl Failures {
    fn pause(self, free: u32) -> SignedDuration {
        if self.count < free {
            return SignedDuration::ZERO;
        }
        let exponent = (self.count - free).min(16);
        SignedDuration::from_secs(1 << exponent).min(LONGEST_PAUSE)
    }
}

/// An attempt that was let through.
#[derive(Debug)]
pub(crate) struct Attempt(Vec<Key>);

/// The failures of the last hour.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<HashMap<Key, Failures>>);

impl Attempts {
    /// Lets an attempt through, or says how long to wait.
    pub(crate) fn begin(
        &self,
        account: &str,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Attempt, AppError> {
        let account = account.trim().chars().take(LONGEST_ACCOUNT);
        let account = account.collect::<String>().to_ascii_lowercase();
        let mut keys = vec![
            Key::AccountFrom(account.clone(), address),
            Key::Account(account),
        ];
        keys.extend(address.map(Key::Address));
        let failures = self.lock();
        let pause = keys
            .iter()
            .filter_map(|key| {
                let failures = failures.get(key)?;
                let pause = failures.pause(key.free_failures());
                Some(failures.last.duration_since(now) + pause)
            })
            .max()
            .unwrap_or(SignedDuration::ZERO);
        if pause > SignedDuration::ZERO {
            let seconds = u64::try_from(pause.as_secs()).unwrap_or_default() + 1;
            return Err(Problem::TooManyAttempts {
                retry_after_seconds: seconds,
            }
            .into());
        }
        Ok(Attempt(keys))
    }

    /// Notes a failure.
    pub(crate) fn failed(&self, attempt: &Attempt, now: Timestamp) {
        let mut failures = self.lock();
        if failures.len() >= MOST_KEYS {
            failures.retain(|_, entry| now.duration_since(entry.last) < FORGET_AFTER);
        }
        for key in &attempt.0 {
            let entry = failures.entry(key.clone()).or_insert(Failures {
                count: 0,
                last: now,
            });
            if now.duration_since(entry.last) >= FORGET_AFTER {
                entry.count = 0;
            }
            entry.count += 1;
            entry.last = now;
        }
    }

    /// Forgets the failures of an account from where it succeeded. Those of the address stay: who
    /// has one account must not get more guesses at others by it.
    pub(crate) fn succeeded(&self, attempt: &Attempt) {
        let mut failures = self.lock();
        for key in &attempt.0 {
            if !matches!(key, Key::Address(_)) {
                failures.remove(key);
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Failures>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn address(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, last]))
    }

    fn seconds(attempts: &Attempts, account: &str, address: Option<IpAddr>) -> u64 {
        match attempts.begin(account, address, NOW) {
            Ok(_) => 0,
            Err(AppError::Refused(Problem::TooManyAttempts {
                retry_after_seconds,
            })) => retry_after_seconds,
            Err(other) => panic!("{other}"),
        }
    }

    fn fail(attempts: &Attempts, account: &str, address: Option<IpAddr>, times: u32) {
        for _ in 0..times {
            let mut keys = vec![
                Key::AccountFrom(account.to_owned(), address),
                Key::Account(account.to_owned()),
            ];
            keys.extend(address.map(Key::Address));
            attempts.failed(&Attempt(keys), NOW);
        }
    }

    #[test]
    fn sixth_wrong_guess_has_to_wait_and_a_right_one_clears() {
        let attempts = Attempts::default();
        fail(&attempts, "a", address(1), 4);
        assert_eq!(seconds(&attempts, "a", address(1)), 0);
        fail(&attempts, "a", address(1), 1);
        assert_eq!(seconds(&attempts, "A ", address(1)), 2);
        assert_eq!(seconds(&attempts, "b", address(1)), 0);
        fail(&attempts, "a", address(1), 1);
        assert_eq!(seconds(&attempts, "a", address(1)), 3);
        let attempt = Attempt(vec![Key::AccountFrom("a".to_owned(), address(1))]);
        attempts.succeeded(&attempt);
        assert_eq!(seconds(&attempts, "a", address(1)), 0);
    }

    #[test]
    fn guessing_from_elsewhere_does_not_lock_a_person_out() {
        let attempts = Attempts::default();
        fail(&attempts, "a", address(1), 19);
        assert!(seconds(&attempts, "a", address(1)) > 0);
        assert_eq!(seconds(&attempts, "a", address(2)), 0);
    }

    #[test]
    fn one_address_with_many_accounts_has_to_wait() {
        let attempts = Attempts::default();
        for account in 0..20 {
            fail(&attempts, &account.to_string(), address(1), 1);
        }
        assert!(seconds(&attempts, "another", address(1)) > 0);
        assert_eq!(seconds(&attempts, "another", address(2)), 0);
    }

    #[test]
    fn one_account_from_many_addresses_has_to_wait() {
        let attempts = Attempts::default();
        for last in 0..50 {
            fail(&attempts, "a", address(last), 1);
        }
        assert!(seconds(&attempts, "a", address(200)) > 0);
    }

    #[test]
    fn text_that_is_no_address_takes_no_more_room_than_one() {
        let attempts = Attempts::default();
        let attempt = attempts.begin(&"ż".repeat(1 << 20), address(1), NOW);
        attempts.failed(&attempt.unwrap(), NOW);
        for key in attempts.lock().keys() {
            let (Key::AccountFrom(account, _) | Key::Account(account)) = key else {
                continue;
            };
            assert!(account.chars().count() <= LONGEST_ACCOUNT);
        }
    }

    #[test]
    fn pause_has_an_end() {
        let attempts = Attempts::default();
        fail(&attempts, "a", address(1), 1000);
        assert_eq!(seconds(&attempts, "a", address(1)), 15 * 60 + 1);
    }
}
