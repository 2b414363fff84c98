//! Looking at the files of one destination.

use super::{Damage, DamageKind};
use crate::{
    error::{BackupError, Result},
    files, locks,
    progress::Meter,
    seal::Seal,
    set::{Member, RepositorySet},
};
use bytes::Bytes;
use latarnik_destinations::{Entry, Failure, FailureCode, ObjectName};
use rustic_core::FileType;
use std::{collections::BTreeSet, time::Duration};

/// More are counted, and not named.
const NAMED: usize = 1_000;

/// After this long a lock that is being written is whole.
const SETTLING: Duration = Duration::from_millis(200);

/// An examination of one destination.
pub(super) struct Examination<'a> {
    pub(super) set: &'a RepositorySet,
    pub(super) member: &'a Member,
    pub(super) seal: &'a Seal,
    pub(super) meter: &'a Meter,
    pub(super) files_read: u64,
    pub(super) bytes_read: u64,
    pub(super) damages: u64,
    pub(super) named: Vec<Damage>,
    /// All files that something was found about.
    pub(super) bad: BTreeSet<ObjectName>,
}

/// What was there under a name.
enum Found {
    Whole(Bytes),
    Nothing,
    Unreadable(Failure),
}

impl<'a> Examination<'a> {
    pub(super) fn new(
        set: &'a RepositorySet,
        member: &'a Member,
        seal: &'a Seal,
        meter: &'a Meter,
    ) -> Self {
        Self {
            set,
            member,
            seal,
            meter,
            files_read: 0,
            bytes_read: 0,
            damages: 0,
            named: Vec::new(),
            bad: BTreeSet::new(),
        }
    }

    pub(super) fn list(&self, kind: FileType) -> Result<Vec<Entry>> {
        let folder = files::folder(kind);
        let entries = self
            .set
            .block(self.member.destination.list(folder.as_ref()))?;
        Ok(entries
            .into_iter()
            .filter(|entry| files::id(&entry.name).is_some())
            .collect())
    }

    /// Compares a file with its name.
    pub(super) fn read(&mut self, entry: &Entry) -> Result<()> {
        if let Some(bytes) = self.fetch(&entry.name)?
            && !files::is_what_its_name_says(&entry.name, &bytes)
        {
            self.note(&entry.name, DamageKind::WrongContent, String::new());
        }
        Ok(())
    }

    /// A file's content; one that is not there, or cannot be read, is noted.
    pub(super) fn fetch(&mut self, name: &ObjectName) -> Result<Option<Bytes>> {
        let bytes = match self.look_at(name)? {
            Found::Whole(bytes) => bytes,
            Found::Nothing => {
                self.note(name, DamageKind::Missing, String::new());
                return Ok(None);
            }
            Found::Unreadable(failure) => {
                self.note(name, DamageKind::Unreadable, failure.chain());
                return Ok(None);
            }
        };
        self.files_read += 1;
        self.bytes_read += bytes.len() as u64;
        self.meter.add_bytes(bytes.len() as u64);
        Ok(Some(bytes))
    }

    fn look_at(&self, name: &ObjectName) -> Result<Found> {
        match self.set.block(self.member.destination.read(name)) {
            Ok(bytes) => Ok(Found::Whole(bytes)),
            Err(BackupError::Destination(failure)) if failure.code == FailureCode::NotFound => {
                Ok(Found::Nothing)
            }
            Err(BackupError::Destination(failure)) if failure.is_of_the_file_alone() => {
                Ok(Found::Unreadable(failure))
            }
            Err(other) => Err(other),
        }
    }

    /// The one file whose name promises nothing, and that cannot be made anew.
    pub(super) fn config(&mut self) -> Result<()> {
        let config = files::config();
        if let Some(bytes) = self.fetch(&config)?
            && self.seal.open(&bytes).is_err()
        {
            let detail = "it cannot be decrypted".to_owned();
            self.note(&config, DamageKind::WrongContent, detail);
        }
        Ok(())
    }

    /// What other destinations have had since before this one was examined.
    pub(super) fn compare(&mut self, others: &BTreeSet<ObjectName>) -> Result<()> {
        for name in others {
            let size = self.set.block(self.member.destination.size(name))?;
            if size.is_none() {
                let detail = "another destination has it".to_owned();
                self.note(name, DamageKind::Missing, detail);
            }
        }
        Ok(())
    }

    /// A lock that cannot be read keeps restic from working. Ours and others' come and go.
    pub(super) fn locks(&mut self) -> Result<()> {
        let folder = files::object(files::LOCKS);
        for entry in self
            .set
            .block(self.member.destination.list(Some(&folder)))?
        {
            let name = &entry.name;
            if files::id(name).is_none() || self.is_gone_or_right(name)? {
                continue;
            }
            self.set.pause(SETTLING)?;
            if !self.is_gone_or_right(name)? {
                let detail = "restic refuses to work while it is there".to_owned();
                self.note(name, DamageKind::WrongContent, detail);
            }
        }
        Ok(())
    }

    fn is_gone_or_right(&self, lock: &ObjectName) -> Result<bool> {
        Ok(match self.look_at(lock)? {
            Found::Nothing => true,
            Found::Unreadable(_) => false,
            Found::Whole(bytes) => {
                files::is_what_its_name_says(lock, &bytes) && locks::is_whole(self.seal, &bytes)
            }
        })
    }

    pub(super) fn note(&mut self, name: &ObjectName, kind: DamageKind, detail: String) {
        self.damages += 1;
        self.bad.insert(name.clone());
        if self.named.len() < NAMED {
            self.named.push(Damage {
                file: name.to_string(),
                kind,
                detail,
            });
        }
    }
}
