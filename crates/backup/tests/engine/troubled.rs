//! A local folder with troubles that a test thinks of.

use crate::scene::Scene;
use async_trait::async_trait;
use bytes::Bytes;
use latarnik_backup::{
    Place,
    destinations::{
        Content, Destination, Entry, Failure, Local, LocalSettings, ObjectName, Operation, Space,
        Written,
    },
};
use std::{fmt, ops::Range, sync::Arc};

/// A local folder at which each operation may fail before it begins.
pub(crate) struct Troubled<T> {
    inner: Local,
    trouble: T,
}

/// A destination of this name, with these troubles.
pub(crate) fn place<T>(scene: &Scene, name: &str, trouble: T) -> Place
where
    T: Fn(Operation, Option<&ObjectName>) -> Result<(), Failure> + Send + Sync + 'static,
{
    let path = scene.at(name);
    Place {
        name: name.to_owned(),
        destination: Arc::new(Troubled {
            inner: Local::new(LocalSettings { path }),
            trouble,
        }),
    }
}

impl<T> fmt::Debug for Troubled<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(formatter)
    }
}

#[async_trait]
impl<T> Destination for Troubled<T>
where
    T: Fn(Operation, Option<&ObjectName>) -> Result<(), Failure> + Send + Sync,
{
    fn location(&self) -> String {
        self.inner.location()
    }

    async fn prepare(&self) -> Result<(), Failure> {
        (self.trouble)(Operation::Prepare, None)?;
        self.inner.prepare().await
    }

    async fn write(&self, name: &ObjectName, content: Content) -> Result<Written, Failure> {
        (self.trouble)(Operation::Write, Some(name))?;
        self.inner.write(name, content).await
    }

    async fn read(&self, name: &ObjectName) -> Result<Bytes, Failure> {
        (self.trouble)(Operation::Read, Some(name))?;
        self.inner.read(name).await
    }

    async fn read_range(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, Failure> {
        (self.trouble)(Operation::Read, Some(name))?;
        self.inner.read_range(name, range).await
    }

    async fn list(&self, folder: Option<&ObjectName>) -> Result<Vec<Entry>, Failure> {
        (self.trouble)(Operation::List, folder)?;
        self.inner.list(folder).await
    }

    async fn size(&self, name: &ObjectName) -> Result<Option<u64>, Failure> {
        (self.trouble)(Operation::Examine, Some(name))?;
        self.inner.size(name).await
    }

    async fn remove(&self, name: &ObjectName) -> Result<(), Failure> {
        (self.trouble)(Operation::Remove, Some(name))?;
        self.inner.remove(name).await
    }

    async fn remove_leftovers(&self) -> Result<u64, Failure> {
        (self.trouble)(Operation::Clean, None)?;
        self.inner.remove_leftovers().await
    }

    async fn space(&self) -> Result<Option<Space>, Failure> {
        (self.trouble)(Operation::Measure, None)?;
        self.inner.space().await
    }
}
