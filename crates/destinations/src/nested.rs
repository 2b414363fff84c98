//! A folder below the root of a destination.

use crate::{
    Content, Destination, Entry, Failure, FailureCode, ObjectName, ServerKey, Space, Written,
};
use async_trait::async_trait;
use bytes::Bytes;
use std::{ops::Range, sync::Arc};

/// A destination whose root lies below that of another: when it cannot be made since that other
/// one is missing, both are made.
#[derive(Debug)]
pub(crate) struct Nested {
    pub(crate) outer: Arc<dyn Destination>,
    pub(crate) inner: Arc<dyn Destination>,
}

#[async_trait]
impl Destination for Nested {
    fn location(&self) -> String {
        self.inner.location()
    }

    async fn prepare(&self) -> Result<(), Failure> {
        match self.inner.prepare().await {
            Err(failure) if failure.code == FailureCode::NoSuchContainer => {
                self.outer.prepare().await?;
                self.inner.prepare().await
            }
            other => other,
        }
    }

    async fn write(&self, name: &ObjectName, content: Content) -> Result<Written, Failure> {
        self.inner.write(name, content).await
    }

    async fn read(&self, name: &ObjectName) -> Result<Bytes, Failure> {
        self.inner.read(name).await
    }

    async fn read_range(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, Failure> {
        self.inner.read_range(name, range).await
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
