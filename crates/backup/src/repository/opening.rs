//! Finding a job's repository at its destinations.

use super::{Library, Surroundings, WhenAbsent, config_options, key_options, open_over, unopened};
use crate::{
    error::{BackupError, Result},
    files,
    set::{
        Member, RepositorySet, SetBackend, Snapshots,
        catch_up::{is_same_repository, is_without_repository, listing, remove_stray_keys},
        key_changes,
    },
};
use latarnik_destinations::ObjectName;
use rustic_core::{Credentials, FileType, Id, NoProgressBars, OpenStatus};
use std::{collections::BTreeSet, sync::Arc};

/// Asks all members at the same time whether they are there and have a repository. If all of them
/// were behind, the first in order that answers leads. Each gets the changes of keys that it missed,
/// if its config has the hash that is known. Returns those in step that have one.
pub(super) fn contact(set: &Arc<RepositorySet>, known: Option<&str>) -> Result<Vec<Arc<Member>>> {
    let config = files::config();
    let answers = set.ask_all(|destination| {
        let config = config.clone();
        async move {
            destination.prepare().await?;
            destination.size(&config).await
        }
    })?;
    let mut last = None;
    let mut answering = Vec::new();
    for (member, answer) in set.members().iter().zip(answers) {
        let settled = answer.and_then(|size| {
            key_changes::settle_known(set, member, known)?;
            Ok(size)
        });
        match settled {
            Err(BackupError::Cancelled) => return Err(BackupError::Cancelled),
            Ok(size) => answering.push((Arc::clone(member), size.is_some())),
            Err(error) => {
                member.fall_behind(&error);
                last = Some(error);
            }
        }
    }
    match (answering.first(), last) {
        (None, Some(error)) => Err(error),
        (None, None) => Err(BackupError::NoRepository {
            location: String::new(),
        }),
        (Some((first, _)), _) => {
            if set.in_step().is_empty() {
                first.lead();
            }
            holders(set, answering)
        }
    }
}

/// Those in step that have a repository. One without a config is new, or was emptied by somebody,
/// and gets everything; what has other files of a repository is damaged.
fn holders(set: &RepositorySet, answering: Vec<(Arc<Member>, bool)>) -> Result<Vec<Arc<Member>>> {
    let mut holders = Vec::new();
    let mut damage = None;
    for (member, has_config) in answering {
        if !member.is_in_step() {
            continue;
        }
        if has_config {
            holders.push(member);
            continue;
        }
        match is_without_repository(set, &member) {
            Ok(()) => member.is_new(),
            Err(BackupError::Cancelled) => return Err(BackupError::Cancelled),
            Err(error) => {
                member.fall_behind(&error);
                damage = Some(error);
            }
        }
    }
    match damage {
        Some(error) if holders.is_empty() => Err(error),
        _ => Ok(holders),
    }
}

/// Opens what the members have, or makes a repository where none of them has one. Returns it with
/// the key that opened it.
pub(super) fn open(
    set: &Arc<RepositorySet>,
    holders: &[Arc<Member>],
    credentials: &Credentials,
    absent: WhenAbsent,
    surroundings: &Surroundings,
) -> Result<(Library<OpenStatus>, Option<Id>)> {
    if holders.is_empty() {
        let made = make(set, credentials, absent, surroundings)?;
        let key = key_of(&made);
        return Ok((made, key));
    }
    let (lead, alone) = lead(set, holders, credentials)?;
    let key = key_of(&alone);
    for holder in holders.iter().filter(|holder| holder.is_in_step()) {
        if Arc::ptr_eq(holder, &lead) {
            continue;
        }
        match is_same_repository(set, &lead, holder) {
            Err(BackupError::Cancelled) => return Err(BackupError::Cancelled),
            Err(error) => holder.fall_behind(&error),
            Ok(()) => {}
        }
    }
    let opened = open_over(set, &Credentials::Masterkey(alone.key()))?;
    Ok((opened, key))
}

fn key_of(library: &Library<OpenStatus>) -> Option<Id> {
    library.key_id().map(|key| *key)
}

/// The first whose repository opens, so that damage at one destination hides no other, and what
/// it opened. Those before it that have the same repository are behind, as damaged.
fn lead(
    set: &Arc<RepositorySet>,
    holders: &[Arc<Member>],
    credentials: &Credentials,
) -> Result<(Arc<Member>, Library<OpenStatus>)> {
    let mut failures = Vec::new();
    for holder in holders {
        match open_alone(set, holder, credentials) {
            Ok(library) => {
                for (member, error) in failures {
                    match is_same_repository(set, holder, member) {
                        Err(BackupError::Cancelled) => return Err(BackupError::Cancelled),
                        Err(other) => member.fall_behind(&other),
                        Ok(()) => member.fall_behind(&error),
                    }
                }
                return Ok((Arc::clone(holder), library));
            }
            Err(BackupError::Cancelled) => return Err(BackupError::Cancelled),
            Err(error) => failures.push((holder, error)),
        }
    }
    Err(failures.into_iter().next().map_or_else(
        || BackupError::NoRepository {
            location: String::new(),
        },
        |(_, error)| error,
    ))
}

/// Opens what one member has. When that fails, damage is told from a wrong password: keys are
/// examined, and of several one that is whole is enough.
fn open_alone(
    set: &RepositorySet,
    member: &Arc<Member>,
    credentials: &Credentials,
) -> Result<Library<OpenStatus>> {
    let attempt = |hidden: BTreeSet<ObjectName>| open_over(&set.alone(member, hidden), credentials);
    let error = match attempt(BTreeSet::new()) {
        Err(BackupError::Destination(failure)) if !failure.is_of_the_file_alone() => {
            return Err(BackupError::Destination(failure));
        }
        Err(error @ BackupError::Cancelled) => return Err(error),
        Err(error) => error,
        Ok(library) => return Ok(library),
    };
    let keys = listing(set, member, FileType::Key)?;
    let mut damaged = BTreeSet::new();
    for name in keys.keys() {
        let is_right = match set.block(member.destination.read(name)) {
            Err(BackupError::Destination(failure)) if failure.is_of_the_file_alone() => false,
            other => files::is_what_its_name_says(name, &other?),
        };
        if !is_right {
            damaged.insert(name.clone());
        }
    }
    let damage = match (damaged.first(), error) {
        (Some(name), _) => format!("{name} at {} is not what its name says", member.name),
        (None, error @ BackupError::Destination(_)) => return Err(error),
        (None, _) if keys.is_empty() => format!("there is no key at {}", member.name),
        (None, BackupError::Repository { detail }) => {
            let config = files::config();
            format!("{config} at {} cannot be understood: {detail}", member.name)
        }
        (None, error) => return Err(error),
    };
    if damaged.len() < keys.len()
        && !damaged.is_empty()
        && let Ok(library) = attempt(damaged)
    {
        return Ok(library);
    }
    Err(BackupError::Damaged { detail: damage })
}

/// Makes a repository. All that answer are as new as each other.
fn make(
    set: &Arc<RepositorySet>,
    credentials: &Credentials,
    absent: WhenAbsent,
    surroundings: &Surroundings,
) -> Result<Library<OpenStatus>> {
    let new = set
        .members()
        .iter()
        .filter(|member| member.is_new_or_in_step());
    if absent == WhenAbsent::Fail {
        let locations: Vec<String> = new.map(|member| member.destination.location()).collect();
        return Err(BackupError::NoRepository {
            location: locations.join(", "),
        });
    }
    for member in new {
        let cleaned = remove_stray_keys(set, member);
        if set.without(member, cleaned)?.is_some() {
            member.lead();
        }
    }
    let backend = SetBackend::new(Arc::clone(set), Snapshots::Written);
    let library = unopened(backend, None, NoProgressBars {})?;
    let made = library.init(credentials, &key_options(surroundings), &config_options());
    made.map_err(|error| set.explain(error))
}
