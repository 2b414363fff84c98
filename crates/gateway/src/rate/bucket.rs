//! A bucket of tokens, and what is said to those who find it empty.

use std::{fmt, time::Duration};
use tokio::time::Instant;

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Requests.
    Requests,
    /// Bytes of bodies.
    ContentBytes,
}

/// A limit: up to `quota` at once, and as much again in every window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Policy {
    /// Its name on the wire.
    pub(crate) name: &'static str,
    /// What it counts.
    pub(crate) unit: Unit,
    /// The most at once.
    pub(crate) quota: f64,
    /// What comes back in a second.
    pub(crate) per_second: f64,
}

/// A limit was reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Exceeded {
    pub(crate) policy: Policy,
    /// What is left, not enough for what was asked.
    pub(crate) remaining: u64,
    /// After how long there is enough.
    pub(crate) wait: Duration,
}

/// A bucket that starts full and fills again steadily.
#[derive(Debug)]
pub(crate) struct TokenBucket {
    level: f64,
    filled_at: Instant,
}

impl Policy {
    /// Whole seconds in which the bucket fills.
    fn window_seconds(&self) -> u64 {
        (self.quota / self.per_second).ceil().max(1.0) as u64
    }
}

/// The value of `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers).
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (quota, window) = (self.quota as u64, self.window_seconds());
        write!(f, "\"{}\";q={quota};w={window}", self.name)?;
        match self.unit {
            Unit::Requests => Ok(()),
            Unit::ContentBytes => f.write_str(";qu=\"content-bytes\""),
        }
    }
}

impl Exceeded {
    /// Whole seconds until there is enough, at least one.
    pub(crate) fn wait_seconds(&self) -> u64 {
        self.wait.as_secs_f64().ceil().max(1.0) as u64
    }
}

/// The value of `RateLimit`.
impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, remaining, wait) = (self.policy.name, self.remaining, self.wait_seconds());
        write!(f, "\"{name}\";r={remaining};t={wait}")
    }
}

impl TokenBucket {
    /// A full bucket.
    pub(crate) fn new(policy: &Policy, now: Instant) -> Self {
        Self {
            level: policy.quota,
            filled_at: now,
        }
    }

    /// Takes so much, or says after how long there is enough. More than the quota counts as the
    /// quota: it would never be there.
    pub(crate) fn take(
        &mut self,
        policy: &Policy,
        amount: f64,
        now: Instant,
    ) -> Result<(), Exceeded> {
        self.check(policy, amount, now)?;
        self.level -= amount;
        Ok(())
    }

    /// Whether there is so much, or after how long there is.
    pub(crate) fn check(
        &mut self,
        policy: &Policy,
        amount: f64,
        now: Instant,
    ) -> Result<(), Exceeded> {
        let passed = now.saturating_duration_since(self.filled_at).as_secs_f64();
        self.level = passed
            .mul_add(policy.per_second, self.level)
            .min(policy.quota);
        self.filled_at = now;
        let lacking = amount.min(policy.quota) - self.level;
        if lacking <= 0.0 {
            return Ok(());
        }
        Err(Exceeded {
            policy: *policy,
            remaining: self.level.max(0.0) as u64,
            wait: Duration::from_secs_f64(lacking / policy.per_second),
        })
    }

    /// Whether it is as if nothing had ever been taken.
    pub(crate) fn is_full(&mut self, policy: &Policy, now: Instant) -> bool {
        self.check(policy, policy.quota, now).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy {
        name: "requests",
        unit: Unit::Requests,
        quota: 4.0,
        per_second: 2.0,
    };

    #[test]
    fn bucket_gives_its_quota_and_then_its_rate() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(&POLICY, start);
        for _ in 0..4 {
            assert_eq!(bucket.take(&POLICY, 1.0, start), Ok(()));
        }
        let exceeded = bucket.take(&POLICY, 1.0, start).unwrap_err();
        assert_eq!(exceeded.wait, Duration::from_millis(500));
        assert!(!bucket.is_full(&POLICY, start));
        let later = start + Duration::from_millis(500);
        assert_eq!(bucket.take(&POLICY, 1.0, later), Ok(()));
        assert!(bucket.is_full(&POLICY, later + Duration::from_secs(2)));
    }

    #[test]
    fn more_than_the_quota_waits_for_a_full_bucket_and_leaves_a_debt() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(&POLICY, start);
        assert_eq!(bucket.take(&POLICY, 6.0, start), Ok(()));
        let exceeded = bucket.take(&POLICY, 1.0, start).unwrap_err();
        assert_eq!(
            (exceeded.remaining, exceeded.wait),
            (0, Duration::from_millis(1500))
        );
    }

    #[test]
    fn limits_are_told_in_the_fields_of_the_draft() {
        let bytes = Policy {
            name: "bytes",
            unit: Unit::ContentBytes,
            quota: 1000.0,
            per_second: 300.0,
        };
        assert_eq!(POLICY.to_string(), "\"requests\";q=4;w=2");
        assert_eq!(
            bytes.to_string(),
            "\"bytes\";q=1000;w=4;qu=\"content-bytes\""
        );
        let exceeded = Exceeded {
            policy: bytes,
            remaining: 7,
            wait: Duration::from_millis(1200),
        };
        assert_eq!(exceeded.to_string(), "\"bytes\";r=7;t=2");
    }
}
