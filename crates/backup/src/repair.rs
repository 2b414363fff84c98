//! Replacing damaged files of a destination by those of another.
//!
//! Nothing is believed: what is copied is compared with its name or decrypted first, and read back
//! afterwards. What no destination has right any more stays as it is, and is named.

use crate::{
    error::{BackupError, Result},
    files,
    locks::LockKind,
    manifest,
    progress::{Meter, Phase},
    repository::Repository,
    set::{Member, catch_up},
    verification::{Examined, VerificationReport, VerificationRequest},
};
use bytes::Bytes;
use latarnik_destinations::{Content, ObjectName};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, sync::Arc};

/// More are counted, and not named.
const NAMED: usize = 1_000;

/// The folders of a repository in an order in which each file comes after those that it refers to.
const ORDER: [&str; 6] = [
    "config",
    "keys",
    "data",
    "index",
    "snapshots",
    manifest::FOLDER,
];

/// What was mended at one destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairReport {
    /// The name by which the job knows the destination.
    pub destination: String,
    /// How it was found.
    pub found: VerificationReport,
    /// How many files were replaced, or removed where they were locks.
    pub mended_files: u64,
    /// The first thousand of them.
    pub named_mended: Vec<String>,
    /// How it is now.
    pub left: VerificationReport,
}

impl Repository {
    /// Examines every destination as [`verify`](Self::verify) does, and replaces what is damaged or
    /// missing at one of them by what another one has. One that was behind because it was damaged
    /// is in step afterwards.
    ///
    /// # Errors
    ///
    /// As for [`verify`](Self::verify); also when another program holds any lock, as nobody else
    /// may write meanwhile. What nobody has is no error, but stands in the report.
    pub fn repair(&mut self, request: &VerificationRequest) -> Result<Vec<RepairReport>> {
        let meter = Meter::new(Arc::clone(&request.progress));
        meter.begin(Phase::Preparing);
        let lock = self.lock(LockKind::Exclusive)?;
        let result = self.repair_locked(request, &meter);
        let unlocked = self.unlock(lock);
        let reports = result?;
        unlocked?;
        Ok(reports)
    }

    fn repair_locked(
        &self,
        request: &VerificationRequest,
        meter: &Arc<Meter>,
    ) -> Result<Vec<RepairReport>> {
        let examined = self.examine_all(request, meter)?;
        let sources: Vec<Arc<Member>> = examined
            .iter()
            .filter(|found| found.report.unexamined.is_none())
            .map(|found| Arc::clone(&found.member))
            .collect();
        let mut reports = Vec::new();
        for found in examined {
            reports.push(self.repair_member(found, &sources, request, meter)?);
        }
        Ok(reports)
    }

    fn repair_member(
        &self,
        found: Examined,
        sources: &[Arc<Member>],
        request: &VerificationRequest,
        meter: &Arc<Meter>,
    ) -> Result<RepairReport> {
        let Examined {
            member,
            report,
            bad,
        } = found;
        let mut mended = Vec::new();
        if report.damages > 0 && self.is_ours(&member, sources)? {
            meter.begin(Phase::CatchingUp);
            for name in self.suspects(&member, bad, sources)? {
                if self.mend(&member, &name, sources, meter)? {
                    tracing::info!(destination = member.name, file = %name, "mended");
                    mended.push(name.to_string());
                }
            }
        }
        let was_behind = !member.is_in_step();
        if report.unexamined.is_none() && was_behind {
            match catch_up::catch_up(&self.set, &member) {
                Err(BackupError::Cancelled) => return Err(BackupError::Cancelled),
                Err(error) => member.fall_behind(&error),
                Ok(_) => {}
            }
        }
        let left = if mended.is_empty() && (!was_behind || report.unexamined.is_some()) {
            report.clone()
        } else {
            let common = self.common_files()?;
            self.examine(&member, request, &common, meter)?.report
        };
        let mended_files = mended.len() as u64;
        mended.truncate(NAMED);
        Ok(RepairReport {
            destination: member.name.clone(),
            found: report,
            mended_files,
            named_mended: mended,
            left,
        })
    }

    /// What belongs to something else stays untouched, also where it lost its config.
    fn is_ours(&self, member: &Arc<Member>, sources: &[Arc<Member>]) -> Result<bool> {
        if self.right_one(member, &files::config())?.is_some() {
            return Ok(true);
        }
        for source in sources {
            if !Arc::ptr_eq(source, member) && catch_up::shares_a_key(&self.set, source, member)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What something was found about, and what others have and this one has not, or has in
    /// another size: an index that is gone has no name any more.
    fn suspects(
        &self,
        member: &Member,
        bad: BTreeSet<ObjectName>,
        sources: &[Arc<Member>],
    ) -> Result<Vec<ObjectName>> {
        let mut suspects = bad;
        for source in sources.iter().filter(|source| source.is_in_step()) {
            for kind in files::COPIED {
                let here = catch_up::listing(&self.set, member, kind)?;
                for (name, bytes) in catch_up::listing(&self.set, source, kind)? {
                    if here.get(&name) != Some(&bytes) {
                        suspects.insert(name);
                    }
                }
            }
            let folder = files::object(manifest::FOLDER);
            let records = self.set.block(source.destination.list(Some(&folder)))?;
            let here = self.set.block(member.destination.list(Some(&folder)))?;
            for entry in records {
                if !here.contains(&entry) {
                    suspects.insert(entry.name);
                }
            }
        }
        let mut suspects: Vec<ObjectName> = suspects.into_iter().collect();
        suspects.sort_by_key(|name| {
            let folder = name.as_str().split('/').next().unwrap_or_default();
            ORDER.iter().position(|known| *known == folder)
        });
        Ok(suspects)
    }

    /// Puts a right file in the place of one that is not. Says whether it did.
    fn mend(
        &self,
        member: &Arc<Member>,
        name: &ObjectName,
        sources: &[Arc<Member>],
        meter: &Meter,
    ) -> Result<bool> {
        if name.as_str().starts_with(files::LOCKS) {
            // An exclusive lock is held, so that whoever may still be writing it is refused.
            self.set.block(member.destination.remove(name))?;
            return Ok(true);
        }
        if self.right_one(member, name)?.is_some() {
            return Ok(false);
        }
        for source in sources {
            if Arc::ptr_eq(source, member) {
                continue;
            }
            let Some(bytes) = self.right_one(source, name)? else {
                continue;
            };
            meter.add_bytes(bytes.len() as u64);
            self.set
                .block(member.destination.write(name, Content::from(bytes)))?;
            return Ok(self.right_one(member, name)?.is_some());
        }
        Ok(false)
    }

    /// A file as a member has it, if it is there and right.
    fn right_one(&self, member: &Member, name: &ObjectName) -> Result<Option<Bytes>> {
        match self.set.block(member.destination.read(name)) {
            Err(BackupError::Destination(failure)) if failure.is_of_the_file_alone() => Ok(None),
            other => other.map(|bytes| self.is_right(name, &bytes).then_some(bytes)),
        }
    }

    fn is_right(&self, name: &ObjectName, bytes: &[u8]) -> bool {
        if *name == files::config() {
            return self.seal.open(bytes).is_ok();
        }
        if files::id(name).is_some() {
            return files::is_what_its_name_says(name, bytes);
        }
        let plain = self.seal.open(bytes).ok();
        plain.is_some_and(|plain| manifest::ends(&plain).is_some())
    }
}
