//! A destination in memory that fails as it is told.

use async_trait::async_trait;
use bytes::Bytes;
use latarnik_destinations::{
    Content, Destination, Entry, Failure, FailureCode, ObjectName, Operation, Space, Written,
};
use std::{
    collections::{BTreeMap, VecDeque},
    future::pending,
    ops::Range,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::sleep;

/// What goes wrong with one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// It fails with this code.
    Fails(FailureCode),
    /// The write seems to go well, but one bit of what is stored is another.
    Corrupts,
    /// The write seems to go well, but nothing is stored.
    Forgets,
    /// The connection is cut after half of what is written.
    Cuts,
    /// The first piece is taken, and then there is no answer.
    Hangs,
    /// The answer takes this long.
    Delays(Duration),
}

/// Files, and what goes wrong with the next operations that read or write.
#[derive(Debug, Default)]
pub(crate) struct Faulty(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<String, Bytes>,
    script: VecDeque<Fault>,
    calls: Vec<&'static str>,
}

impl Faulty {
    /// Goes wrong like this, one operation after the other, and then no more.
    pub(crate) fn with(script: impl IntoIterator<Item = Fault>) -> Self {
        let faulty = Self::default();
        faulty.state(|state| state.script.extend(script));
        faulty
    }

    /// What was asked for so far.
    pub(crate) fn calls(&self) -> Vec<&'static str> {
        self.state(|state| state.calls.clone())
    }

    /// What lies under a name.
    pub(crate) fn stored(&self, name: &ObjectName) -> Option<Bytes> {
        self.state(|state| state.files.get(name.as_str()).cloned())
    }

    fn state<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn begin(&self, call: &'static str) -> Fault {
        self.state(|state| {
            state.calls.push(call);
            state.script.pop_front().unwrap_or(Fault::None)
        })
    }

    async fn suffer(&self, call: &'static str, operation: Operation) -> Result<(), Failure> {
        match self.begin(call) {
            Fault::Fails(code) => Err(Failure::new(operation, code)),
            Fault::Cuts => Err(Failure::new(operation, FailureCode::ConnectionLost)),
            Fault::Hangs => pending().await,
            Fault::Delays(time) => {
                sleep(time).await;
                Ok(())
            }
            Fault::None | Fault::Corrupts | Fault::Forgets => Ok(()),
        }
    }
}

#[async_trait]
impl Destination for Faulty {
    fn location(&self) -> String {
        "faulty".to_owned()
    }

    async fn prepare(&self) -> Result<(), Failure> {
        self.suffer("prepare", Operation::Prepare).await
    }

    async fn write(&self, name: &ObjectName, content: Content) -> Result<Written, Failure> {
        let fault = self.begin("write");
        let failed = |code| Err(Failure::new(Operation::Write, code).about(name));
        if let Fault::Fails(code) = fault {
            return failed(code);
        }
        let mut bytes = Vec::new();
        let mut cursor = content.cursor(1000);
        while let Some(piece) = cursor.next().await {
            bytes.extend_from_slice(&piece);
            match fault {
                Fault::Hangs => pending().await,
                Fault::Cuts if bytes.len() as u64 * 2 >= content.length() => {
                    return failed(FailureCode::ConnectionLost);
                }
                _ => {}
            }
        }
        match fault {
            Fault::Delays(time) => sleep(time).await,
            Fault::Corrupts => {
                let middle = bytes.len() / 2;
                if let Some(byte) = bytes.get_mut(middle) {
                    *byte ^= 1;
                }
            }
            Fault::Forgets => return Ok(Written::Unconfirmed),
            _ => {}
        }
        self.state(|state| state.files.insert(name.as_str().to_owned(), bytes.into()));
        Ok(Written::Unconfirmed)
    }

    async fn read(&self, name: &ObjectName) -> Result<Bytes, Failure> {
        self.suffer("read", Operation::Read).await?;
        self.stored(name)
            .ok_or_else(|| Failure::new(Operation::Read, FailureCode::NotFound).about(name))
    }

    async fn read_range(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, Failure> {
        self.suffer("read_range", Operation::Read).await?;
        let bytes = self
            .stored(name)
            .ok_or_else(|| Failure::new(Operation::Read, FailureCode::NotFound).about(name))?;
        Ok(bytes.slice(range.start as usize..range.end as usize))
    }

    async fn list(&self, _folder: Option<&ObjectName>) -> Result<Vec<Entry>, Failure> {
        self.suffer("list", Operation::List).await?;
        Ok(Vec::new())
    }

    async fn size(&self, name: &ObjectName) -> Result<Option<u64>, Failure> {
        self.suffer("size", Operation::Examine).await?;
        Ok(self.stored(name).map(|bytes| bytes.len() as u64))
    }

    async fn remove(&self, name: &ObjectName) -> Result<(), Failure> {
        self.suffer("remove", Operation::Remove).await?;
        self.state(|state| state.files.remove(name.as_str()));
        Ok(())
    }

    async fn remove_leftovers(&self) -> Result<u64, Failure> {
        self.suffer("remove_leftovers", Operation::Clean).await?;
        Ok(0)
    }

    async fn space(&self) -> Result<Option<Space>, Failure> {
        self.suffer("space", Operation::Measure).await?;
        Ok(None)
    }
}
