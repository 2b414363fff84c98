//! What an address may ask for without a certificate: registrations, and few that fail.

use super::{Exceeded, Policy, TokenBucket, Unit};
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
};
use tokio::time::Instant;

/// Most addresses that are remembered.
const ADDRESSES: usize = 10_000;
/// Registrations that an address may send at once, for each that it may send in a second.
const BURST_SECONDS: f64 = 50.0;
/// Registrations that may fail.
const FAILURES: Policy = Policy {
    name: "failed-registrations",
    unit: Unit::Requests,
    quota: 20.0,
    per_second: 0.1,
};

/// Slows down whoever registers without end or tries token after token.
#[derive(Debug)]
pub(crate) struct AddressLimits {
    registrations: Policy,
    addresses: Mutex<HashMap<IpAddr, Buckets>>,
}

#[derive(Debug)]
struct Buckets {
    registrations: TokenBucket,
    failures: TokenBucket,
}

impl AddressLimits {
    /// Limits that let so many registrations a second through for long.
    pub(crate) fn new(registrations_per_second: u32) -> Self {
        let per_second = f64::from(registrations_per_second.max(1));
        Self {
            registrations: Policy {
                name: "registrations",
                unit: Unit::Requests,
                quota: BURST_SECONDS * per_second,
                per_second,
            },
            addresses: Mutex::default(),
        }
    }

    /// Counts a registration that an address sends, unless it has to wait.
    pub(crate) fn begin(&self, address: IpAddr, now: Instant) -> Result<(), Exceeded> {
        self.with(address, now, |buckets, registrations| {
            buckets.failures.check(&FAILURES, 1.0, now)?;
            buckets.registrations.take(registrations, 1.0, now)
        })
    }

    /// Notes that a registration failed by its sender's fault.
    pub(crate) fn record_failure(&self, address: IpAddr, now: Instant) {
        // Beyond the limit there is nothing to take, and the next attempt will not begin.
        let _ = self.with(address, now, |buckets, _| {
            buckets.failures.take(&FAILURES, 1.0, now)
        });
    }

    fn with<T>(
        &self,
        address: IpAddr,
        now: Instant,
        work: impl FnOnce(&mut Buckets, &Policy) -> T,
    ) -> T {
        let policy = &self.registrations;
        let mut addresses = self
            .addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if addresses.len() >= ADDRESSES {
            addresses.retain(|_, buckets| {
                !(buckets.failures.is_full(&FAILURES, now)
                    && buckets.registrations.is_full(policy, now))
            });
        }
        if addresses.len() >= ADDRESSES {
            addresses.clear();
        }
        let buckets = addresses
            .entry(network(address))
            .or_insert_with(|| Buckets {
                registrations: TokenBucket::new(policy, now),
                failures: TokenBucket::new(&FAILURES, now),
            });
        work(buckets, policy)
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
    use std::time::Duration;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn many_failures_lock_an_address_and_its_network_for_a_while() {
        let (limits, start) = (AddressLimits::new(100), Instant::now());
        let attacker = address("2001:db8::1");
        for _ in 0..20 {
            assert_eq!(limits.begin(attacker, start), Ok(()));
            limits.record_failure(attacker, start);
        }
        let refused = limits.begin(address("2001:db8::2"), start).unwrap_err();
        assert_eq!(refused.policy, FAILURES);
        assert_eq!(limits.begin(address("2001:db8:1::1"), start), Ok(()));
        let later = start + Duration::from_secs(11);
        assert_eq!(limits.begin(attacker, later), Ok(()));
    }

    #[test]
    fn registrations_without_end_are_slowed_down_even_if_they_succeed() {
        let (limits, start) = (AddressLimits::new(1), Instant::now());
        let office = address("192.0.2.7");
        for _ in 0..50 {
            assert_eq!(limits.begin(office, start), Ok(()));
        }
        let refused = limits.begin(office, start).unwrap_err();
        assert_eq!(refused.policy.name, "registrations");
        assert_eq!(refused.wait, Duration::from_secs(1));
        assert_eq!(limits.begin(address("192.0.2.8"), start), Ok(()));
    }
}
