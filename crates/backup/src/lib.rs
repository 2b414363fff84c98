//! The backup engine.
//!
//! A [`Repository`] in restic's format (version 2) lies at one or more destinations. A
//! [run](Repository::run) reads the sources once and makes a snapshot of them everywhere; stock
//! restic lists, checks and restores it, and so does this crate.
//!
//! Invariants: a snapshot is written last, when everything that it refers to has arrived; what
//! could not be read is counted and named; a dump that failed leaves no snapshot; a destination
//! that lacks something is behind and says so, until it has caught up; nothing leaves the machine
//! unencrypted.
//!
//! The product around it is not known here: no tenants, no devices, no schedules, no server.

mod clock;
mod deletion;
pub mod dumps;
mod error;
mod files;
mod generations;
mod job;
mod keys;
mod locks;
mod manifest;
mod progress;
mod prune;
mod repair;
mod repository;
mod restore;
mod run;
mod seal;
mod set;
mod shadow_copies;
mod snapshots;
mod source;
mod state;
mod system;
mod test_restore;
mod verification;

pub mod recovery_kit;
pub mod retention;

pub use clock::{Clock, SystemClock};
pub use error::{BackupError, ErrorCode, Result};
pub use generations::{
    Generation, GenerationRepair, GenerationSnapshot, GenerationVerification, Generations,
};
pub use job::{
    DUMPS, InvalidJob, Job, NamedDestination, OlderGeneration, next_password_file, read_password,
};
pub use keys::{KeyChangeReport, KeyReport, OtherKeys};
pub use latarnik_destinations as destinations;
pub use progress::{NoProgress, Phase, ProgressEvent, ProgressSink};
pub use prune::{DeletedGeneration, PruneForecast, PruneReport};
pub use repair::RepairReport;
pub use repository::{Repository, Surroundings, WhenAbsent, hostname};
pub use restore::{Existing, RestoreReport, RestoreRequest, Selection, SnapshotChoice};
pub use run::{PARTIAL_TAG, PINNED_TAG, RunKind, RunOutcome, RunReport, RunRequest, StreamSource};
pub use set::{MemberReport, MemberState, Place};
pub use shadow_copies::{
    Consistency, Live, LiveReason, NoShadowCopies, Reading, ShadowCopies, ShadowCopyHold,
    ShadowCopyMaker, ShadowCopyUse, SourceReading,
};
pub use snapshots::SnapshotSummary;
pub use source::{Finding, FindingKind, Findings, FolderSource, InvalidPattern};
pub use system::{OperatingSystem, PlainSystem, SystemMetadata};
pub use test_restore::{
    Mismatch, MismatchKind, TestRestoreOutcome, TestRestoreReport, TestRestoreRequest,
};
pub use verification::{
    Damage, DamageKind, VerificationDepth, VerificationReport, VerificationRequest,
};
