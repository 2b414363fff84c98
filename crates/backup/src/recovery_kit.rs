//! The recovery kit: a page to print and a file, with everything that stock restic needs.
//!
//! [`RecoveryKit::page`] is one HTML page for A4 paper that loads nothing from anywhere, in Polish
//! or English; [`RecoveryKit::file`] is the same as JSON for programs. Both hold the passwords in
//! the clear: that is what they are for, and what has to be guarded.
//!
//! Restic speaks to local folders, S3 and SFTP by itself. FTP and SMB go through rclone, which
//! restic starts, and SMB on Windows through the system.

mod access;
mod destination;
mod file;
mod html;
mod page;
mod qr;
mod texts;
mod typing;

pub use access::{Access, AskedFor, KitFile};
pub use destination::{FtpEncryption, KitDestination, KitPlace, S3Addressing};
pub use file::{
    Commands, DestinationEntry, FORMAT, GenerationEntry, KeyEntry, RecoveryFile, RepositoryEntry,
    VERSION,
};
pub use typing::{check_code, typing_lines};

use jiff::ZonedDateTime;
use latarnik_destinations::Secret;
use std::fmt;

/// A language of the printed page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Polish.
    Pl,
    /// English.
    En,
}

/// What goes into a kit: the repository that is written to, its passwords, and every place where it
/// lies; and the same of older generations that still have snapshots.
#[derive(Debug, Clone)]
pub struct RecoveryKit {
    /// When it is made, in the time zone of whoever reads it.
    pub made_at: ZonedDateTime,
    /// Whose backups these are.
    pub organization: String,
    /// The machine that is backed up.
    pub device: String,
    /// The job's name.
    pub job: String,
    /// The repository's id, as restic shows it.
    pub repository_id: String,
    /// The passwords that open it, at least one; the first current one is what commands use.
    pub keys: Vec<RepositoryKey>,
    /// Where the repository lies, at least one place.
    pub destinations: Vec<KitDestination>,
    /// Older generations that still have snapshots, the newest first.
    pub older: Vec<OlderRepository>,
}

/// The repository of an older generation.
#[derive(Debug, Clone)]
pub struct OlderRepository {
    /// The repository's id, as restic shows it.
    pub repository_id: String,
    /// The password that opens it.
    pub key: RepositoryKey,
    /// Where it lies, at least one place.
    pub destinations: Vec<KitDestination>,
}

/// A password that opens the repository.
#[derive(Debug, Clone)]
pub struct RepositoryKey {
    /// The generation of the repository that it opens.
    pub generation: u32,
    /// The password.
    pub password: Secret,
    /// Whether it is the newest one.
    pub standing: KeyStanding,
}

/// Whether a password is the newest one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyStanding {
    /// New snapshots are written with it.
    Current,
    /// It still opens the repository, and is being replaced.
    Previous,
}

/// Why no kit can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KitFault {
    /// There is no password.
    #[error("a recovery kit needs a password (no_password)")]
    NoPassword,
    /// There is no destination.
    #[error("a recovery kit needs a destination (no_destination)")]
    NoDestination,
    /// A value has characters that can be neither printed nor typed.
    #[error("a value cannot be printed: it has control characters (unprintable)")]
    Unprintable,
}

impl RecoveryKit {
    /// The page to print.
    ///
    /// # Errors
    ///
    /// When something is missing, or cannot be printed.
    pub fn page(&self, language: Language) -> Result<String, KitFault> {
        let file = self.file()?;
        Ok(page::page(self, &file, texts::of(language), language))
    }

    /// The file for programs.
    ///
    /// # Errors
    ///
    /// When something is missing, or cannot be printed.
    pub fn file(&self) -> Result<RecoveryFile, KitFault> {
        let key = self.key().ok_or(KitFault::NoPassword)?;
        let destinations = self.older.iter().map(|older| &older.destinations);
        if destinations.chain([&self.destinations]).any(Vec::is_empty) {
            return Err(KitFault::NoDestination);
        }
        let older_keys = || self.older.iter().map(|older| &older.key);
        if older_keys().any(|key| key.password.reveal().is_empty()) {
            return Err(KitFault::NoPassword);
        }
        let file = file::file(self, key);
        let mut keys = self.keys.iter().chain(older_keys());
        if file.is_printable() && keys.all(|key| is_printable(key.password.reveal())) {
            Ok(file)
        } else {
            Err(KitFault::Unprintable)
        }
    }

    /// The password that commands use.
    fn key(&self) -> Option<&RepositoryKey> {
        let current = |key: &&RepositoryKey| key.standing == KeyStanding::Current;
        let key = self.keys.iter().find(current).or(self.keys.first())?;
        (!key.password.reveal().is_empty()).then_some(key)
    }
}

fn is_printable(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

impl Language {
    /// The language's code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Pl => "pl",
            Self::En => "en",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}
