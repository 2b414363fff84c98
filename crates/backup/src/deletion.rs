//! Deleting a repository of which no snapshot is left, at every destination.
//!
//! It is written down first that this is going on. After a kill, and where a destination was away,
//! the next prune goes on with it, without opening what is half gone.

use crate::{
    error::{BackupError, Result},
    files,
    locks::LockKind,
    manifest,
    repository::{Repository, Surroundings, set_of},
    set::{Member, Place, RepositorySet, key_changes},
    state::{JobState, StateFolder},
};
use latarnik_destinations::{Entry, Failure, ObjectName};
use rustic_core::FileType;
use std::{collections::BTreeSet, sync::Arc};
use tokio::task::JoinSet;

/// Files that are deleted at the same time at one destination.
const AT_ONCE: usize = 16;

/// Kinds in an order in which each is gone before what it refers to. Without a config there is no
/// repository, so what is left of one that was cut off behind it is never mistaken for one.
const ORDER: [FileType; 5] = [
    FileType::Snapshot,
    FileType::Index,
    FileType::Pack,
    FileType::Config,
    FileType::Key,
];

/// What deleting came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Deletion {
    /// Bytes of all files, at the destination that had most of them.
    pub(crate) freed_bytes: u64,
    /// Destinations where it still lies.
    pub(crate) waiting: Vec<String>,
}

impl Repository {
    /// Deletes the repository everywhere, unless it has other snapshots than these.
    pub(crate) fn delete(mut self, snapshots: &BTreeSet<String>) -> Result<Deletion> {
        let lock = self.lock(LockKind::Exclusive)?;
        let result = self.delete_locked(snapshots);
        // It may be gone with the rest.
        let unlocked = self.unlock(lock);
        let deletion = result?;
        unlocked?;
        Ok(deletion)
    }

    fn delete_locked(&mut self, snapshots: &BTreeSet<String>) -> Result<Deletion> {
        self.catch_up()?;
        // Somebody may have made one meanwhile.
        if !self.snapshot_ids()?.is_subset(snapshots) {
            return Err(BackupError::LastSnapshot);
        }
        self.state.deleting = true;
        self.save()?;
        let config = self.state.config.clone();
        let deletion = delete_everywhere(&Arc::clone(&self.set), config.as_deref())?;
        self.save()?;
        Ok(deletion)
    }

    /// Bytes of all files that deleting the repository would free, at the destination that is
    /// asked first.
    pub(crate) fn size(&self) -> Result<u64> {
        let mut bytes = 0;
        for folder in folders() {
            let listed = self.set.ask(|destination| {
                let folder = folder.clone();
                async move { destination.list(Some(&folder)).await }
            })?;
            bytes += sum(&listed);
        }
        Ok(bytes + self.set.size(&files::config())?.unwrap_or_default())
    }
}

/// Goes on deleting a repository; `None` if it is not being deleted. What is gone everywhere
/// costs nothing.
pub(crate) fn go_on(places: Vec<Place>, surroundings: &Surroundings) -> Result<Option<Deletion>> {
    let folder = StateFolder::hold(&surroundings.state_folder)?;
    let mut state: JobState = folder.load()?;
    if !state.deleting {
        return Ok(None);
    }
    // What is new to the job never had it.
    let known = |place: &Place| state.members.contains_key(&place.name);
    let places = places.into_iter().filter(known).collect();
    let set = set_of(places, &state, surroundings);
    let deletion = delete_everywhere(&set, state.config.as_deref())?;
    for member in set.members() {
        state.members.insert(member.name.clone(), member.record());
    }
    folder.save(&state)?;
    Ok(Some(deletion))
}

/// Whether a repository is being deleted, or was.
pub(crate) fn is_begun(surroundings: &Surroundings) -> Result<bool> {
    if !surroundings.state_folder.exists() {
        return Ok(false);
    }
    let folder = StateFolder::hold(&surroundings.state_folder)?;
    Ok(folder.load()?.deleting)
}

fn delete_everywhere(set: &Arc<RepositorySet>, config: Option<&str>) -> Result<Deletion> {
    let mut deletion = Deletion::default();
    for member in set.members() {
        if member.record().is_deleted {
            continue;
        }
        match delete_at(set, member, config) {
            Ok(bytes) => {
                member.is_deleted();
                deletion.freed_bytes = deletion.freed_bytes.max(bytes);
            }
            Err(BackupError::Destination(failure)) => {
                member.fall_behind(&BackupError::Destination(failure));
                deletion.waiting.push(member.name.clone());
            }
            Err(other) => return Err(other),
        }
    }
    Ok(deletion)
}

fn delete_at(set: &RepositorySet, member: &Arc<Member>, config: Option<&str>) -> Result<u64> {
    set.block(member.destination.prepare())?;
    let here = key_changes::config_hash(set, member)?;
    // What is not ours stays untouched.
    if here.is_some() && here.as_deref() != config {
        return Ok(0);
    }
    if here.is_none() && has_data(set, member)? {
        return Ok(0);
    }
    let mut bytes = 0;
    for kind in ORDER {
        match files::folder(kind) {
            Some(folder) => bytes += empty(set, member, &folder)?,
            None => {
                let name = files::config();
                bytes += set
                    .block(member.destination.size(&name))?
                    .unwrap_or_default();
                set.block(member.destination.remove(&name))?;
            }
        }
        if kind == FileType::Pack {
            bytes += empty(set, member, &files::object(manifest::FOLDER))?;
        }
    }
    empty(set, member, &files::object(files::LOCKS))?;
    Ok(bytes)
}

/// Whether a destination without a config has more than what a deletion leaves at its end.
fn has_data(set: &RepositorySet, member: &Member) -> Result<bool> {
    for kind in [FileType::Snapshot, FileType::Index, FileType::Pack] {
        let folder = files::folder(kind);
        if !set
            .block(member.destination.list(folder.as_ref()))?
            .is_empty()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Deletes every file of a folder, and tells their bytes.
fn empty(set: &RepositorySet, member: &Arc<Member>, folder: &ObjectName) -> Result<u64> {
    let entries = set.block(member.destination.list(Some(folder)))?;
    let bytes = sum(&entries);
    let mut names = entries.into_iter().map(|entry| entry.name);
    set.block(async {
        let mut removals = JoinSet::new();
        loop {
            while removals.len() < AT_ONCE
                && let Some(name) = names.next()
            {
                let member = Arc::clone(member);
                removals.spawn(async move { member.destination.remove(&name).await });
            }
            match removals.join_next().await {
                None => return Ok(()),
                // A task that died has not removed its file; the next listing shows it.
                Some(Err(_)) => return Err(dead()),
                Some(Ok(removed)) => removed?,
            }
        }
    })?;
    Ok(bytes)
}

fn dead() -> Failure {
    Failure::new(
        latarnik_destinations::Operation::Remove,
        latarnik_destinations::FailureCode::Other,
    )
}

fn folders() -> impl Iterator<Item = ObjectName> {
    let kinds = ORDER.into_iter().filter_map(files::folder);
    kinds.chain([files::object(manifest::FOLDER)])
}

fn sum(entries: &[Entry]) -> u64 {
    entries.iter().map(|entry| entry.bytes).sum()
}
