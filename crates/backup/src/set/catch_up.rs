//! Bringing a member that is behind back in step.

use super::{Member, Removal, RepositorySet, key_changes};
use crate::{
    error::{BackupError, Result},
    files, manifest,
};
use bytes::Bytes;
use latarnik_destinations::{Content, Failure, FailureCode, ObjectName, Operation};
use rustic_core::FileType;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What was copied to bring a member in step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct CatchUp {
    pub(crate) copied_files: u64,
    pub(crate) copied_bytes: u64,
    pub(crate) removed_files: u64,
}

/// Copies what a member lacks from those in step, gives them what it alone has, and deletes there
/// what was deleted elsewhere meanwhile. The member is in step afterwards; when it fails, it is
/// still behind, and nothing that was copied refers to what was not.
pub(crate) fn catch_up(set: &RepositorySet, member: &Arc<Member>) -> Result<CatchUp> {
    let mut done = CatchUp::default();
    bring_in_step(set, member, &mut done)?;
    member.catch_up();
    Ok(done)
}

fn bring_in_step(set: &RepositorySet, member: &Arc<Member>, done: &mut CatchUp) -> Result<()> {
    let lead = set.in_step().into_iter().next().ok_or_else(|| {
        BackupError::Destination(Failure::new(Operation::Connect, FailureCode::Unreachable))
    })?;
    set.block(member.destination.prepare())?;
    let removals = member.record().removals;
    let removed: BTreeSet<&ObjectName> = removals.iter().map(|removal| &removal.name).collect();
    is_same_repository(set, &lead, member)?;
    remove_stray_keys(set, member)?;
    key_changes::settle(set, member)?;
    copy_manifests(set, &lead, member, done)?;
    let mut kept = BTreeSet::new();
    for kind in files::COPIED {
        let there = listing(set, &lead, kind)?;
        kept.extend(there.keys().cloned());
        let here = listing(set, member, kind)?;
        for (name, bytes) in &there {
            if here.get(name) != Some(bytes) {
                copy(set, &lead, member, name, done)?;
            }
        }
        for name in here.keys().filter(|name| !there.contains_key(*name)) {
            // Keys too: one that was taken away elsewhere meanwhile is gone here by now.
            if !removed.contains(name) {
                for other in set.in_step() {
                    copy(set, member, &other, name, done)?;
                }
            }
        }
    }
    // Last what nothing refers to any more: snapshots, then indexes, then packs.
    for kind in files::COPIED.iter().rev() {
        // What the lead has again may be needed again.
        let due = |removal: &&Removal| removal.kind == *kind && !kept.contains(&removal.name);
        for removal in removals.iter().filter(due) {
            set.block(member.destination.remove(&removal.name))?;
            done.removed_files += 1;
        }
    }
    Ok(())
}

/// What is not ours stays untouched.
pub(crate) fn is_same_repository(
    set: &RepositorySet,
    lead: &Member,
    member: &Member,
) -> Result<()> {
    let config = files::config();
    if set.block(member.destination.size(&config))?.is_none() {
        return Ok(());
    }
    let there = set.block(lead.destination.read(&config))?;
    let here = set.block(member.destination.read(&config))?;
    if here == there {
        Ok(())
    } else if shares_a_key(set, lead, member)? {
        Err(BackupError::Damaged {
            detail: format!("{config} at {} is not what it should be", member.name),
        })
    } else {
        Err(BackupError::OtherRepository {
            location: member.destination.location(),
        })
    }
}

/// Whether a key of one lies at the other, too. Keys are made with random numbers, so two
/// repositories have none in common.
pub(crate) fn shares_a_key(set: &RepositorySet, one: &Member, other: &Member) -> Result<bool> {
    let here = listing(set, one, FileType::Key)?;
    let there = listing(set, other, FileType::Key)?;
    Ok(here.keys().any(|name| there.contains_key(name)))
}

pub(crate) fn listing(
    set: &RepositorySet,
    member: &Member,
    kind: FileType,
) -> Result<BTreeMap<ObjectName, u64>> {
    let Some(folder) = files::folder(kind) else {
        let name = files::config();
        let size = set.block(member.destination.size(&name))?;
        return Ok(size.map(|bytes| (name, bytes)).into_iter().collect());
    };
    let entries = set.block(member.destination.list(Some(&folder)))?;
    Ok(entries
        .into_iter()
        .filter(|entry| files::id(&entry.name).is_some())
        .map(|entry| (entry.name, entry.bytes))
        .collect())
}

/// Fails where files of a repository lie without its config.
pub(crate) fn is_without_repository(set: &RepositorySet, member: &Member) -> Result<()> {
    for kind in [FileType::Snapshot, FileType::Index] {
        if !listing(set, member, kind)?.is_empty() {
            return Err(BackupError::Damaged {
                detail: format!("{} has a repository without its config", member.name),
            });
        }
    }
    Ok(())
}

/// Where there is no repository yet, a key can only be left of one whose making was cut off. It
/// would open with the same password, and decrypt nothing. What has anything else is not ours to
/// clean.
pub(crate) fn remove_stray_keys(set: &RepositorySet, member: &Member) -> Result<()> {
    if set
        .block(member.destination.size(&files::config()))?
        .is_some()
    {
        return Ok(());
    }
    is_without_repository(set, member)?;
    for name in listing(set, member, FileType::Key)?.keys() {
        set.block(member.destination.remove(name))?;
    }
    Ok(())
}

/// Hashes of what was read, which snapshots do not need, but tests of them.
fn copy_manifests(
    set: &RepositorySet,
    lead: &Member,
    member: &Member,
    done: &mut CatchUp,
) -> Result<()> {
    let folder = files::object(manifest::FOLDER);
    for (from, to) in [(lead, member), (member, lead)] {
        let here: BTreeSet<ObjectName> = set
            .block(to.destination.list(Some(&folder)))?
            .into_iter()
            .map(|entry| entry.name)
            .collect();
        for entry in set.block(from.destination.list(Some(&folder)))? {
            if !here.contains(&entry.name) {
                transfer(set, from, to, &entry.name, |_| true, done)?;
            }
        }
    }
    Ok(())
}

fn copy(
    set: &RepositorySet,
    from: &Member,
    to: &Member,
    name: &ObjectName,
    done: &mut CatchUp,
) -> Result<()> {
    let is_right = |bytes: &Bytes| files::is_what_its_name_says(name, bytes);
    transfer(set, from, to, name, is_right, done)
}

fn transfer(
    set: &RepositorySet,
    from: &Member,
    to: &Member,
    name: &ObjectName,
    is_right: impl FnOnce(&Bytes) -> bool,
    done: &mut CatchUp,
) -> Result<()> {
    let bytes = set.block(from.destination.read(name))?;
    if !is_right(&bytes) {
        return Err(BackupError::Damaged {
            detail: format!("{name} at {} is not what its name says", from.name),
        });
    }
    done.copied_files += 1;
    done.copied_bytes += bytes.len() as u64;
    set.block(to.destination.write(name, Content::from(bytes)))?;
    Ok(())
}
