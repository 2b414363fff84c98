//! Trying again what may succeed later.

use crate::{Content, Destination, Entry, Failure, ObjectName, ServerKey, Space, Written};
use async_trait::async_trait;
use bytes::Bytes;
use std::{fmt, future::Future, ops::Range, sync::Arc, time::Duration};

/// How often and how patiently something is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// Attempts after the first.
    pub attempts: u32,
    /// The pause before the second attempt; it doubles with each further one.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            attempts: 5,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(30),
        }
    }
}

impl Retries {
    /// The pause after this many failed attempts: between half of it and all of it, so that many
    /// clients of a server that comes back do not return at the same instant. `fraction` is random
    /// and lies between 0 and 1.
    fn pause(&self, failed: u32, fraction: f64) -> Duration {
        let doubled = self
            .first_pause
            .saturating_mul(2_u32.saturating_pow(failed.saturating_sub(1)));
        doubled
            .min(self.longest_pause)
            .mul_f64(fraction.clamp(0.0, 1.0).mul_add(0.5, 0.5))
    }
}

/// A destination whose operations are tried again, with growing pauses, when the failure is
/// [worth it](crate::FailureCode::is_worth_retrying).
pub struct Retrying {
    inner: Arc<dyn Destination>,
    retries: Retries,
}

impl fmt::Debug for Retrying {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(formatter)
    }
}

impl Retrying {
    /// Wraps a destination.
    pub fn new(inner: Arc<dyn Destination>, retries: Retries) -> Self {
        Self { inner, retries }
    }

    async fn retry<T, F: Future<Output = Result<T, Failure>>>(
        &self,
        operation: impl Fn() -> F,
    ) -> Result<T, Failure> {
        let mut failed = 0;
        loop {
            match operation().await {
                Err(failure)
                    if failure.code.is_worth_retrying() && failed < self.retries.attempts =>
                {
                    failed += 1;
                    let pause = self.retries.pause(failed, random_fraction());
                    tracing::warn!(
                        destination = self.inner.location(),
                        failure = failure.chain(),
                        attempt = failed,
                        pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
                        "trying again"
                    );
                    tokio::time::sleep(pause).await;
                }
                result => return result,
            }
        }
    }
}

fn random_fraction() -> f64 {
    getrandom::u32().map_or(0.5, |random| f64::from(random) / f64::from(u32::MAX))
}

#[async_trait]
impl Destination for Retrying {
    fn location(&self) -> String {
        self.inner.location()
    }

    async fn prepare(&self) -> Result<(), Failure> {
        self.retry(|| self.inner.prepare()).await
    }

    async fn write(&self, name: &ObjectName, content: Content) -> Result<Written, Failure> {
        self.retry(|| self.inner.write(name, content.clone())).await
    }

    async fn read(&self, name: &ObjectName) -> Result<Bytes, Failure> {
        self.retry(|| self.inner.read(name)).await
    }

    async fn read_range(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, Failure> {
        self.retry(|| self.inner.read_range(name, range.clone()))
            .await
    }

    async fn list(&self, folder: Option<&ObjectName>) -> Result<Vec<Entry>, Failure> {
        self.retry(|| self.inner.list(folder)).await
    }

    async fn size(&self, name: &ObjectName) -> Result<Option<u64>, Failure> {
        self.retry(|| self.inner.size(name)).await
    }

    async fn remove(&self, name: &ObjectName) -> Result<(), Failure> {
        self.retry(|| self.inner.remove(name)).await
    }

    async fn remove_leftovers(&self) -> Result<u64, Failure> {
        self.retry(|| self.inner.remove_leftovers()).await
    }

    async fn space(&self) -> Result<Option<Space>, Failure> {
        self.retry(|| self.inner.space()).await
    }

    fn server_key(&self) -> Option<ServerKey> {
        self.inner.server_key()
    }
}

#[cfg(test)]
mod tests {
    use super::Retries;
    use std::time::Duration;

    #[test]
    fn pauses_double_up_to_the_longest_and_vary_by_half() {
        let retries = Retries {
            attempts: 9,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(5),
        };
        let longest: Vec<u64> = (1..=5)
            .map(|failed| retries.pause(failed, 1.0).as_secs())
            .collect();
        assert_eq!(longest, [1, 2, 4, 5, 5]);
        assert_eq!(retries.pause(3, 0.0), Duration::from_secs(2));
        assert_eq!(retries.pause(u32::MAX, 1.0), Duration::from_secs(5));
    }
}
