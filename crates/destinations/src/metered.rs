//! Counting what goes over the line.

use crate::{Content, Destination, Entry, Failure, ObjectName, ServerKey, Space, Written};
use async_trait::async_trait;
use bytes::Bytes;
use std::{
    fmt,
    future::Future,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// What went over the line so far. Retries count each time if this lies inside of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Metrics {
    /// Operations that were begun.
    pub operations: u64,
    /// Operations that failed.
    pub failures: u64,
    /// Bytes of files that were written whole.
    pub written_bytes: u64,
    /// Bytes of files that were read.
    pub read_bytes: u64,
}

/// A destination that counts.
pub struct Metered {
    inner: Arc<dyn Destination>,
    operations: AtomicU64,
    failures: AtomicU64,
    written_bytes: AtomicU64,
    read_bytes: AtomicU64,
}

impl fmt::Debug for Metered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(formatter)
    }
}

impl Metered {
    /// Wraps a destination.
    pub fn new(inner: Arc<dyn Destination>) -> Self {
        Self {
            inner,
            operations: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            written_bytes: AtomicU64::new(0),
            read_bytes: AtomicU64::new(0),
        }
    }

    /// The counts so far.
    pub fn metrics(&self) -> Metrics {
        Metrics {
            operations: self.operations.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            written_bytes: self.written_bytes.load(Ordering::Relaxed),
            read_bytes: self.read_bytes.load(Ordering::Relaxed),
        }
    }

    async fn count<T>(
        &self,
        operation: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        self.operations.fetch_add(1, Ordering::Relaxed);
        let result = operation.await;
        if result.is_err() {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
        result
    }

    fn count_read(&self, bytes: Bytes) -> Bytes {
        self.read_bytes
            .fetch_add(bytes.len() as u64, Ordering::Relaxed);
        bytes
    }
}

#[async_trait]
impl Destination for Metered {
    fn location(&self) -> String {
        self.inner.location()
    }

    async fn prepare(&self) -> Result<(), Failure> {
        self.count(self.inner.prepare()).await
    }

    async fn write(&self, name: &ObjectName, content: Content) -> Result<Written, Failure> {
        let bytes = content.length();
        let written = self.count(self.inner.write(name, content)).await?;
        self.written_bytes.fetch_add(bytes, Ordering::Relaxed);
        Ok(written)
    }

    async fn read(&self, name: &ObjectName) -> Result<Bytes, Failure> {
        let bytes = self.count(self.inner.read(name)).await?;
        Ok(self.count_read(bytes))
    }

    async fn read_range(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, Failure> {
        let bytes = self.count(self.inner.read_range(name, range)).await?;
        Ok(self.count_read(bytes))
    }

    async fn list(&self, folder: Option<&ObjectName>) -> Result<Vec<Entry>, Failure> {
        self.count(self.inner.list(folder)).await
    }

    async fn size(&self, name: &ObjectName) -> Result<Option<u64>, Failure> {
        self.count(self.inner.size(name)).await
    }

    async fn remove(&self, name: &ObjectName) -> Result<(), Failure> {
        self.count(self.inner.remove(name)).await
    }

    async fn remove_leftovers(&self) -> Result<u64, Failure> {
        self.count(self.inner.remove_leftovers()).await
    }

    async fn space(&self) -> Result<Option<Space>, Failure> {
        self.count(self.inner.space()).await
    }

    fn server_key(&self) -> Option<ServerKey> {
        self.inner.server_key()
    }
}
