//! Leaving room on the line for others.

use crate::{Content, Destination, Entry, Failure, ObjectName, ServerKey, Space, Written};
use async_trait::async_trait;
use bytes::Bytes;
use std::{
    fmt,
    num::NonZeroU64,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// A rate that everything sharing it keeps to together.
#[derive(Debug)]
pub struct Bandwidth {
    bytes_per_second: NonZeroU64,
    /// When all that was allowed so far will have passed.
    busy_until: Mutex<Option<Instant>>,
}

impl Bandwidth {
    /// A limit in bytes a second.
    pub fn new(bytes_per_second: NonZeroU64) -> Self {
        Self {
            bytes_per_second,
            busy_until: Mutex::new(None),
        }
    }

    /// Waits until this many bytes may pass.
    pub async fn take(&self, bytes: u64) {
        let start = {
            let mut busy_until = self
                .busy_until
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let start = busy_until.map_or(now, |instant| instant.max(now));
            *busy_until = Some(start + self.duration(bytes));
            start
        };
        tokio::time::sleep_until(start).await;
    }

    fn duration(&self, bytes: u64) -> Duration {
        let nanoseconds =
            u128::from(bytes) * 1_000_000_000 / u128::from(self.bytes_per_second.get());
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }
}

/// A destination whose transfers keep to a [`Bandwidth`]: what is written piece by piece, what is
/// read with a pause after each answer.
pub struct Throttled {
    inner: Arc<dyn Destination>,
    bandwidth: Arc<Bandwidth>,
}

impl fmt::Debug for Throttled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(formatter)
    }
}

impl Throttled {
    /// Wraps a destination.
    pub fn new(inner: Arc<dyn Destination>, bandwidth: Arc<Bandwidth>) -> Self {
        Self { inner, bandwidth }
    }
}

#[async_trait]
impl Destination for Throttled {
    fn location(&self) -> String {
        self.inner.location()
    }

    async fn prepare(&self) -> Result<(), Failure> {
        self.inner.prepare().await
    }

    async fn write(&self, name: &ObjectName, content: Content) -> Result<Written, Failure> {
        self.inner
            .write(name, content.paced(Arc::clone(&self.bandwidth)))
            .await
    }

    async fn read(&self, name: &ObjectName) -> Result<Bytes, Failure> {
        let bytes = self.inner.read(name).await?;
        self.bandwidth.take(bytes.len() as u64).await;
        Ok(bytes)
    }

    async fn read_range(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, Failure> {
        let bytes = self.inner.read_range(name, range).await?;
        self.bandwidth.take(bytes.len() as u64).await;
        Ok(bytes)
    }

    async fn list(&self, folder: Option<&ObjectName>) -> Result<Vec<Entry>, Failure> {
        self.inner.list(folder).await
    }

    async fn size(&self, name: &ObjectName) -> Result<Option<u64>, Failure> {
        self.inner.size(name).await
    }

    async fn remove(&self, name: &ObjectName) -> Result<(), Failure> {
        self.inner.remove(name).await
    }

    async fn remove_leftovers(&self) -> Result<u64, Failure> {
        self.inner.remove_leftovers().await
    }

    async fn space(&self) -> Result<Option<Space>, Failure> {
        self.inner.space().await
    }

    fn server_key(&self) -> Option<ServerKey> {
        self.inner.server_key()
    }
}

#[cfg(test)]
mod tests {
    use super::Bandwidth;
    use crate::Content;
    use std::{num::NonZeroU64, sync::Arc, time::Duration};
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn what_shares_a_bandwidth_keeps_to_it_together() {
        let bandwidth = Arc::new(Bandwidth::new(NonZeroU64::new(1_000).unwrap()));
        let started = Instant::now();
        let walk = |bytes: usize| {
            let content = Content::from(vec![0; bytes]).paced(Arc::clone(&bandwidth));
            async move {
                let mut cursor = content.cursor(100);
                while cursor.next().await.is_some() {}
            }
        };
        tokio::join!(walk(3_000), walk(2_000));
        bandwidth.take(1).await;
        assert_eq!(started.elapsed(), Duration::from_secs(5));
    }
}
