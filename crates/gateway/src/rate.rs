//! Limits on how often a peer may ask.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// A bucket that fills with `rate` tokens per second up to twice that.
#[derive(Debug)]
pub(crate) struct TokenBucket {
    rate: f32,
    capacity: f32,
    level: f32,
    filled_at: Instant,
}

impl TokenBucket {
    /// A full bucket.
    pub(crate) fn new(rate: f32, capacity: f32, now: Instant) -> Self {
        Self {
            rate,
            capacity,
            level: capacity,
            filled_at: now,
        }
    }

    /// Takes a token, or says after how long there is one.
    pub(crate) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        self.wait(now)?;
        self.level -= 1.0;
        Ok(())
    }

    /// Whether there is a token, or after how long there is one.
    fn wait(&mut self, now: Instant) -> Result<(), Duration> {
        let passed = now.saturating_duration_since(self.filled_at).as_secs_f32();
        self.level = passed.mul_add(self.rate, self.level).min(self.capacity);
        self.filled_at = now;
        if self.level >= 1.0 {
            return Ok(());
        }
        Err(Duration::from_secs_f32((1.0 - self.level) / self.rate))
    }

    fn is_full(&mut self, now: Instant) -> bool {
        let _ = self.wait(now);
        self.level >= self.capacity
    }
}

/// Most addresses that are remembered.
const ADDRESSES: usize = 10_000;
/// Failures that an address may cause at once.
const FAILURES: f32 = 20.0;
/// Failures per second that an address may cause for long.
const FAILURE_RATE: f32 = 0.1;

/// Counts failed registrations by address. Successful ones are bounded by the tokens' uses, and
/// many of them from one address are a roll-out, not an attack.
#[derive(Debug, Default)]
pub(crate) struct FailureLimit {
    buckets: Mutex<HashMap<IpAddr, TokenBucket>>,
}

impl FailureLimit {
    /// Whether the address may try, or after how long.
    pub(crate) fn check(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets
            .get_mut(&network(address))
            .map_or(Ok(()), |bucket| bucket.wait(now))
    }

    /// Notes a failure.
    pub(crate) fn record_failure(&self, address: IpAddr, now: Instant) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ADDRESSES {
            buckets.retain(|_, bucket| !bucket.is_full(now));
        }
        if buckets.len() >= ADDRESSES {
            buckets.clear();
        }
        let bucket = buckets
            .entry(network(address))
            .or_insert_with(|| TokenBucket::new(FAILURE_RATE, FAILURES, now));
        let _ = bucket.take(now);
    }
}

/// What one customer of a provider has: an IPv4 address, or a /64 of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            const PREFIX: u128 = !0 << 64;
            Ipv6Addr::from_bits(address.to_bits() & PREFIX).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_gives_its_burst_and_then_its_rate() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(2.0, 4.0, start);
        for _ in 0..4 {
            assert_eq!(bucket.take(start), Ok(()));
        }
        assert_eq!(bucket.take(start), Err(Duration::from_millis(500)));
        assert_eq!(bucket.take(start + Duration::from_millis(500)), Ok(()));
    }

    #[test]
    fn many_failures_lock_an_address_and_its_network_for_a_while() {
        let (limit, start) = (FailureLimit::default(), Instant::now());
        let attacker = "2001:db8::1".parse().unwrap();
        for _ in 0..20 {
            assert_eq!(limit.check(attacker, start), Ok(()));
            limit.record_failure(attacker, start);
        }
        assert!(limit.check("2001:db8::2".parse().unwrap(), start).is_err());
        assert_eq!(limit.check("2001:db8:1::1".parse().unwrap(), start), Ok(()));
        assert_eq!(
            limit.check(attacker, start + Duration::from_secs(11)),
            Ok(())
        );
    }
}
