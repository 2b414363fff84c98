//! Passwords of a repository.
//!
//! A key file holds the repository's one master key, encrypted with a password. Passwords come and
//! go; the master key stays, and so does whoever had it: against that helps a new
//! [generation](crate::Generations) alone.
//!
//! Changes go to every destination, also to one that is away: see
//! [`key_changes`](crate::set::key_changes).

use crate::{
    clock,
    error::{BackupError, Result},
    files,
    locks::LockKind,
    repository::Repository,
    set::{Member, MemberReport, key_changes::KeyChanges},
};
use jiff::Timestamp;
use latarnik_destinations::{FailureCode, ObjectName, Secret};
use rustic_core::{FileType, Id, repofile::KeyFile};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A key, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyReport {
    /// As restic names it.
    pub id: String,
    /// When it was made, in UTC, where that is known.
    pub created: Option<Timestamp>,
    /// The account that made it.
    pub username: Option<String>,
    /// The device that made it.
    pub hostname: Option<String>,
    /// Whether it opened the repository this time.
    pub is_in_use: bool,
    /// The destinations in step that have it.
    pub destinations: Vec<String>,
}

/// What became of keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyChangeReport {
    /// The key of the new password, proven at every destination in step.
    pub added: Option<String>,
    /// Whether that password opened the repository before, as after a rotation that was cut off.
    pub was_there: bool,
    /// Keys that are gone.
    pub removed: Vec<String>,
    /// How the destinations are. One that is behind gets the changes when it answers again.
    pub destinations: Vec<MemberReport>,
}

/// What a rotation does with keys other than the one that it replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherKeys {
    /// They go: afterwards the new password alone opens the repository.
    Remove,
    /// They stay.
    Keep,
}

impl Repository {
    /// All keys at destinations in step, the oldest first.
    ///
    /// # Errors
    ///
    /// When no destination answers.
    pub fn keys(&self) -> Result<Vec<KeyReport>> {
        let mut keys: BTreeMap<ObjectName, Vec<String>> = BTreeMap::new();
        for member in self.set.in_step() {
            let names = self.set.without(&member, self.key_names(&member))?;
            for name in names.unwrap_or_default() {
                keys.entry(name).or_default().push(member.name.clone());
            }
        }
        let mut reports = Vec::new();
        for (name, destinations) in keys {
            let bytes = match self.set.read(&name) {
                // Removed since it was listed.
                Err(BackupError::Destination(failure)) if failure.code == FailureCode::NotFound => {
                    continue;
                }
                other => other?,
            };
            // One that cannot be understood is told, too: it can be removed.
            let file: Option<KeyFile> = serde_json::from_slice(&bytes).ok();
            let made = file.as_ref().and_then(|file| file.created.as_ref());
            reports.push(KeyReport {
                id: name.last().to_owned(),
                created: made.map(|made| clock::from_library(made.timestamp())),
                username: file.as_ref().and_then(|file| file.username.clone()),
                hostname: file.as_ref().and_then(|file| file.hostname.clone()),
                is_in_use: files::id(&name) == Some(self.key),
                destinations,
            });
        }
        reports.sort_by(|one, other| one.created.cmp(&other.created).then(one.id.cmp(&other.id)));
        Ok(reports)
    }

    /// Adds a password, and proves that it opens every destination in step.
    ///
    /// # Errors
    ///
    /// When another program holds an exclusive lock, or no destination answers.
    pub fn add_key(&mut self, password: &Secret) -> Result<KeyChangeReport> {
        self.locked(LockKind::Shared, |repository| {
            let (key, was_there) = repository.prove_key(password)?;
            Ok(repository.key_report(Some(&key), was_there, Vec::new()))
        })
    }

    /// Removes a key, named by the beginning of its id. Never the one that opened the repository:
    /// so there is always one left that is known to open it.
    ///
    /// # Errors
    ///
    /// When another program holds a lock, there is no such key, or it is in use.
    pub fn remove_key(&mut self, id: &str) -> Result<KeyChangeReport> {
        self.locked(LockKind::Exclusive, |repository| {
            let keys = repository.keys()?;
            let mut fitting = keys
                .iter()
                .filter(|key| !id.is_empty() && key.id.starts_with(id));
            let (Some(key), None) = (fitting.next(), fitting.next()) else {
                return Err(BackupError::NoKey {
                    wanted: id.to_owned(),
                });
            };
            if key.is_in_use {
                return Err(BackupError::KeyInUse);
            }
            let removed: Vec<ObjectName> = files::object_of_key(&key.id).into_iter().collect();
            repository.remove_keys(&removed)?;
            Ok(repository.key_report(None, false, removed))
        })
    }

    /// Replaces the password: adds the new one at every destination, proves that it opens each of
    /// them, and removes what it replaces. Safe to repeat with either password, also after it was
    /// killed: at any time the old password or the new one opens each destination.
    ///
    /// # Errors
    ///
    /// When another program holds a lock, no destination answers, or the new password does not
    /// open what it should; nothing was removed then.
    pub fn rotate_key(&mut self, password: &Secret, others: OtherKeys) -> Result<KeyChangeReport> {
        self.locked(LockKind::Exclusive, |repository| {
            let before = files::name(FileType::Key, &repository.key).to_string();
            if !repository.state.replaced_keys.contains(&before) {
                // Saved before anything is written.
                repository.state.replaced_keys.push(before);
            }
            let (key, was_there) = repository.prove_key(password)?;
            let name = files::name(FileType::Key, &key);
            let mut replaced: BTreeSet<ObjectName> = match others {
                OtherKeys::Keep => repository
                    .state
                    .replaced_keys
                    .iter()
                    .filter_map(|name| ObjectName::new(name.as_str()).ok())
                    .collect(),
                OtherKeys::Remove => repository.all_key_names()?,
            };
            replaced.remove(&name);
            let removed: Vec<ObjectName> = replaced.into_iter().collect();
            repository.key = key;
            repository.remove_keys(&removed)?;
            repository.state.replaced_keys.clear();
            repository.save()?;
            Ok(repository.key_report(Some(&key), was_there, removed))
        })
    }

    /// Does something under a lock, with every destination in step that answers.
    fn locked<T>(
        &mut self,
        kind: LockKind,
        work: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let lock = self.lock(kind)?;
        let result = self.catch_up().and_then(|_| work(self));
        let unlocked = self.unlock(lock);
        let value = result?;
        unlocked?;
        Ok(value)
    }

    /// Sees to it that a password opens every destination in step, and proves it by reading back.
    /// Says which key does, and whether one did before.
    fn prove_key(&mut self, password: &Secret) -> Result<(Id, bool)> {
        let mut found = None;
        for member in self.set.in_step() {
            let opened = self.opened_by(&member, password);
            found = self.set.without(&member, opened)?.flatten();
            if found.is_some() {
                break;
            }
        }
        let was_there = found.is_some();
        let (key, file) = match found {
            Some(key) => {
                let file = self.set.read(&files::name(FileType::Key, &key))?;
                (key, file.to_vec())
            }
            None => self.make_key(password)?.ok_or_else(unproven)?,
        };
        let file = String::from_utf8(file).map_err(|_| unproven())?;
        let name = files::name(FileType::Key, &key);
        self.change_keys(|changes| changes.add(&name, &file))?;
        for member in self.set.in_step() {
            let opened = self.opened_by(&member, password);
            if self.set.without(&member, opened)? == Some(None) {
                return Err(unproven());
            }
        }
        Ok((key, was_there))
    }

    /// Removes keys everywhere, after making sure that the one in use is there.
    fn remove_keys(&mut self, removed: &[ObjectName]) -> Result<()> {
        let name = files::name(FileType::Key, &self.key);
        let file = self.set.read(&name)?.to_vec();
        let file = String::from_utf8(file).map_err(|_| unproven())?;
        self.change_keys(|changes| {
            changes.add(&name, &file);
            for name in removed {
                changes.remove(name);
            }
        })
    }

    /// Writes changes down for every destination, and makes them at those in step.
    fn change_keys(&mut self, note: impl Fn(&mut KeyChanges)) -> Result<()> {
        for member in self.set.members() {
            member.note_keys(&note);
        }
        self.save()?;
        for member in self.set.in_step() {
            let settled = crate::set::key_changes::settle(&self.set, &member);
            self.set.without(&member, settled)?;
        }
        self.save()
    }

    fn all_key_names(&self) -> Result<BTreeSet<ObjectName>> {
        let mut names = BTreeSet::new();
        for member in self.set.in_step() {
            let listed = self.set.without(&member, self.key_names(&member))?;
            names.extend(listed.unwrap_or_default());
        }
        Ok(names)
    }

    fn key_names(&self, member: &Arc<Member>) -> Result<Vec<ObjectName>> {
        let folder = files::folder(FileType::Key);
        let entries = self.set.block(member.destination.list(folder.as_ref()))?;
        let names = entries.into_iter().map(|entry| entry.name);
        Ok(names.filter(|name| files::id(name).is_some()).collect())
    }

    fn key_report(
        &self,
        added: Option<&Id>,
        was_there: bool,
        removed: Vec<ObjectName>,
    ) -> KeyChangeReport {
        KeyChangeReport {
            added: added.map(|key| key.to_hex().as_str().to_owned()),
            was_there,
            removed: removed.iter().map(|name| name.last().to_owned()).collect(),
            destinations: self.members(),
        }
    }
}

fn unproven() -> BackupError {
    BackupError::Damaged {
        detail: "a key that was written does not open the repository".to_owned(),
    }
}
