//! Is everything there, and is it what it was?
//!
//! Files of a repository are named after the SHA-256 of their content, so that each can be
//! examined by itself. Each destination is examined alone: what one lacks is not hidden by
//! another that has it.

mod examination;
mod records;
mod structure;

use crate::{
    error::{ErrorCode, Result},
    locks::LockKind,
    progress::{Meter, Phase, ProgressSink},
    repository::Repository,
    set::{Member, MemberState, catch_up},
};
use examination::Examination;
use jiff::Timestamp;
use latarnik_destinations::{Entry, ObjectName};
use rustic_core::FileType;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, sync::Arc};

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
    /// Why nothing was examined: the destination is behind, with this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unexamined: Option<ErrorCode>,
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

/// What was found at one destination, with all files that something was found about.
pub(crate) struct Examined {
    pub(crate) member: Arc<Member>,
    pub(crate) report: VerificationReport,
    pub(crate) bad: BTreeSet<ObjectName>,
}

impl Repository {
    /// Examines every destination that is in step, and those that are behind because they are
    /// damaged. Of the others the report says that they were not examined.
    ///
    /// # Errors
    ///
    /// When another program holds an exclusive lock, or it is cancelled. A destination that fails
    /// in the middle is an error of its own; what is damaged is not, but stands in the report.
    pub fn verify(&mut self, request: &VerificationRequest) -> Result<Vec<VerificationReport>> {
        let meter = Meter::new(Arc::clone(&request.progress));
        meter.begin(Phase::Preparing);
        let lock = self.lock(LockKind::Shared)?;
        let result = self.examine_all(request, &meter);
        let unlocked = self.unlock(lock);
        let examined = result?;
        unlocked?;
        Ok(examined.into_iter().map(|found| found.report).collect())
    }

    pub(crate) fn examine_all(
        &self,
        request: &VerificationRequest,
        meter: &Arc<Meter>,
    ) -> Result<Vec<Examined>> {
        let common = self.common_files()?;
        let members = self.set.members().iter();
        members
            .map(|member| match member.record().state {
                MemberState::Behind { code } if code != ErrorCode::Damaged => {
                    Ok(self.unexamined(member, code))
                }
                _ => self.examine(member, request, &common, meter),
            })
            .collect()
    }

    /// Keys and snapshots of all members in step. Nothing else tells that one is gone.
    pub(crate) fn common_files(&self) -> Result<BTreeSet<ObjectName>> {
        let mut names = BTreeSet::new();
        for member in self.set.in_step() {
            for kind in [FileType::Key, FileType::Snapshot] {
                names.extend(catch_up::listing(&self.set, &member, kind)?.into_keys());
            }
        }
        Ok(names)
    }

    fn unexamined(&self, member: &Arc<Member>, code: ErrorCode) -> Examined {
        let now = self.surroundings.clock.now();
        Examined {
            member: Arc::clone(member),
            report: VerificationReport {
                destination: member.name.clone(),
                unexamined: Some(code),
                started: now,
                ended: now,
                snapshots: 0,
                files_read: 0,
                bytes_read: 0,
                damages: 0,
                named_damages: Vec::new(),
            },
            bad: BTreeSet::new(),
        }
    }

    pub(crate) fn examine(
        &self,
        member: &Arc<Member>,
        request: &VerificationRequest,
        common: &BTreeSet<ObjectName>,
        meter: &Arc<Meter>,
    ) -> Result<Examined> {
        meter.begin(Phase::Verifying);
        let started = self.surroundings.clock.now();
        let mut examination = Examination::new(&self.set, member, &self.seal, meter);
        let packs = examination.list(FileType::Pack)?;
        examination.config()?;
        for kind in [FileType::Key, FileType::Index, FileType::Snapshot] {
            for entry in examination.list(kind)? {
                examination.read(&entry)?;
            }
        }
        examination.compare(common)?;
        let alone = self.set.alone(member, BTreeSet::new());
        let walked = structure::examine(self, &alone, &packs, &mut examination)?;
        records::examine(&walked.with_records, &mut examination)?;
        examination.locks()?;
        let chosen = packs.iter().filter(|pack| request.takes(&pack.name));
        let chosen: Vec<&Entry> = chosen.collect();
        meter.expect_bytes(chosen.iter().map(|pack| pack.bytes).sum());
        for pack in chosen {
            examination.read(pack)?;
        }
        Ok(Examined {
            member: Arc::clone(member),
            report: VerificationReport {
                destination: member.name.clone(),
                unexamined: None,
                started,
                ended: self.surroundings.clock.now(),
                snapshots: walked.snapshots,
                files_read: examination.files_read,
                bytes_read: examination.bytes_read,
                damages: examination.damages,
                named_damages: examination.named,
            },
            bad: examination.bad,
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
