//! A destination as a member of a set.

use super::key_changes::KeyChanges;
use crate::error::{BackupError, ErrorCode};
use latarnik_destinations::{Destination, FailureCode, ObjectName};
use rustic_core::FileType;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A destination of a set.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) destination: Arc<dyn Destination>,
    record: Mutex<MemberRecord>,
}

/// Whether a member has everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum MemberState {
    /// It has everything that the set has.
    InStep,
    /// It lacks files, and gets them when it answers again.
    Behind {
        /// Why: what it failed with, or [`ErrorCode::OtherRepository`] when what lies there
        /// belongs to something else.
        code: ErrorCode,
    },
}

/// What is remembered of a member from run to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MemberRecord {
    #[serde(flatten)]
    pub(crate) state: MemberState,
    /// Files that were deleted elsewhere while it was behind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) removals: Vec<Removal>,
    /// Changes of keys that it has not got yet.
    #[serde(default, skip_serializing_if = "KeyChanges::is_empty")]
    pub(crate) keys: KeyChanges,
    /// The whole repository was deleted there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_deleted: bool,
}

/// A file that is to be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Removal {
    pub(crate) kind: FileType,
    #[serde(with = "object_name")]
    pub(crate) name: ObjectName,
}

/// How a member is, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberReport {
    /// The name by which the job knows it.
    pub name: String,
    /// Where it is, without secrets.
    pub location: String,
    /// Whether it has everything.
    #[serde(flatten)]
    pub state: MemberState,
}

/// The state of a member that has nothing yet.
const NEW: MemberState = MemberState::Behind {
    code: ErrorCode::Destination(FailureCode::NotFound),
};

impl Default for MemberRecord {
    fn default() -> Self {
        Self {
            state: MemberState::InStep,
            removals: Vec::new(),
            keys: KeyChanges::default(),
            is_deleted: false,
        }
    }
}

impl Member {
    pub(crate) fn new(
        name: String,
        destination: Arc<dyn Destination>,
        record: MemberRecord,
    ) -> Self {
        Self {
            name,
            destination,
            record: Mutex::new(record),
        }
    }

    pub(crate) fn is_in_step(&self) -> bool {
        self.lock().state == MemberState::InStep
    }

    pub(crate) fn record(&self) -> MemberRecord {
        self.lock().clone()
    }

    pub(crate) fn report(&self) -> MemberReport {
        MemberReport {
            name: self.name.clone(),
            location: self.destination.location(),
            state: self.lock().state.clone(),
        }
    }

    pub(crate) fn fall_behind(&self, error: &BackupError) {
        tracing::warn!(
            destination = self.name,
            error = error.chain(),
            "the destination is behind"
        );
        self.lock().state = MemberState::Behind { code: error.code() };
    }

    pub(crate) fn remember_removal(&self, removal: Removal) {
        self.lock().removals.push(removal);
    }

    /// It is the one that the others follow. What was to be deleted there stays: by then others
    /// may have it again, and need it. Keys are another matter: what was taken away stays so.
    pub(crate) fn lead(&self) {
        let mut record = self.lock();
        *record = MemberRecord {
            keys: std::mem::take(&mut record.keys),
            ..MemberRecord::default()
        };
    }

    /// Notes changes of keys that it is to get.
    pub(crate) fn note_keys(&self, note: impl FnOnce(&mut KeyChanges)) {
        note(&mut self.lock().keys);
    }

    /// It has got all changes of keys.
    pub(crate) fn has_keys(&self) {
        self.lock().keys = KeyChanges::default();
    }

    /// The whole repository was deleted there.
    pub(crate) fn is_deleted(&self) {
        self.lock().is_deleted = true;
    }

    /// It has nothing yet.
    pub(crate) fn is_new(&self) {
        self.lock().state = NEW;
    }

    /// Whether it has nothing yet, or everything.
    pub(crate) fn is_new_or_in_step(&self) -> bool {
        let state = &self.lock().state;
        *state == NEW || *state == MemberState::InStep
    }

    /// It has everything again.
    pub(crate) fn catch_up(&self) {
        *self.lock() = MemberRecord::default();
    }

    fn lock(&self) -> MutexGuard<'_, MemberRecord> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

mod object_name {
    use latarnik_destinations::ObjectName;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(
        name: &ObjectName,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(name.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<ObjectName, D::Error> {
        ObjectName::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
