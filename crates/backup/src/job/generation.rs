//! Generations of a job's repository, and their passwords.

use super::{InvalidJob, Job};
use crate::Place;
use latarnik_destinations::{
    Bandwidth, Failure, ObjectName, Options, Secret, Settings, connect, connect_below,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// An older repository of the job, that is still read and cleaned up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OlderGeneration {
    /// Which one: 1 is the first.
    pub generation: u32,
    /// Its password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// Or a file that has it, in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
}

/// Without a word about it, a job is at its first generation.
pub(super) fn first() -> u32 {
    1
}

/// Where a rotation keeps the password that is to come: next to the file of the one that goes.
pub fn next_password_file(path: &Path) -> PathBuf {
    let mut name = path.file_name().map(OsString::from).unwrap_or_default();
    name.push(".next");
    path.with_file_name(name)
}

/// The password in a file: its one line, without the end of that line.
///
/// # Errors
///
/// When the file cannot be read, is empty, or has what could be neither printed nor typed.
pub fn read_password(path: &Path) -> Result<Secret, InvalidJob> {
    let text = fs::read_to_string(path).map_err(|source| InvalidJob::File {
        path: path.to_owned(),
        source,
    })?;
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() || password.chars().any(char::is_control) {
        return Err(InvalidJob::PasswordFile(path.to_owned()));
    }
    Ok(Secret::new(password))
}

impl Job {
    /// The job's generations, the current one first.
    pub fn generations(&self) -> Vec<u32> {
        let older = self.older_generations.iter().map(|older| older.generation);
        let mut numbers: Vec<u32> = older.chain([self.generation]).collect();
        numbers.sort_unstable_by(|one, other| other.cmp(one));
        numbers
    }

    pub(super) fn check_generations(&self) -> Result<(), InvalidJob> {
        if self.generation == 0 {
            return Err(InvalidJob::GenerationZero);
        }
        let mut seen = BTreeSet::new();
        for older in &self.older_generations {
            let number = older.generation;
            if number == 0 {
                return Err(InvalidJob::GenerationZero);
            }
            if number >= self.generation {
                return Err(InvalidJob::NotOlder {
                    older: number,
                    current: self.generation,
                });
            }
            if !seen.insert(number) {
                return Err(InvalidJob::SameGeneration(number));
            }
            if older.password.is_some() == older.password_file.is_some() {
                return Err(InvalidJob::GenerationPassword(number));
            }
        }
        Ok(())
    }

    /// The file that has a generation's password; `None` when it stands in the job.
    ///
    /// # Errors
    ///
    /// When the job has no such generation.
    pub fn password_file(&self, generation: u32) -> Result<Option<&Path>, InvalidJob> {
        let (_, file) = self.password_settings(generation)?;
        Ok(file.as_deref())
    }

    /// The passwords with which a generation may be opened, the likeliest first: of a rotation
    /// that was cut off there are two.
    ///
    /// # Errors
    ///
    /// When the job has no such generation, the file cannot be read, or there is nothing in it.
    pub fn passwords(&self, generation: u32) -> Result<Vec<Secret>, InvalidJob> {
        let (password, file) = self.password_settings(generation)?;
        let Some(path) = file else {
            let password = password.clone().unwrap_or_default();
            return if password.reveal().is_empty() {
                Err(InvalidJob::Password)
            } else {
                Ok(vec![password])
            };
        };
        let mut passwords = vec![read_password(path)?];
        match read_password(&next_password_file(path)) {
            Ok(next) => passwords.push(next),
            Err(InvalidJob::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            // Cut off while it was written: nothing was done with it yet.
            Err(error) => tracing::warn!(
                error = latarnik_destinations::chain(&error),
                "the next password cannot be used"
            ),
        }
        Ok(passwords)
    }

    fn password_settings(
        &self,
        generation: u32,
    ) -> Result<(&Option<Secret>, &Option<PathBuf>), InvalidJob> {
        if generation == self.generation {
            return Ok((&self.password, &self.password_file));
        }
        let mut older = self.older_generations.iter();
        older
            .find(|older| older.generation == generation)
            .map(|older| (&older.password, &older.password_file))
            .ok_or(InvalidJob::NoGeneration(generation))
    }

    /// A generation's destinations, ready for use, all of them within one bandwidth.
    ///
    /// # Errors
    ///
    /// The first of which the settings make no sense.
    pub fn places(&self, generation: u32) -> Result<Vec<Place>, InvalidJob> {
        let options = Options {
            verification: self.verification,
            bandwidth: self
                .bytes_per_second
                .map(|rate| Arc::new(Bandwidth::new(rate))),
            ..Options::default()
        };
        let folder = generation_folder(generation);
        self.destinations
            .iter()
            .map(|destination| {
                let connected = match &folder {
                    None => connect(destination.settings.clone(), &options),
                    Some(folder) => connect_below(&destination.settings, folder, &options),
                };
                let connected = connected.map_err(|source: Failure| InvalidJob::Destination {
                    name: destination.name.clone(),
                    source,
                })?;
                Ok(Place {
                    name: destination.name.clone(),
                    destination: connected.destination,
                })
            })
            .collect()
    }

    /// Where a generation lies at a destination.
    pub fn settings_of(&self, destination: &Settings, generation: u32) -> Settings {
        match generation_folder(generation) {
            None => destination.clone(),
            Some(folder) => destination.below(&folder),
        }
    }
}

/// The folder of a generation below a destination's own place, where the first one lies.
fn generation_folder(generation: u32) -> Option<ObjectName> {
    (generation > 1).then(|| crate::files::object(format!("generation-{generation}")))
}
