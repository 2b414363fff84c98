//! What a device may ask for, over all of its connections.

use super::{Exceeded, Policy, TokenBucket, Unit};
use crate::settings::Settings;
use latarnik_model::DeviceId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::time::Instant;

/// Certificates that a device may ask for: one at two thirds of its life is the rule, two more when
/// an authority is replaced.
const RENEWALS: Policy = Policy {
    name: "renewals",
    unit: Unit::Requests,
    quota: 10.0,
    per_second: 1.0 / 360.0,
};
/// Bytes that a device may send at once, for each that it may send in a second: four of the longest
/// logs with the usual settings.
const BURST_SECONDS: f64 = 256.0;
/// Below this many budgets nobody looks for some to forget.
const FEW: usize = 1024;

/// The budgets of all devices.
#[derive(Debug)]
pub(crate) struct DeviceBudgets {
    limits: Limits,
    budgets: Mutex<Budgets>,
}

#[derive(Debug, Clone, Copy)]
struct Limits {
    requests: Policy,
    bytes: Policy,
}

#[derive(Debug)]
struct Budgets {
    by_device: HashMap<DeviceId, Arc<Budget>>,
    /// From this many on, those are forgotten that are as good as new.
    forget_at: usize,
}

/// The budget of one device.
#[derive(Debug)]
pub(crate) struct Budget {
    limits: Limits,
    buckets: Mutex<Buckets>,
}

#[derive(Debug)]
struct Buckets {
    requests: TokenBucket,
    bytes: TokenBucket,
    renewals: TokenBucket,
}

impl Limits {
    fn new(settings: &Settings) -> Self {
        let per_second = |limit: u32| f64::from(limit.max(1));
        let bytes_per_second = per_second(settings.bytes_per_second);
        Self {
            requests: requests(settings),
            bytes: Policy {
                name: "bytes",
                unit: Unit::ContentBytes,
                quota: BURST_SECONDS * bytes_per_second,
                per_second: bytes_per_second,
            },
        }
    }
}

/// The limit of requests; one connection has it too until it is known whose it is.
pub(crate) fn requests(settings: &Settings) -> Policy {
    let per_second = f64::from(settings.requests_per_second.max(1));
    Policy {
        name: "requests",
        unit: Unit::Requests,
        quota: 2.0 * per_second,
        per_second,
    }
}

impl DeviceBudgets {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            limits: Limits::new(settings),
            budgets: Mutex::new(Budgets {
                by_device: HashMap::new(),
                forget_at: FEW,
            }),
        }
    }

    /// The budget that all connections of a device share.
    pub(crate) fn of(&self, device: DeviceId, now: Instant) -> Arc<Budget> {
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        if budgets.by_device.len() >= budgets.forget_at {
            budgets
                .by_device
                .retain(|_, budget| Arc::strong_count(budget) > 1 || !budget.is_untouched(now));
            budgets.forget_at = FEW.max(2 * budgets.by_device.len());
        }
        budgets
            .by_device
            .entry(device)
            .or_insert_with(|| Arc::new(Budget::new(self.limits, now)))
            .clone()
    }
}

impl Budget {
    fn new(limits: Limits, now: Instant) -> Self {
        Self {
            buckets: Mutex::new(Buckets {
                requests: TokenBucket::new(&limits.requests, now),
                bytes: TokenBucket::new(&limits.bytes, now),
                renewals: TokenBucket::new(&RENEWALS, now),
            }),
            limits,
        }
    }

    /// Counts a request.
    pub(crate) fn take_request(&self, now: Instant) -> Result<(), Exceeded> {
        let requests = &self.limits.requests;
        self.buckets().requests.take(requests, 1.0, now)
    }

    /// Whether so many bytes may come; they are counted as they do.
    pub(crate) fn check_bytes(&self, bytes: u64, now: Instant) -> Result<(), Exceeded> {
        let policy = &self.limits.bytes;
        self.buckets().bytes.check(policy, bytes as f64, now)
    }

    /// Counts bytes that came.
    pub(crate) fn take_bytes(&self, bytes: usize, now: Instant) -> Result<(), Exceeded> {
        let policy = &self.limits.bytes;
        self.buckets().bytes.take(policy, bytes as f64, now)
    }

    /// Counts a certificate.
    pub(crate) fn take_renewal(&self, now: Instant) -> Result<(), Exceeded> {
        self.buckets().renewals.take(&RENEWALS, 1.0, now)
    }

    fn is_untouched(&self, now: Instant) -> bool {
        let Buckets {
            requests,
            bytes,
            renewals,
        } = &mut *self.buckets();
        requests.is_full(&self.limits.requests, now)
            && bytes.is_full(&self.limits.bytes, now)
            && renewals.is_full(&RENEWALS, now)
    }

    fn buckets(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use uuid::Uuid;

    fn device(number: usize) -> DeviceId {
        DeviceId(Uuid::from_u128(number as u128))
    }

    #[test]
    fn budget_is_remembered_after_the_last_connection_until_it_is_full_again() {
        let (budgets, start) = (
            DeviceBudgets::new(&Settings::new("localhost:1")),
            Instant::now(),
        );
        budgets.of(device(0), start).take_renewal(start).unwrap();
        let remembered = |now| {
            for number in 1..=3 * FEW {
                budgets.of(device(number), now);
            }
            let budgets = budgets.budgets.lock().unwrap();
            (
                budgets.by_device.contains_key(&device(0)),
                budgets.by_device.len() <= FEW,
            )
        };
        assert_eq!(remembered(start), (true, true));
        assert_eq!(remembered(start + Duration::from_secs(361)), (false, true));
    }
}
