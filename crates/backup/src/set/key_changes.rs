//! Changes of keys on their way to every member.
//!
//! They are written down before the first member gets them, so that neither a kill nor a member
//! that is away does more than delay them: whoever opens the repository next goes on, before it
//! tries a password. A key file is as safe in that memory as at a destination: without its
//! password it is noise.

use super::{Member, RepositorySet};
use crate::{
    error::{BackupError, Result},
    files,
};
use latarnik_destinations::{Content, Failure, FailureCode, ObjectName, Operation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// What a member has still to get, and to lose.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct KeyChanges {
    /// Key files by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    added: BTreeMap<String, String>,
    /// Names of key files.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    removed: BTreeSet<String>,
}

impl KeyChanges {
    pub(crate) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }

    pub(crate) fn add(&mut self, name: &ObjectName, content: &str) {
        self.removed.remove(name.as_str());
        self.added.insert(name.to_string(), content.to_owned());
    }

    pub(crate) fn remove(&mut self, name: &ObjectName) {
        self.added.remove(name.as_str());
        self.removed.insert(name.to_string());
    }
}

/// Makes the changes that a member lacks: first what it gets, then what it loses. Whoever calls
/// this knows that the member has this repository, or none.
pub(crate) fn settle(set: &RepositorySet, member: &Member) -> Result<()> {
    let changes = member.record().keys;
    for (name, content) in &changes.added {
        let content = Content::from(content.clone().into_bytes());
        set.block(member.destination.write(&object(name)?, content))?;
    }
    for name in &changes.removed {
        set.block(member.destination.remove(&object(name)?))?;
    }
    member.has_keys();
    Ok(())
}

/// The same where it is not known what lies there: nothing happens unless it is the repository
/// whose config has this hash.
pub(crate) fn settle_known(
    set: &RepositorySet,
    member: &Member,
    config: Option<&str>,
) -> Result<()> {
    if member.record().keys.is_empty() {
        return Ok(());
    }
    let here = config_hash(set, member)?;
    if here.is_some() && here.as_deref() == config {
        settle(set, member)?;
    }
    Ok(())
}

/// The SHA-256 of a member's config; `None` where there is none.
pub(crate) fn config_hash(set: &RepositorySet, member: &Member) -> Result<Option<String>> {
    match set.block(member.destination.read(&files::config())) {
        Ok(bytes) => Ok(Some(hash(&bytes))),
        Err(BackupError::Destination(failure)) if failure.code == FailureCode::NotFound => Ok(None),
        Err(other) => Err(other),
    }
}

/// The SHA-256 of a file, in hexadecimal.
pub(crate) fn hash(bytes: &[u8]) -> String {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The memory is a file that anybody may have edited.
fn object(name: &str) -> Result<ObjectName> {
    ObjectName::new(name).map_err(|_| {
        BackupError::Destination(Failure::new(Operation::Write, FailureCode::InvalidSettings))
    })
}
