//! Locks that restic understands, at every destination in step.
//!
//! A shared lock is held by whoever adds to a repository or reads it; an exclusive one by whoever
//! deletes: <https://restic.readthedocs.io/en/stable/100_references.html#locks>.

use crate::{
    clock::Clock,
    error::{BackupError, Result},
    files,
    seal::Seal,
    set::{Member, RepositorySet},
    system::OperatingSystem,
};
use jiff::{SignedDuration, Timestamp};
use latarnik_destinations::{Content, ObjectName};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::task::JoinHandle;

/// Locks that were not refreshed for this long are those of dead processes; restic's figure.
const STALE_AFTER: SignedDuration = SignedDuration::from_mins(30);
/// How often a lock is refreshed; restic's figure.
const REFRESH: Duration = Duration::from_secs(5 * 60);
/// Between writing a lock and looking again whether somebody else did at the same time; restic's
/// figure.
const SETTLING: Duration = Duration::from_millis(200);

/// What a lock keeps others from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LockKind {
    /// Others may add and read too.
    Shared,
    /// Others may do nothing.
    Exclusive,
}

/// A lock file's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct LockFile {
    time: Timestamp,
    exclusive: bool,
    hostname: String,
    username: String,
    pid: u32,
    #[serde(default)]
    uid: u32,
    #[serde(default)]
    gid: u32,
}

/// Who takes locks.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    pub(crate) hostname: String,
    pub(crate) username: String,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) system: Arc<dyn OperatingSystem>,
}

/// A lock that is held; it is kept fresh until it is [released](Lock::release).
pub(crate) struct Lock {
    set: Arc<RepositorySet>,
    names: Arc<Mutex<BTreeSet<ObjectName>>>,
    refresher: JoinHandle<()>,
}

/// Takes a lock at every member in step. `own` are names of locks that this job left behind, and
/// that no living process holds.
pub(crate) fn lock(
    set: &Arc<RepositorySet>,
    seal: &Arc<Seal>,
    holder: &Holder,
    kind: LockKind,
    own: &BTreeSet<ObjectName>,
    remember: impl FnOnce(&ObjectName) -> Result<()>,
) -> Result<Lock> {
    examine_all(set, seal, holder, kind, own)?;
    let (name, bytes) = file(seal, holder, kind)?;
    remember(&name)?;
    set.write(&name, Content::from(bytes))?;
    let names = Arc::new(Mutex::new(BTreeSet::from([name.clone()])));
    let lock = Lock {
        set: Arc::clone(set),
        names: Arc::clone(&names),
        refresher: set.spawn(refresh(
            Arc::clone(set),
            Arc::clone(seal),
            holder.clone(),
            kind,
            names,
        )),
    };
    set.pause(SETTLING)?;
    let mut ours = own.clone();
    ours.insert(name);
    if let Err(conflict) = examine_all(set, seal, holder, kind, &ours) {
        // What is left is remembered already.
        lock.release();
        return Err(conflict);
    }
    Ok(lock)
}

impl Lock {
    /// The files that it consists of at the moment.
    pub(crate) fn names(&self) -> Vec<ObjectName> {
        lock_names(&self.names).iter().cloned().collect()
    }

    /// Deletes the lock everywhere. Returns the files that are left somewhere, to be deleted later;
    /// until then they are in others' way, for half an hour at most.
    pub(crate) fn release(self) -> Vec<ObjectName> {
        self.refresher.abort();
        let names = std::mem::take(&mut *lock_names(&self.names));
        names
            .into_iter()
            .filter(|name| !self.set.release(name))
            .collect()
    }
}

fn lock_names(
    names: &Mutex<BTreeSet<ObjectName>>,
) -> std::sync::MutexGuard<'_, BTreeSet<ObjectName>> {
    names.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Examines every member in step. One that does not answer is behind; the others count.
fn examine_all(
    set: &RepositorySet,
    seal: &Seal,
    holder: &Holder,
    kind: LockKind,
    own: &BTreeSet<ObjectName>,
) -> Result<()> {
    for member in set.in_step() {
        let examined = examine(set, &member, seal, holder, kind, own);
        set.without(&member, examined)?;
    }
    Ok(())
}

/// Deletes locks of the dead, and fails when one of the living forbids the lock that is wanted.
fn examine(
    set: &RepositorySet,
    member: &Member,
    seal: &Seal,
    holder: &Holder,
    kind: LockKind,
    own: &BTreeSet<ObjectName>,
) -> Result<()> {
    let folder = files::object(files::LOCKS);
    for entry in set.block(member.destination.list(Some(&folder)))? {
        if own.contains(&entry.name) {
            continue;
        }
        let bytes = match set.block(member.destination.read(&entry.name)) {
            // Released since it was listed.
            Err(BackupError::Destination(failure))
                if failure.code == latarnik_destinations::FailureCode::NotFound =>
            {
                continue;
            }
            other => other?,
        };
        // Half a lock, or one of another key: nobody who may use the repository holds it.
        let Some(other) = read(seal, &bytes) else {
            continue;
        };
        let age = holder.clock.now().duration_since(other.time);
        if age > STALE_AFTER || is_dead(&other, holder) {
            set.block(member.destination.remove(&entry.name))?;
        } else if other.exclusive || kind == LockKind::Exclusive {
            return Err(BackupError::Locked {
                host: other.hostname,
                process: other.pid,
                since: other.time,
            });
        }
    }
    Ok(())
}

/// Whether its process is known to be gone: one of another machine never is.
fn is_dead(lock: &LockFile, holder: &Holder) -> bool {
    lock.hostname == holder.hostname && holder.system.is_gone(lock.pid)
}

fn file(seal: &Seal, holder: &Holder, kind: LockKind) -> Result<(ObjectName, Vec<u8>)> {
    let lock = LockFile {
        time: holder.clock.now(),
        exclusive: kind == LockKind::Exclusive,
        hostname: holder.hostname.clone(),
        username: holder.username.clone(),
        pid: std::process::id(),
        uid: 0,
        gid: 0,
    };
    let broken = |detail: String| BackupError::Damaged { detail };
    let json = serde_json::to_vec(&lock).map_err(|error| broken(error.to_string()))?;
    let bytes = seal
        .seal(&json)
        .map_err(|error| broken(error.to_string()))?;
    let digest: [u8; 32] = Sha256::digest(&bytes).into();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((files::object(format!("{}/{hex}", files::LOCKS)), bytes))
}

/// Whether a lock can be understood.
pub(crate) fn is_whole(seal: &Seal, bytes: &[u8]) -> bool {
    read(seal, bytes).is_some()
}

fn read(seal: &Seal, bytes: &[u8]) -> Option<LockFile> {
    let plain = seal.open(bytes).ok()?;
    // Version 2 of the format may compress: a 2 and a zstd frame.
    let json = match plain.split_first() {
        Some((2, compressed)) => zstd::decode_all(compressed).ok()?,
        _ => plain,
    };
    serde_json::from_slice(&json).ok()
}

async fn refresh(
    set: Arc<RepositorySet>,
    seal: Arc<Seal>,
    holder: Holder,
    kind: LockKind,
    names: Arc<Mutex<BTreeSet<ObjectName>>>,
) {
    loop {
        tokio::time::sleep(REFRESH).await;
        let Ok((fresh, bytes)) = file(&seal, &holder, kind) else {
            continue;
        };
        let old: Vec<ObjectName> = lock_names(&names).iter().cloned().collect();
        lock_names(&names).insert(fresh.clone());
        for member in set.in_step() {
            let content = Content::from(bytes.clone());
            if member.destination.write(&fresh, content).await.is_err() {
                continue;
            }
            for name in &old {
                member.destination.remove(name).await.ok();
            }
        }
        for name in old {
            lock_names(&names).remove(&name);
        }
    }
}
