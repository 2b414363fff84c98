//! Which authority is in force, and which one follows: the folder's layout.
//!
//! ```text
//! authority/                 the first authority: key.pem, certificate.pem
//! authority/next/            the one that waits to take over, while there is one
//! authority/generation-2/    the one that took over from the first; the highest number is in force
//! ```
//!
//! A step is one rename of a folder that is complete on the disk, so a crash at any moment leaves
//! the state before the step or the one after it. Nothing is overwritten and nothing is deleted: a
//! name that is taken makes the rename fail.

use super::{
    Authority, AuthorityError, create,
    folder::{CERTIFICATE, Files, staging_path, sync, write_new},
};
use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, pem::PemObject};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

const NEXT: &str = "next";
const GENERATION: &str = "generation-";
/// When an authority took over, in its folder.
const SINCE: &str = "since";

/// The authorities' folder.
#[derive(Debug, Clone)]
pub(crate) struct Generations {
    folder: PathBuf,
}

/// What the folder holds, by names alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The number of the authority in force; the first is 1.
    pub(crate) generation: u32,
    /// Whether another one waits to take over.
    pub(crate) successor: Successor,
}

/// Whether an authority waits to take over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Successor {
    /// None does.
    None,
    /// One does.
    Waits,
}

impl Generations {
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// Makes the first authority if the folder does not exist. Of several processes that start at
    /// once, one makes it and the others find it.
    pub(crate) fn ensure(&self, now: Timestamp) -> Result<(), AuthorityError> {
        match fs::symlink_metadata(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                create(now, None)?.write(&self.folder).map(drop)
            }
            _ => Ok(()),
        }
    }

    /// Looks at the folder without reading a key.
    pub(crate) fn layout(&self) -> Result<Layout, AuthorityError> {
        let listing = |source| AuthorityError::List {
            folder: self.folder.clone(),
            source,
        };
        let mut layout = Layout {
            generation: 1,
            successor: Successor::None,
        };
        for entry in fs::read_dir(&self.folder).map_err(listing)? {
            let name = entry.map_err(listing)?.file_name();
            let name = name.to_string_lossy();
            if name == NEXT {
                layout.successor = Successor::Waits;
            } else if let Some(number) = generation(&name) {
                layout.generation = layout.generation.max(number);
            }
        }
        Ok(layout)
    }

    /// The authority in force.
    pub(crate) fn present(
        &self,
        generation: u32,
        now: Timestamp,
    ) -> Result<Authority, AuthorityError> {
        load(&self.place(generation), now)
    }

    /// The one that waits to take over.
    pub(crate) fn next(&self, now: Timestamp) -> Result<Authority, AuthorityError> {
        load(&self.folder.join(NEXT), now)
    }

    /// Since when a generation is in force.
    pub(crate) fn since(&self, generation: u32, present: &Authority) -> Timestamp {
        fs::read_to_string(self.place(generation).join(SINCE))
            .ok()
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or(present.made_at())
    }

    /// Certificates of those that are no longer in force, as far as they are still there: they
    /// prove nothing any more, but tell a stranger from a device that missed a rotation.
    pub(crate) fn retired(&self, generation: u32) -> Vec<CertificateDer<'static>> {
        (1..generation)
            .filter_map(|number| fs::read(self.place(number).join(CERTIFICATE)).ok())
            .filter_map(|pem| CertificateDer::from_pem_slice(&pem).ok())
            .collect()
    }

    /// Puts a next authority beside the present one.
    pub(crate) fn add_next(
        &self,
        generation: u32,
        present: &Authority,
        now: Timestamp,
    ) -> Result<Authority, AuthorityError> {
        let files = create(now, Some((present, generation)))?;
        let made = files.certificate.clone();
        let next = self.folder.join(NEXT);
        let files = files.write(&next)?;
        let authority = Authority::load(&next, &files, now)?;
        if files.certificate == made {
            Ok(authority)
        } else {
            Err(AuthorityError::UnderWay {
                next: authority.fingerprint(),
                since: authority.made_at(),
            })
        }
    }

    /// Puts the next authority in force.
    pub(crate) fn take_over(&self, generation: u32, now: Timestamp) -> Result<(), AuthorityError> {
        let next = self.folder.join(NEXT);
        let rename = || {
            let since = next.join(SINCE);
            let staging = staging_path(&since);
            match fs::remove_file(&staging) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => write_new(&staging, &format!("{now}\n"))?,
            }
            fs::rename(&staging, &since)?;
            sync(&next)?;
            fs::rename(&next, self.place(generation.saturating_add(1)))?;
            sync(&self.folder)
        };
        rename().map_err(|source| AuthorityError::TakeOver {
            folder: self.folder.clone(),
            source,
        })
    }

    fn place(&self, generation: u32) -> PathBuf {
        match generation {
            1 => self.folder.clone(),
            number => self.folder.join(format!("{GENERATION}{number}")),
        }
    }
}

fn generation(name: &str) -> Option<u32> {
    let number = name.strip_prefix(GENERATION)?.parse().ok()?;
    (number > 1).then_some(number)
}

fn load(folder: &Path, now: Timestamp) -> Result<Authority, AuthorityError> {
    let files = Files::read(folder)?.ok_or_else(|| AuthorityError::Read {
        path: folder.to_owned(),
        source: io::ErrorKind::NotFound.into(),
    })?;
    Authority::load(folder, &files, now)
}

#[cfg(test)]
mod tests;
