//! A destination as a member of a set.

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
    /// may have it again, and need it.
    pub(crate) fn lead(&self) {
        *self.lock() = MemberRecord::default();
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
