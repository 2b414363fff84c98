//! The kit as a file for programs. Its fields are additive: a reader of version 1 reads every later
//! file of version 1.

use super::{
    Access, KeyStanding, KitDestination, RecoveryKit, RepositoryKey,
    access::{System, access, in_powershell, in_shell},
    check_code, is_printable,
};
use jiff::Timestamp;
use latarnik_destinations::Secret;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What such a file says that it is.
pub const FORMAT: &str = "latarnik_recovery_kit";
/// The version of its fields.
pub const VERSION: u32 = 1;

/// Tells the check code of what was typed.
pub(super) const CHECK_PASSWORD_ON_LINUX: &str =
    "printf %s \"$RESTIC_PASSWORD\" | sha256sum | cut -c1-8";
pub(super) const CHECK_PASSWORD_ON_WINDOWS: &str = "(Get-FileHash -InputStream ([IO.MemoryStream]::new([Text.Encoding]::UTF8.GetBytes($env:RESTIC_PASSWORD)))).Hash.Substring(0,8)";

/// The kit as a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryFile {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// When it was made.
    pub made_at: Timestamp,
    /// Whose backups these are.
    pub organization: String,
    /// The machine that is backed up.
    pub device: String,
    /// The job's name.
    pub job: String,
    /// The repository.
    pub repository: RepositoryEntry,
    /// The passwords that open it.
    pub keys: Vec<KeyEntry>,
    /// Where it lies.
    pub destinations: Vec<DestinationEntry>,
    /// Older generations that still have snapshots, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub older_generations: Vec<GenerationEntry>,
}

/// An older generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationEntry {
    /// Which one.
    pub generation: u32,
    /// Its repository.
    pub repository: RepositoryEntry,
    /// The passwords that open it.
    pub keys: Vec<KeyEntry>,
    /// Where it lies.
    pub destinations: Vec<DestinationEntry>,
}

/// The repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryEntry {
    /// `restic`.
    pub format: String,
    /// The version of restic's format.
    pub format_version: u32,
    /// Its id, the same at every destination.
    pub id: String,
    /// The oldest restic that reads it.
    pub restic_from: String,
}

/// A password that opens the repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyEntry {
    /// The generation of the repository that it opens.
    pub generation: u32,
    /// Whether it is the newest one.
    pub standing: KeyStanding,
    /// The password, for `RESTIC_PASSWORD`.
    pub password: Secret,
    /// The first eight hexadecimal digits of its SHA-256.
    pub check: String,
}

/// A place where the repository lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationEntry {
    /// What people call it.
    pub name: String,
    /// `local`, `s3`, `sftp`, `ftp` or `smb`.
    pub kind: String,
    /// How restic reaches it from Linux.
    pub linux: Access,
    /// How restic reaches it from Windows.
    pub windows: Access,
    /// The same as lines for `sh`.
    pub linux_commands: Commands,
    /// The same as lines for PowerShell.
    pub windows_commands: Commands,
}

/// What to type, in this order. `Debug` does not show it: there are passwords in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commands {
    /// Prepares access and sets the environment, the password included.
    pub set: Vec<String>,
    /// Tells the check code of the password, in capital or small letters.
    pub check_password: String,
    /// Lists the snapshots.
    pub list: String,
    /// Reads everything and checks it.
    pub check: String,
    /// Restores the newest snapshot into a folder.
    pub restore: String,
}

impl fmt::Debug for Commands {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Commands(…)")
    }
}

impl RecoveryFile {
    /// The file's text.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings, numbers and maps with strings for keys: nothing that JSON cannot say.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    pub(super) fn is_printable(&self) -> bool {
        let names = [
            &self.organization,
            &self.device,
            &self.job,
            &self.repository.id,
        ];
        let ids = self
            .older_generations
            .iter()
            .map(|older| &older.repository.id);
        let older = self.older_generations.iter();
        let older = older.flat_map(|older| &older.destinations);
        names.into_iter().chain(ids).all(|name| is_printable(name))
            && self.destinations.iter().chain(older).all(|destination| {
                is_printable(&destination.name)
                    && destination.linux.is_printable()
                    && destination.windows.is_printable()
            })
    }
}

pub(super) fn file(kit: &RecoveryKit, key: &RepositoryKey) -> RecoveryFile {
    let older = kit.older.iter().map(|older| GenerationEntry {
        generation: older.key.generation,
        repository: repository_entry(&older.repository_id),
        keys: vec![key_entry(&older.key)],
        destinations: destination_entries(&older.destinations, &older.key.password),
    });
    RecoveryFile {
        format: FORMAT.to_owned(),
        version: VERSION,
        made_at: kit.made_at.timestamp(),
        organization: kit.organization.clone(),
        device: kit.device.clone(),
        job: kit.job.clone(),
        repository: repository_entry(&kit.repository_id),
        keys: kit.keys.iter().map(key_entry).collect(),
        destinations: destination_entries(&kit.destinations, &key.password),
        older_generations: older.collect(),
    }
}

fn repository_entry(id: &str) -> RepositoryEntry {
    RepositoryEntry {
        format: "restic".to_owned(),
        format_version: 2,
        id: id.to_owned(),
        restic_from: "0.14.0".to_owned(),
    }
}

fn destination_entries(
    destinations: &[KitDestination],
    password: &Secret,
) -> Vec<DestinationEntry> {
    let entries = destinations.iter().map(|destination| {
        let [linux, windows] =
            [System::Linux, System::Windows].map(|system| access(&destination.place, system));
        DestinationEntry {
            name: destination.name.clone(),
            kind: destination.place.kind().to_owned(),
            linux_commands: linux_commands(&linux, password.reveal()),
            windows_commands: windows_commands(&windows, password.reveal()),
            linux,
            windows,
        }
    });
    entries.collect()
}

fn key_entry(key: &RepositoryKey) -> KeyEntry {
    KeyEntry {
        generation: key.generation,
        standing: key.standing,
        password: key.password.clone(),
        check: check_code(key.password.reveal()),
    }
}

fn linux_commands(access: &Access, password: &str) -> Commands {
    let mut set = access.prepare.clone();
    let export = |name: &str, value: &str| format!("export {name}={}", in_shell(value));
    set.extend(
        access
            .environment
            .iter()
            .map(|(name, value)| export(name, value)),
    );
    set.extend(access.obscured_environment.iter().map(|(name, value)| {
        format!("export {name}=\"$(rclone obscure -- {})\"", in_shell(value))
    }));
    set.push(export("RESTIC_REPOSITORY", &access.repository));
    set.push(export("RESTIC_PASSWORD", password));
    commands(
        set,
        &access.options,
        in_shell,
        CHECK_PASSWORD_ON_LINUX,
        "/restored",
    )
}

fn windows_commands(access: &Access, password: &str) -> Commands {
    let mut set = access.prepare.clone();
    let assign = |name: &str, value: &str| format!("$env:{name} = {}", in_powershell(value));
    set.extend(
        access
            .environment
            .iter()
            .map(|(name, value)| assign(name, value)),
    );
    set.extend(
        access.obscured_environment.iter().map(|(name, value)| {
            format!("$env:{name} = rclone obscure -- {}", in_powershell(value))
        }),
    );
    set.push(assign("RESTIC_REPOSITORY", &access.repository));
    set.push(assign("RESTIC_PASSWORD", password));
    commands(
        set,
        &access.options,
        in_powershell,
        CHECK_PASSWORD_ON_WINDOWS,
        r"C:\Restored",
    )
}

fn commands(
    set: Vec<String>,
    options: &[String],
    quoted: fn(&str) -> String,
    check_password: &str,
    target: &str,
) -> Commands {
    let mut restic = String::from("restic");
    for option in options {
        restic.push(' ');
        let is_plain = option
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-=.".contains(c));
        restic.push_str(&if is_plain {
            option.clone()
        } else {
            quoted(option)
        });
    }
    Commands {
        set,
        check_password: check_password.to_owned(),
        list: format!("{restic} snapshots"),
        check: format!("{restic} check --read-data"),
        restore: format!("{restic} restore latest --target {target}"),
    }
}
