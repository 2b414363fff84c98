//! A backup job as a file describes it.
//!
//! ```toml
//! name = "books"
//! password_file = "/etc/latarnik/books.password"
//!
//! [[folders]]
//! path = "/srv/books"
//! exclude = ["*.tmp"]
//!
//! [[dumps]]
//! kind = "postgresql"
//! user = "backup"
//!
//! [[destinations]]
//! name = "second-disk"
//! kind = "local"
//! path = "/mnt/backup/books"
//!
//! [retention.full]
//! last = 4
//! ```

mod generation;

pub use generation::{OlderGeneration, next_password_file, read_password};

use crate::{
    FolderSource, InvalidPattern, RunKind, RunRequest, StreamSource,
    dumps::{DumpContext, DumpFailure, DumpSettings},
    progress::ProgressSink,
    retention::RetentionRules,
    shadow_copies::{NoShadowCopies, ShadowCopyUse},
};
use latarnik_destinations::{Failure, Secret, Settings, Verification};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    fs, io,
    num::NonZeroU64,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Where a snapshot shows the dumps of databases.
pub const DUMPS: &str = "databases";

/// A backup job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// Its name; its snapshots carry it.
    pub name: String,
    /// The repository's password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// Or a file that has it, in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// Which repository of the job is written to: another number is another repository, with a
    /// master key of its own.
    #[serde(default = "generation::first")]
    pub generation: u32,
    /// Where the job remembers things between runs; without it, the program's own place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_folder: Option<PathBuf>,
    /// What is sent at most, to all destinations together, in bytes a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<NonZeroU64>,
    /// How it is made sure that files arrive.
    #[serde(default)]
    pub verification: Verification,
    /// Whether files and folders are read from shadow copies.
    #[serde(default, skip_serializing_if = "ShadowCopyUse::is_default")]
    pub shadow_copies: ShadowCopyUse,
    /// Files and folders.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folders: Vec<FolderSource>,
    /// Databases, and programs whose output is kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dumps: Vec<DumpSettings>,
    /// Where the backup goes.
    pub destinations: Vec<NamedDestination>,
    /// Which snapshots stay; without rules, all.
    #[serde(default)]
    pub retention: RetentionRules,
    /// Repositories that are read, and cleaned up until nothing is left of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub older_generations: Vec<OlderGeneration>,
}

/// A destination with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedDestination {
    /// The name by which reports call it.
    pub name: String,
    /// Where it is and how to sign in.
    #[serde(flatten)]
    pub settings: Settings,
}

/// What is wrong with a job.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidJob {
    /// It cannot be read.
    #[error("{} cannot be read", .path.display())]
    File {
        /// The job, or the file of its password.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is no description of a job.
    #[error("{} is no description of a backup job", .path.display())]
    Description {
        /// The job.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// It has no name.
    #[error("the job has no name")]
    NoName,
    /// It has neither `password` nor `password_file`, or an empty one, or both.
    #[error("the job needs one of `password` and `password_file`, and it must not be empty")]
    Password,
    /// A file with a password is empty, or has more than one line.
    #[error("{} is no file with a password: one line, without control characters", .0.display())]
    PasswordFile(PathBuf),
    /// Generations are counted from one.
    #[error("generations are counted from 1")]
    GenerationZero,
    /// What should be older is not.
    #[error("the older generation {older} is not below the job's generation, {current}")]
    NotOlder {
        /// The one that should be older.
        older: u32,
        /// The current one.
        current: u32,
    },
    /// Two older generations have one number.
    #[error("two older generations have the number {0}")]
    SameGeneration(u32),
    /// An older generation has neither `password` nor `password_file`, or both.
    #[error("the older generation {0} needs one of `password` and `password_file`")]
    GenerationPassword(u32),
    /// The job does not have it.
    #[error("the job has no generation {0}")]
    NoGeneration(u32),
    /// There is nothing to back up.
    #[error("the job has neither folders nor dumps")]
    NoSource,
    /// There is nowhere to put it.
    #[error("the job has no destination")]
    NoDestination,
    /// Two destinations have one name.
    #[error("two destinations are called {0:?}")]
    SameName(String),
    /// A path is not absolute.
    #[error("{} is not an absolute path", .0.display())]
    RelativePath(PathBuf),
    /// A pattern is none.
    #[error(transparent)]
    Pattern(#[from] InvalidPattern),
    /// The settings of a destination make no sense.
    #[error("the destination {name:?} cannot be used")]
    Destination {
        /// Which one.
        name: String,
        /// Why.
        #[source]
        source: Failure,
    },
}

impl Job {
    /// Reads and checks a job.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or something in it makes no sense.
    pub fn read(path: &Path) -> Result<Self, InvalidJob> {
        let text = fs::read_to_string(path).map_err(|source| InvalidJob::File {
            path: path.to_owned(),
            source,
        })?;
        let job: Self = toml::from_str(&text).map_err(|source| InvalidJob::Description {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        job.check()?;
        Ok(job)
    }

    fn check(&self) -> Result<(), InvalidJob> {
        if self.name.trim().is_empty() {
            return Err(InvalidJob::NoName);
        }
        if self.password.is_some() == self.password_file.is_some() {
            return Err(InvalidJob::Password);
        }
        self.check_generations()?;
        if self.folders.is_empty() && self.dumps.is_empty() {
            return Err(InvalidJob::NoSource);
        }
        if self.destinations.is_empty() {
            return Err(InvalidJob::NoDestination);
        }
        let mut names = BTreeSet::new();
        for destination in &self.destinations {
            if !names.insert(&destination.name) {
                return Err(InvalidJob::SameName(destination.name.clone()));
            }
        }
        for folder in &self.folders {
            if !folder.path.is_absolute() {
                return Err(InvalidJob::RelativePath(folder.path.clone()));
            }
            folder.check()?;
        }
        Ok(())
    }

    /// Whether all of its destinations are elsewhere, and so slower than this machine's disk.
    pub fn is_distant(&self) -> bool {
        let is_local = |one: &NamedDestination| matches!(one.settings, Settings::Local(_));
        !self.destinations.iter().any(is_local)
    }

    /// A run of it. Servers are asked for their databases.
    ///
    /// # Errors
    ///
    /// When a server does not answer, or a program for dumps is missing.
    pub fn request(
        &self,
        kind: RunKind,
        dumps: &DumpContext,
        progress: Arc<dyn ProgressSink>,
    ) -> Result<RunRequest, DumpFailure> {
        let mut streams = Vec::new();
        let mut names = BTreeSet::new();
        for settings in &self.dumps {
            for file in settings.files(dumps)? {
                // Of two dumps of one name a snapshot would have one.
                if !names.insert(file.name.clone()) {
                    return Err(DumpFailure::same_name(&file.name));
                }
                let open = file.open;
                streams.push(StreamSource {
                    path: dump_path(&file.name),
                    open: Box::new(move || open().map_err(Into::into)),
                });
            }
        }
        Ok(RunRequest {
            kind,
            job: self.name.clone(),
            folders: self.folders.clone(),
            streams,
            progress,
            shadow_copies: self.shadow_copies,
            shadow_copy_maker: Arc::new(NoShadowCopies),
        })
    }
}

/// Where a snapshot shows a dump.
fn dump_path(name: &str) -> PathBuf {
    let root = if cfg!(windows) { "C:\\" } else { "/" };
    let folder = PathBuf::from(root).join(DUMPS);
    name.split('/').fold(folder, |path, part| path.join(part))
}

#[cfg(test)]
mod tests {
    use super::{InvalidJob, Job, next_password_file};
    use crate::ShadowCopyUse;
    use std::fs;

    const WHOLE: &str = r#"
        name = "books"
        password = "secret"
        [[folders]]
        path = "/srv/books"
        [[destinations]]
        name = "disk"
        kind = "local"
        path = "/mnt/backup"
        [retention.full]
        last = 4
    "#;

    fn read(text: &str) -> Result<Job, InvalidJob> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("job.toml");
        fs::write(&path, text).unwrap();
        Job::read(&path)
    }

    #[test]
    fn a_job_is_what_its_file_says() {
        let job = read(WHOLE).unwrap();
        assert_eq!(job.name, "books");
        assert_eq!(job.destinations.len(), 1);
        assert_eq!(job.shadow_copies, ShadowCopyUse::Auto);
        let required = format!("shadow_copies = \"required\"\n{WHOLE}");
        let required = read(&required).unwrap();
        assert_eq!(required.shadow_copies, ShadowCopyUse::Required);
        assert!(!format!("{job:?}").contains("secret"));
    }

    #[test]
    fn two_dumps_of_one_name_are_refused() {
        let command = "[[dumps]]\nkind = \"command\"\nname = \"same\"\nprogram = \"true\"\n";
        let job = read(&format!("{WHOLE}\n{command}{command}"));
        let job = job.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let context = crate::dumps::DumpContext {
            temporary_folder: folder.path().to_owned(),
            cancellation: tokio_util::sync::CancellationToken::new(),
            low_priority: false,
            timeout: std::time::Duration::from_secs(1),
        };
        let progress = std::sync::Arc::new(crate::NoProgress);
        let refused = job.request(crate::RunKind::Full, &context, progress);
        assert!(refused.is_err());
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_a_reason() {
        let changed = |from: &str, to: &str| {
            let text = WHOLE.replace(from, to);
            assert_ne!(text, WHOLE);
            read(&text).unwrap_err()
        };
        assert!(matches!(changed("\"books\"", "\" \""), InvalidJob::NoName));
        assert!(matches!(
            changed("password = \"secret\"", ""),
            InvalidJob::Password
        ));
        assert!(matches!(
            changed("\"/srv/books\"", "\"books\""),
            InvalidJob::RelativePath(_)
        ));
        for (from, to) in [
            ("[[folders]]", "[[folder]]"),
            ("kind = \"local\"", "kind = \"pigeon\""),
            ("last = 4", "last = 0"),
            (
                "password = \"secret\"",
                "password = \"secret\"\n shadow_copies = \"never\"",
            ),
            (
                "path = \"/mnt/backup\"",
                "path = \"/mnt/backup\"\n paths = 1",
            ),
        ] {
            assert!(
                matches!(changed(from, to), InvalidJob::Description { .. }),
                "{to}"
            );
        }
        let double = WHOLE.replace(
            "[retention.full]",
            "[[destinations]]\nname = \"disk\"\nkind = \"local\"\npath = \"/x\"\n[retention.full]",
        );
        assert!(matches!(read(&double), Err(InvalidJob::SameName(_))));
    }

    #[test]
    fn generations_count_up_from_one_and_each_has_a_password() {
        let older = |number: u32, password: &str| {
            format!("[[older_generations]]\ngeneration = {number}\n{password}\n")
        };
        let with = |current: u32, older: &str| {
            let head = WHOLE.replace(
                "password = \"secret\"",
                &format!("password = \"secret\"\ngeneration = {current}"),
            );
            read(&format!("{head}\n{older}"))
        };
        let old = "password = \"old\"";
        let job = with(3, &format!("{}{}", older(1, old), older(2, old))).unwrap();
        assert_eq!(job.generations(), [3, 2, 1]);
        assert_eq!(job.passwords(1).unwrap()[0].reveal(), "old");
        assert_eq!(read(WHOLE).unwrap().generations(), [1]);
        let refused = |current, older: &str| with(current, older).unwrap_err();
        assert!(matches!(refused(0, ""), InvalidJob::GenerationZero));
        assert!(matches!(
            refused(2, &older(0, old)),
            InvalidJob::GenerationZero
        ));
        for number in [2, 3] {
            assert!(matches!(
                refused(2, &older(number, old)),
                InvalidJob::NotOlder { .. }
            ));
        }
        assert!(matches!(
            refused(3, &format!("{0}{0}", older(1, old))),
            InvalidJob::SameGeneration(1)
        ));
        let both = "password = \"old\"\npassword_file = \"/old\"";
        for password in ["", both] {
            assert!(matches!(
                refused(2, &older(1, password)),
                InvalidJob::GenerationPassword(1)
            ));
        }
        assert!(matches!(job.passwords(4), Err(InvalidJob::NoGeneration(4))));
    }

    #[test]
    fn generations_lie_below_the_place_of_the_first() {
        let job = read(WHOLE).unwrap();
        let location = |generation| job.places(generation).unwrap()[0].destination.location();
        assert_eq!(location(1), "/mnt/backup");
        assert_eq!(location(2), "/mnt/backup/generation-2");
    }

    #[test]
    fn a_rotation_that_was_cut_off_leaves_two_passwords() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        let setting = format!("password_file = {path:?}");
        let job = read(&WHOLE.replace("password = \"secret\"", &setting)).unwrap();
        fs::write(&path, "old\n").unwrap();
        assert_eq!(job.passwords(1).unwrap().len(), 1);
        fs::write(next_password_file(&path), "new\n").unwrap();
        let passwords = job.passwords(1).unwrap();
        let passwords: Vec<_> = passwords.iter().map(|one| one.reveal()).collect();
        assert_eq!(passwords, ["old", "new"]);
        // Cut off while it was written.
        fs::write(next_password_file(&path), "").unwrap();
        assert_eq!(job.passwords(1).unwrap().len(), 1);
        fs::write(&path, "two\nlines").unwrap();
        assert!(matches!(job.passwords(1), Err(InvalidJob::PasswordFile(_))));
    }
}
