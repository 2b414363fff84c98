//! Is everything there, and is it what it was?
//!
//! Files of a repository are named after the SHA-256 of their content, so that each can be
//! examined by itself. Each destination is examined alone: what one lacks is not hidden by
//! another that has it.

mod structure;

use crate::{
    error::{BackupError, Result},
    files,
    locks::LockKind,
    progress::{Meter, Phase, ProgressSink},
    repository::Repository,
    set::{Member, RepositorySet},
};
use jiff::Timestamp;
use latarnik_destinations::{Entry, FailureCode, ObjectName};
use rustic_core::FileType;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// More are counted, and not named.
const NAMED: usize = 1_000;

/// How much is examined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerificationDepth {
    /// Everything that snapshots need is there and has its size; what describes the packs is read
    /// whole.
    Structure,
    /// Also this many of a thousand packs are read, others each time.
    Sample {
        /// Packs of a thousand.
        per_mille: u16,
    },
    /// Every byte is read.
    Full,
}

/// What is to be examined.
pub struct VerificationRequest {
    /// How much.
    pub depth: VerificationDepth,
    /// Which packs a sample takes: another number takes others.
    pub seed: u64,
    /// Hears how it goes.
    pub progress: Arc<dyn ProgressSink>,
}

/// What was found at one destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerificationReport {
    /// The name by which the job knows the destination.
    pub destination: String,
    /// When it began, in UTC.
    pub started: Timestamp,
    /// When it ended, in UTC.
    pub ended: Timestamp,
    /// Snapshots whose trees were walked.
    pub snapshots: u64,
    /// Files that were read and compared.
    pub files_read: u64,
    /// Their bytes.
    pub bytes_read: u64,
    /// How much is damaged.
    pub damages: u64,
    /// The first thousand of them.
    pub named_damages: Vec<Damage>,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damage {
    /// The file of the repository, as it is named at the destination.
    pub file: String,
    /// What is wrong.
    pub kind: DamageKind,
    /// More words, for support.
    pub detail: String,
}

/// What is wrong with a file of the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DamageKind {
    /// It should be there.
    Missing,
    /// It has another size than the index says.
    WrongSize,
    /// Its content is not what its name says.
    WrongContent,
    /// It cannot be read or understood.
    Unreadable,
}

impl Repository {
    /// Examines every destination that is in step.
    ///
    /// # Errors
    ///
    /// When another program holds an exclusive lock, or it is cancelled. A destination that fails
    /// in the middle is an error of its own; what is damaged is not, but stands in the report.
    pub fn verify(&mut self, request: &VerificationRequest) -> Result<Vec<VerificationReport>> {
        let meter = Meter::new(Arc::clone(&request.progress));
        meter.begin(Phase::Preparing);
        let lock = self.lock(LockKind::Shared)?;
        let members = self.set.in_step();
        let result: Result<Vec<VerificationReport>> = members
            .iter()
            .map(|member| self.verify_member(member, request, &meter))
            .collect();
        let unlocked = self.unlock(lock);
        let reports = result?;
        unlocked?;
        Ok(reports)
    }

    fn verify_member(
        &self,
        member: &Arc<Member>,
        request: &VerificationRequest,
        meter: &Arc<Meter>,
    ) -> Result<VerificationReport> {
        meter.begin(Phase::Verifying);
        let started = self.surroundings.clock.now();
        let mut examination = Examination {
            set: &self.set,
            member,
            meter,
            files_read: 0,
            bytes_read: 0,
            damages: 0,
            named: Vec::new(),
        };
        let packs = examination.list(FileType::Pack)?;
        for kind in [FileType::Key, FileType::Index, FileType::Snapshot] {
            for entry in examination.list(kind)? {
                examination.read(&entry)?;
            }
        }
        let alone = self.alone(member);
        let snapshots = structure::examine(self, &alone, &packs, &mut examination)?;
        let chosen = packs.iter().filter(|pack| request.takes(&pack.name));
        let chosen: Vec<&Entry> = chosen.collect();
        meter.expect_bytes(chosen.iter().map(|pack| pack.bytes).sum());
        for pack in chosen {
            examination.read(pack)?;
        }
        Ok(VerificationReport {
            destination: member.name.clone(),
            started,
            ended: self.surroundings.clock.now(),
            snapshots,
            files_read: examination.files_read,
            bytes_read: examination.bytes_read,
            damages: examination.damages,
            named_damages: examination.named,
        })
    }
}

impl VerificationRequest {
    /// Whether a pack is read: its name is as good as random, and the seed moves what is taken.
    fn takes(&self, pack: &ObjectName) -> bool {
        let per_mille = match self.depth {
            VerificationDepth::Structure => return false,
            VerificationDepth::Full => return true,
            VerificationDepth::Sample { per_mille } => u64::from(per_mille),
        };
        let digits = pack.last().get(..12).unwrap_or_default();
        let number = u64::from_str_radix(digits, 16).unwrap_or_default();
        (number ^ self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)) % 1000 < per_mille
    }
}

/// An examination of one destination.
struct Examination<'a> {
    set: &'a RepositorySet,
    member: &'a Member,
    meter: &'a Meter,
    files_read: u64,
    bytes_read: u64,
    damages: u64,
    named: Vec<Damage>,
}

impl Examination<'_> {
    fn list(&self, kind: FileType) -> Result<Vec<Entry>> {
        let folder = files::folder(kind);
        let entries = self
            .set
            .block(self.member.destination.list(folder.as_ref()))?;
        Ok(entries
            .into_iter()
            .filter(|entry| files::id(&entry.name).is_some())
            .collect())
    }

    fn read(&mut self, entry: &Entry) -> Result<()> {
        let bytes = match self.set.block(self.member.destination.read(&entry.name)) {
            Err(BackupError::Destination(failure)) if failure.code == FailureCode::NotFound => {
                self.note(&entry.name, DamageKind::Missing, String::new());
                return Ok(());
            }
            other => other?,
        };
        self.files_read += 1;
        self.bytes_read += bytes.len() as u64;
        self.meter.add_bytes(bytes.len() as u64);
        let digest: [u8; 32] = Sha256::digest(&bytes).into();
        if files::id(&entry.name) != Some(rustic_core::Id::new(digest)) {
            self.note(&entry.name, DamageKind::WrongContent, String::new());
        }
        Ok(())
    }

    fn note(&mut self, name: &ObjectName, kind: DamageKind, detail: String) {
        self.damages += 1;
        if self.named.len() < NAMED {
            self.named.push(Damage {
                file: name.to_string(),
                kind,
                detail,
            });
        }
    }
}
