//! Proof that a file arrived as it was sent.

use crate::{
    Content, Destination, Entry, Failure, FailureCode, ObjectName, Operation, ServerKey, Space,
    Written,
};
use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{fmt, ops::Range, sync::Arc};

/// How it is made sure that a file arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verification {
    /// By the service's own checksum where it is cryptographic, else by reading the file back.
    #[default]
    Checksum,
    /// By its size alone: for slow lines, with checks of the whole repository later.
    Size,
}

/// A destination that examines each file after it was written. A file that is not what was sent
/// is deleted, and the write fails as
/// [`ChecksumMismatch`](crate::FailureCode::ChecksumMismatch), which is worth trying again.
pub struct Verified {
    inner: Arc<dyn Destination>,
    verification: Verification,
}

impl fmt::Debug for Verified {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(formatter)
    }
}

impl Verified {
    /// Wraps a destination.
    pub fn new(inner: Arc<dyn Destination>, verification: Verification) -> Self {
        Self {
            inner,
            verification,
        }
    }

    async fn arrived(&self, name: &ObjectName, sent: &Content) -> Result<bool, Failure> {
        match self.verification {
            Verification::Size => Ok(self.inner.size(name).await? == Some(sent.length())),
            Verification::Checksum => {
                let stored = match self.inner.read(name).await {
                    Err(failure) if failure.code == FailureCode::NotFound => return Ok(false),
                    other => other?,
                };
                let found: [u8; 32] = Sha256::digest(&stored).into();
                Ok(found == sent.sha256())
            }
        }
    }
}

#[async_trait]
impl Destination for Verified {
    fn location(&self) -> String {
        self.inner.location()
    }

    async fn prepare(&self) -> Result<(), Failure> {
        self.inner.prepare().await
    }

    async fn write(&self, name: &ObjectName, content: Content) -> Result<Written, Failure> {
        if self.inner.write(name, content.clone()).await? == Written::Confirmed {
            return Ok(Written::Confirmed);
        }
        if self.arrived(name, &content).await? {
            return Ok(match self.verification {
                Verification::Checksum => Written::Confirmed,
                Verification::Size => Written::Unconfirmed,
            });
        }
        let mismatch = Failure::new(Operation::Write, FailureCode::ChecksumMismatch).about(name);
        // It must not lie there under a name that promises other bytes. Where it cannot be
        // deleted, writing it again puts the right ones there.
        Err(match self.inner.remove(name).await {
            Ok(()) => mismatch,
            Err(failure) => mismatch.caused_by(failure),
        })
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
