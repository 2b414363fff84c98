//! Giving up on what does not go on.

use crate::{
    Content, Destination, Entry, Failure, FailureCode, ObjectName, Operation, Space, Written,
};
use async_trait::async_trait;
use bytes::Bytes;
use std::{
    fmt,
    future::Future,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep_until, timeout};

/// How long operations may take.
///
/// Destinations have limits of their own for silence on the line. These are the last resort, for
/// what nobody thought of: a network drive that hangs in the system's hands, a server that
/// answers everything but the one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For a small question, and for each step of a write: between the pieces that it takes, and
    /// from the last one to the end. Waiting for the [bandwidth](crate::Bandwidth) is no part of
    /// it.
    pub step: Duration,
    /// For all of a reading, of a listing, or of cleaning up.
    pub whole: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            step: Duration::from_secs(5 * 60),
            whole: Duration::from_secs(60 * 60),
        }
    }
}

/// A destination whose operations fail as [`TimedOut`](FailureCode::TimedOut) when they take
/// longer than a [`Patience`] allows.
pub struct Patient {
    inner: Arc<dyn Destination>,
    patience: Patience,
}

impl fmt::Debug for Patient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(formatter)
    }
}

impl Patient {
    /// Wraps a destination.
    pub fn new(inner: Arc<dyn Destination>, patience: Patience) -> Self {
        Self { inner, patience }
    }
}

async fn within<T>(
    limit: Duration,
    operation: Operation,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    timeout(limit, work)
        .await
        .unwrap_or_else(|_| Err(Failure::new(operation, FailureCode::TimedOut)))
}

#[async_trait]
impl Destination for Patient {
    fn location(&self) -> String {
        self.inner.location()
    }

    async fn prepare(&self) -> Result<(), Failure> {
        within(self.patience.step, Operation::Prepare, self.inner.prepare()).await
    }

    async fn write(&self, name: &ObjectName, content: Content) -> Result<Written, Failure> {
        let watch = Arc::new(Watch::begin());
        let content = content.watched(Arc::clone(&watch));
        tokio::select! {
            written = self.inner.write(name, content) => written,
            () = watch.stands_still_for(self.patience.step) => {
                Err(Failure::new(Operation::Write, FailureCode::TimedOut).about(name))
            }
        }
    }

    async fn read(&self, name: &ObjectName) -> Result<Bytes, Failure> {
        within(self.patience.whole, Operation::Read, self.inner.read(name)).await
    }

    async fn read_range(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, Failure> {
        within(
            self.patience.whole,
            Operation::Read,
            self.inner.read_range(name, range),
        )
        .await
    }

    async fn list(&self, folder: Option<&ObjectName>) -> Result<Vec<Entry>, Failure> {
        within(
            self.patience.whole,
            Operation::List,
            self.inner.list(folder),
        )
        .await
    }

    async fn size(&self, name: &ObjectName) -> Result<Option<u64>, Failure> {
        within(
            self.patience.step,
            Operation::Examine,
            self.inner.size(name),
        )
        .await
    }

    async fn remove(&self, name: &ObjectName) -> Result<(), Failure> {
        within(
            self.patience.step,
            Operation::Remove,
            self.inner.remove(name),
        )
        .await
    }

    async fn remove_leftovers(&self) -> Result<u64, Failure> {
        within(
            self.patience.whole,
            Operation::Clean,
            self.inner.remove_leftovers(),
        )
        .await
    }

    async fn space(&self) -> Result<Option<Space>, Failure> {
        within(self.patience.step, Operation::Measure, self.inner.space()).await
    }
}

/// Whether a content is being taken.
#[derive(Debug)]
pub(crate) struct Watch(Mutex<Progress>);

#[derive(Debug)]
struct Progress {
    last: Instant,
    /// Walks that wait for their pace.
    waiting: usize,
}

impl Watch {
    fn begin() -> Self {
        Self(Mutex::new(Progress {
            last: Instant::now(),
            waiting: 0,
        }))
    }

    /// A walk waits for its pace until this is dropped.
    pub(crate) fn wait(&self) -> Waiting<'_> {
        self.change(|progress| progress.waiting += 1);
        Waiting(self)
    }

    /// A piece was taken.
    pub(crate) fn go_on(&self) {
        self.change(|_| {});
    }

    fn change(&self, change: impl FnOnce(&mut Progress)) {
        let mut progress = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut progress);
        progress.last = Instant::now();
    }

    async fn stands_still_for(&self, limit: Duration) {
        loop {
            let now = Instant::now();
            let end = {
                let progress = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                let since = if progress.waiting > 0 {
                    now
                } else {
                    progress.last
                };
                since + limit
            };
            if end <= now {
                return;
            }
            sleep_until(end).await;
        }
    }
}

pub(crate) struct Waiting<'a>(&'a Watch);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.change(|progress| progress.waiting -= 1);
    }
}
