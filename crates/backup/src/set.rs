//! One repository at several destinations.
//!
//! A [`RepositorySet`] is what the library for the format sees as its one place of storage. What
//! it writes goes to every member that is in step, at the same time; a member that fails after
//! its retries falls [behind](MemberState::Behind) and gets nothing more until it has
//! [caught up](crate::set::catch_up), so that no member ever has an index without its packs, or a
//! snapshot without its index. What is read comes from the first member that has it.

mod backend;
pub(crate) mod catch_up;
mod in_flight;
pub(crate) mod key_changes;
pub(crate) mod key_mold;
mod member;
mod read_ahead;

pub(crate) use backend::{SetBackend, Snapshots};
pub(crate) use member::{Member, MemberRecord, Removal};
pub use member::{MemberReport, MemberState};

use crate::{
    error::{BackupError, Result},
    files,
};
use bytes::Bytes;
use in_flight::InFlight;
use latarnik_destinations::{
    Content, Destination, Entry, Failure, FailureCode, ObjectName, Operation,
};
use rustic_core::{FileType, Id};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{runtime::Handle, task::JoinSet};
use tokio_util::sync::CancellationToken;

/// Packs that are being sent, in bytes, whatever the number of members.
const IN_FLIGHT_BYTES: u64 = 64 * 1024 * 1024;

/// How long the deletion of a lock is awaited, and how long once somebody cancelled. What is left
/// then is deleted by the next run.
const RELEASE_PATIENCE: Duration = Duration::from_secs(5);
const RELEASE_PATIENCE_WHEN_CANCELLED: Duration = Duration::from_millis(500);

/// A destination of a set.
#[derive(Debug, Clone)]
pub struct Place {
    /// The name by which the job knows it.
    pub name: String,
    /// The destination itself, with its wrappers.
    pub destination: Arc<dyn Destination>,
}

/// One repository at several destinations.
pub(crate) struct RepositorySet {
    members: Vec<Arc<Member>>,
    runtime: Handle,
    cancellation: CancellationToken,
    in_flight: InFlight,
    /// Why nothing more can be written, once that is so.
    fatal: Mutex<Option<BackupError>>,
    /// The snapshot that was written last.
    published: Mutex<Option<Id>>,
    /// Files that are as good as not there.
    hidden: BTreeSet<ObjectName>,
}

impl fmt::Debug for RepositorySet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RepositorySet")
            .field("members", &self.members)
            .finish_non_exhaustive()
    }
}

impl RepositorySet {
    pub(crate) fn new(
        members: Vec<Arc<Member>>,
        runtime: Handle,
        cancellation: CancellationToken,
    ) -> Arc<Self> {
        Self::without_files(members, runtime, cancellation, BTreeSet::new())
    }

    fn without_files(
        members: Vec<Arc<Member>>,
        runtime: Handle,
        cancellation: CancellationToken,
        hidden: BTreeSet<ObjectName>,
    ) -> Arc<Self> {
        Arc::new(Self {
            members,
            runtime,
            cancellation,
            in_flight: InFlight::new(IN_FLIGHT_BYTES),
            fatal: Mutex::new(None),
            published: Mutex::new(None),
            hidden,
        })
    }

    /// A set of this one member, as if it had none of these files.
    pub(crate) fn alone(&self, member: &Arc<Member>, hidden: BTreeSet<ObjectName>) -> Arc<Self> {
        // Asked also when it is behind.
        let (name, destination) = (member.name.clone(), Arc::clone(&member.destination));
        let member = Member::new(name, destination, MemberRecord::default());
        let (runtime, cancellation) = (self.runtime.clone(), self.cancellation.clone());
        Self::without_files(vec![Arc::new(member)], runtime, cancellation, hidden)
    }

    pub(crate) fn members(&self) -> &[Arc<Member>] {
        &self.members
    }

    /// Those that have everything, and get everything that is written.
    pub(crate) fn in_step(&self) -> Vec<Arc<Member>> {
        self.members
            .iter()
            .filter(|member| member.is_in_step())
            .cloned()
            .collect()
    }

    /// How each member is.
    pub(crate) fn report(&self) -> Vec<MemberReport> {
        self.members.iter().map(|member| member.report()).collect()
    }

    /// Runs something at a destination to its end, unless the work is cancelled.
    pub(crate) fn block<T>(
        &self,
        operation: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, BackupError> {
        let result = self.runtime.block_on(async {
            tokio::select! {
                () = self.cancellation.cancelled() => Err(BackupError::Cancelled),
                result = operation => result.map_err(BackupError::Destination),
            }
        });
        match result {
            // What fails meanwhile is no failure of the destination.
            Err(_) if self.cancellation.is_cancelled() => Err(BackupError::Cancelled),
            other => other,
        }
    }

    pub(crate) fn spawn(
        &self,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> tokio::task::JoinHandle<()> {
        self.runtime.spawn(task)
    }

    pub(crate) fn pause(&self, duration: Duration) -> Result<()> {
        self.block(async {
            tokio::time::sleep(duration).await;
            Ok(())
        })
    }

    /// Deletes a lock at all members, also when the work was cancelled. Says whether it is gone
    /// everywhere.
    pub(crate) fn release(&self, name: &ObjectName) -> bool {
        let impatience = async {
            self.cancellation.cancelled().await;
            tokio::time::sleep(RELEASE_PATIENCE_WHEN_CANCELLED).await;
        };
        self.runtime.block_on(async {
            let mut removals = JoinSet::new();
            for member in &self.members {
                let (destination, name) = (Arc::clone(&member.destination), name.clone());
                removals.spawn(async move { destination.remove(&name).await.is_ok() });
            }
            tokio::select! {
                removed = removals.join_all() => removed.into_iter().all(|is_gone| is_gone),
                () = tokio::time::sleep(RELEASE_PATIENCE) => false,
                () = impatience => false,
            }
        })
    }

    /// Sends a pack to all members in step, in the background. It comes back as soon as there is
    /// room for the next; a failure is told by [`settle`](Self::settle) or by a later call.
    pub(crate) fn send_pack(self: &Arc<Self>, name: ObjectName, content: Content) -> Result<()> {
        self.check()?;
        let permit = self.runtime.block_on(async {
            tokio::select! {
                () = self.cancellation.cancelled() => Err(BackupError::Cancelled),
                permit = self.in_flight.begin(&name, content.length()) => Ok(permit),
            }
        })?;
        let set = Arc::clone(self);
        self.runtime.spawn(async move {
            tokio::select! {
                () = set.cancellation.cancelled() => {}
                () = set.write_everywhere(&name, content) => {}
            }
            drop(permit);
        });
        Ok(())
    }

    /// Goes on without a member whose destination failed, as long as another one is in step.
    /// `None` when it failed.
    pub(crate) fn without<T>(&self, member: &Member, result: Result<T>) -> Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(BackupError::Destination(failure)) => {
                let error = BackupError::Destination(failure);
                member.fall_behind(&error);
                if self.in_step().is_empty() {
                    return Err(error);
                }
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    /// Waits until everything that was sent has arrived.
    pub(crate) fn settle(&self) -> Result<()> {
        self.runtime.block_on(async {
            tokio::select! {
                () = self.cancellation.cancelled() => {}
                () = self.in_flight.settle() => {}
            }
        });
        self.check()
    }

    /// Writes a file to all members in step after everything that was sent before.
    pub(crate) fn write(&self, name: &ObjectName, content: Content) -> Result<()> {
        self.settle()?;
        self.runtime.block_on(async {
            tokio::select! {
                () = self.cancellation.cancelled() => {}
                () = self.write_everywhere(name, content) => {}
            }
        });
        self.check()
    }

    async fn write_everywhere(&self, name: &ObjectName, content: Content) {
        let mut writes = JoinSet::new();
        for member in self.in_step() {
            let (name, content) = (name.clone(), content.clone());
            writes.spawn(async move {
                let written = member.destination.write(&name, content).await;
                let error = BackupError::Destination(written.err()?);
                member.fall_behind(&error);
                Some(error)
            });
        }
        let mut last = None;
        while let Some(written) = writes.join_next().await {
            last = written.ok().flatten().or(last);
        }
        self.fail_when_alone(last);
    }

    /// Deletes a file at all members in step, and remembers to do so at those that are behind.
    pub(crate) fn remove(&self, kind: FileType, name: &ObjectName) -> Result<()> {
        self.settle()?;
        let mut last = None;
        for member in &self.members {
            if member.is_in_step() {
                match self.block(member.destination.remove(name)) {
                    Ok(()) => continue,
                    Err(BackupError::Cancelled) => return Err(BackupError::Cancelled),
                    Err(error) => {
                        member.fall_behind(&error);
                        last = Some(error);
                    }
                }
            }
            member.remember_removal(Removal {
                kind,
                name: name.clone(),
            });
        }
        self.fail_when_alone(last);
        self.check()
    }

    /// Asks the members in step, one after the other, until one answers.
    pub(crate) fn ask<T, F>(&self, question: impl Fn(Arc<dyn Destination>) -> F) -> Result<T>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let mut last = None;
        for member in self.in_step() {
            match self.block(question(Arc::clone(&member.destination))) {
                Err(BackupError::Destination(failure)) => {
                    // What is not there may not be anywhere, and often is asked for to find out.
                    if failure.code != FailureCode::NotFound {
                        tracing::warn!(
                            destination = member.name,
                            failure = failure.chain(),
                            "asking the next destination"
                        );
                    }
                    last = Some(failure);
                }
                other => return other,
            }
        }
        Err(BackupError::Destination(last.unwrap_or_else(|| {
            Failure::new(Operation::Connect, FailureCode::Unreachable)
        })))
    }

    /// Asks all members at the same time, whether they are in step or not. The answers are in their
    /// order.
    pub(crate) fn ask_all<T, F>(
        &self,
        question: impl Fn(Arc<dyn Destination>) -> F,
    ) -> Result<Vec<Result<T>>>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        let mut asked = JoinSet::new();
        for (number, member) in self.members.iter().enumerate() {
            let answer = question(Arc::clone(&member.destination));
            asked.spawn_on(async move { (number, answer.await) }, &self.runtime);
        }
        let mut answers = BTreeMap::new();
        self.block(async {
            while let Some(answer) = asked.join_next().await {
                answers.extend(answer.ok());
            }
            Ok(())
        })?;
        let nobody = || Failure::new(Operation::Connect, FailureCode::Other);
        Ok((0..self.members.len())
            .map(|number| answers.remove(&number).unwrap_or_else(|| Err(nobody())))
            .map(|answer| answer.map_err(BackupError::Destination))
            .collect())
    }

    /// A whole file that is what its name says; where it is not, the next member is asked.
    pub(crate) fn read(&self, name: &ObjectName) -> Result<Bytes> {
        self.read_right(name, |bytes| files::is_what_its_name_says(name, bytes))
    }

    /// A whole file of the first member where it is right.
    pub(crate) fn read_right(
        &self,
        name: &ObjectName,
        is_right: impl Fn(&Bytes) -> bool,
    ) -> Result<Bytes> {
        self.await_arrival(name);
        let is_right = &is_right;
        let read = self.ask(|destination| async move {
            let bytes = destination.read(name).await?;
            if is_right(&bytes) {
                Ok(bytes)
            } else {
                let damaged = Failure::new(Operation::Read, FailureCode::ChecksumMismatch);
                Err(damaged.about(name))
            }
        });
        match read {
            Err(BackupError::Destination(failure))
                if failure.code == FailureCode::ChecksumMismatch =>
            {
                Err(BackupError::Damaged {
                    detail: format!("{name} is not what it should be"),
                })
            }
            other => other,
        }
    }

    pub(crate) fn read_range(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes> {
        self.await_arrival(name);
        self.ask(|destination| {
            let range = range.clone();
            async move { destination.read_range(name, range).await }
        })
    }

    pub(crate) fn list(&self, kind: FileType) -> Result<Vec<Entry>> {
        self.settle()?;
        let folder = files::folder(kind);
        let mut entries = self.ask(|destination| {
            let folder = folder.clone();
            async move { destination.list(folder.as_ref()).await }
        })?;
        entries.retain(|entry| !self.hidden.contains(&entry.name));
        Ok(entries)
    }

    /// The names of all files in a folder that the format does not know.
    pub(crate) fn list_folder(&self, folder: &ObjectName) -> Result<Vec<ObjectName>> {
        let entries = self.ask(|destination| {
            let folder = folder.clone();
            async move { destination.list(Some(&folder)).await }
        })?;
        Ok(entries.into_iter().map(|entry| entry.name).collect())
    }

    pub(crate) fn size(&self, name: &ObjectName) -> Result<Option<u64>> {
        self.ask(|destination| async move { destination.size(name).await })
    }

    /// A pack may be asked for while it is on its way.
    fn await_arrival(&self, name: &ObjectName) {
        if self.in_flight.contains(name) {
            self.settle().ok();
        }
    }

    /// The snapshot that was written last by this process.
    pub(crate) fn published(&self) -> Option<Id> {
        *self
            .published
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn note_snapshot(&self, id: Id) {
        *self
            .published
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(id);
    }

    /// A failure matters when nobody is left.
    fn fail_when_alone(&self, error: Option<BackupError>) {
        if let Some(error) = error
            && self.in_step().is_empty()
        {
            self.fatal
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get_or_insert(error);
        }
    }

    /// Whether anything can still be written.
    pub(crate) fn check(&self) -> Result<()> {
        if self.cancellation.is_cancelled() {
            return Err(BackupError::Cancelled);
        }
        let fatal = self.fatal.lock().unwrap_or_else(PoisonError::into_inner);
        match fatal.as_ref() {
            None => Ok(()),
            Some(error) => Err(again(error)),
        }
    }

    /// The cause behind an error of the library: cancelled, or a destination's failure.
    pub(crate) fn explain(&self, error: impl Into<BackupError>) -> BackupError {
        match self.check() {
            Err(cause) => cause,
            Ok(()) => error.into(),
        }
    }
}

/// A failure is told to everyone who asks; its source only once.
fn again(error: &BackupError) -> BackupError {
    match error {
        BackupError::Destination(failure) => BackupError::Destination(failure.again()),
        _ => BackupError::Cancelled,
    }
}
