//! `backup keys`.

use super::{Session, arguments, output};
use crate::exit::BackupTrouble;
use anyhow::{Context as _, bail};
use arguments::{KeysCommand, ManagingKeys, RotatingKey};
use latarnik_backup::{
    Generation, KeyChangeReport, KeyReport, MemberState, OtherKeys, WhenAbsent,
    destinations::Secret, next_password_file, read_password,
};
use latarnik_platform::private_folder;
use serde_json::json;
use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Letters and digits that nobody takes for one another.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Of 5 bits each: 160 bits.
const LENGTH: usize = 32;

impl Session {
    pub(super) fn keys(&self, managing: &ManagingKeys) -> anyhow::Result<ExitCode> {
        let number = managing.generation.unwrap_or(self.job.generation);
        match &managing.command {
            KeysCommand::List => {
                let keys = self.open_generation(number, &[])?.repository.keys()?;
                self.tell_keys(&keys)?;
                Ok(ExitCode::SUCCESS)
            }
            KeysCommand::Add(adding) => {
                let password = read_password(&adding.new_password_file)?;
                let mut generation = self.open_generation(number, &[])?;
                let report = generation.repository.add_key(&password)?;
                self.tell_change(&report, &[])
            }
            KeysCommand::Remove(removing) => {
                let mut generation = self.open_generation(number, &[])?;
                let report = generation.repository.remove_key(&removing.id)?;
                self.tell_change(&report, &[])
            }
            KeysCommand::Rotate(rotating) => self.rotate(number, rotating),
        }
    }

    /// Opens one generation, with the job's passwords or with others.
    fn open_generation(&self, number: u32, others: &[Secret]) -> anyhow::Result<Generation> {
        let surroundings = self.surroundings();
        Ok(Generation::open(
            &self.job,
            number,
            WhenAbsent::Fail,
            &surroundings,
            others,
        )?)
    }

    fn rotate(&self, number: u32, rotating: &RotatingKey) -> anyhow::Result<ExitCode> {
        let new = match &rotating.new_password_file {
            Some(file) => Some(read_password(file)?),
            None => None,
        };
        let others = if rotating.keep_others {
            OtherKeys::Keep
        } else {
            OtherKeys::Remove
        };
        // A rotation that was cut off may have removed the job's password already.
        let mut generation = self.open_generation(number, new.as_slice())?;
        let kit = "Make a new recovery kit: the old one is out of date".to_owned();
        if let Some(file) = self.job.password_file(number)? {
            let mut file = PasswordFile::open(file)?;
            let new = file.choose(&generation.password, new)?;
            file.announce(&new)?;
            let report = generation.repository.rotate_key(&new, others)?;
            file.take_over(&new)?;
            let written = format!("The new password is in {}", file.path.display());
            return self.tell_change(&report, &[written, kit]);
        }
        let Some(new) = new else {
            bail!("the job has its password in itself, so the new one needs --new-password-file");
        };
        let report = generation.repository.rotate_key(&new, others)?;
        let change = "Put the new password into the job in place of the old one".to_owned();
        self.tell_change(&report, &[change, kit])
    }

    fn tell_keys(&self, keys: &[KeyReport]) -> anyhow::Result<()> {
        self.output.tell("keys", keys, || {
            let mut text = format!(
                "{:<10}{:<22}{:<28}{}",
                "ID", "Created (UTC)", "By", "Destinations"
            );
            for key in keys {
                let created = key.created.map_or_else(
                    || "-".to_owned(),
                    |created| created.strftime("%Y-%m-%d %H:%M:%S").to_string(),
                );
                let by = format!(
                    "{}@{}",
                    key.username.as_deref().unwrap_or("?"),
                    key.hostname.as_deref().unwrap_or("?")
                );
                let mark = if key.is_in_use { "  in use" } else { "" };
                write!(
                    text,
                    "\n{:<10}{created:<22}{by:<28}{}{mark}",
                    key.id.get(..8).unwrap_or(&key.id),
                    key.destinations.join(", "),
                )
                .ok();
            }
            text
        })
    }

    /// Tells what became of keys, and what a person has to do yet.
    fn tell_change(&self, report: &KeyChangeReport, todo: &[String]) -> anyhow::Result<ExitCode> {
        let shown = json!({ "report": report, "notes": todo });
        self.output.tell("key_change", &shown, || {
            let mut text = String::new();
            if let Some(key) = &report.added {
                let was_there = if report.was_there {
                    ", which was there already"
                } else {
                    ""
                };
                write!(
                    text,
                    "Password      opens with key {}{was_there}",
                    short(key)
                )
                .ok();
            }
            for key in &report.removed {
                write!(text, "\nRemoved       key {}", short(key)).ok();
            }
            text.push_str(&output::members(&report.destinations));
            for note in todo {
                write!(text, "\n{note}.").ok();
            }
            text.trim_start().to_owned()
        })?;
        let is_behind =
            |member: &latarnik_backup::MemberReport| member.state != MemberState::InStep;
        if report.destinations.iter().any(is_behind) {
            return Err(BackupTrouble::Partial.into());
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn short(key: &str) -> &str {
    key.get(..8).unwrap_or(key)
}

/// A job's file with a password, and the one next to it that a rotation prepares. At any moment
/// one of the two has a password that opens the repository.
struct PasswordFile {
    path: PathBuf,
    next: PathBuf,
    present: Secret,
    /// Of a rotation that did not come to its end.
    prepared: Option<Secret>,
}

impl PasswordFile {
    fn open(path: &Path) -> anyhow::Result<Self> {
        let next = next_password_file(path);
        Ok(Self {
            path: path.to_owned(),
            present: read_password(path)?,
            prepared: read_password(&next).ok(),
            next,
        })
    }

    /// The password to rotate to: what was asked for, else that of the rotation that was cut off,
    /// else a new one. Whatever opened the repository is in the file of the present one
    /// afterwards, so that the other may be written anew.
    fn choose(&mut self, opened: &Secret, wanted: Option<Secret>) -> anyhow::Result<Secret> {
        let prepared = self.prepared.take();
        if *opened != self.present && prepared.as_ref() == Some(opened) {
            self.take_over(opened)?;
        }
        match wanted.or(prepared) {
            Some(password) => Ok(password),
            None => generate(),
        }
    }

    /// Writes the password next to the present one, before anything is done with it.
    fn announce(&mut self, new: &Secret) -> anyhow::Result<()> {
        if *new == self.present {
            return Ok(());
        }
        let line = format!("{}\n", new.reveal());
        private_folder::write_file_like(&self.next, &self.path, line.as_bytes())
            .with_context(|| format!("{} cannot be written", self.next.display()))
    }

    /// The password that was announced is the present one now.
    fn take_over(&mut self, new: &Secret) -> anyhow::Result<()> {
        if *new == self.present {
            // Of an attempt with another password, which was given up.
            fs::remove_file(&self.next).ok();
            return Ok(());
        }
        private_folder::rename(&self.next, &self.path)
            .with_context(|| format!("{} cannot be replaced", self.path.display()))?;
        self.present = new.clone();
        Ok(())
    }
}

/// A password that nobody chose.
fn generate() -> anyhow::Result<Secret> {
    let mut random = [0; LENGTH];
    getrandom::fill(&mut random).context("the system gives no randomness")?;
    let letters = random
        .iter()
        .filter_map(|byte| LETTERS.get(usize::from(byte % 32)))
        .map(|letter| char::from(*letter));
    Ok(Secret::new(letters.collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(present: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        fs::write(&path, present).unwrap();
        (folder, path)
    }

    fn texts(path: &Path) -> (String, Option<String>) {
        let next = fs::read_to_string(next_password_file(path)).ok();
        (fs::read_to_string(path).unwrap(), next)
    }

    #[test]
    fn generated_passwords_differ_and_are_easy_to_type() {
        let [one, other] = [generate().unwrap(), generate().unwrap()];
        assert_ne!(one, other);
        assert_eq!(one.reveal().len(), LENGTH);
        assert!(one.reveal().bytes().all(|byte| LETTERS.contains(&byte)));
    }

    #[test]
    fn the_new_password_is_written_before_it_is_used_and_then_takes_over() {
        let (_folder, path) = scene("old\n");
        let mut file = PasswordFile::open(&path).unwrap();
        let new = file.choose(&Secret::new("old"), Some(Secret::new("new")));
        let new = new.unwrap();
        file.announce(&new).unwrap();
        assert_eq!(texts(&path), ("old\n".into(), Some("new\n".into())));
        file.take_over(&new).unwrap();
        assert_eq!(texts(&path), ("new\n".into(), None));
    }

    #[test]
    fn what_was_cut_off_is_gone_on_with() {
        let (_folder, path) = scene("old\n");
        fs::write(next_password_file(&path), "new\n").unwrap();
        let mut file = PasswordFile::open(&path).unwrap();
        let new = file.choose(&Secret::new("old"), None).unwrap();
        assert_eq!(new.reveal(), "new");
    }

    #[test]
    fn the_only_password_that_opens_is_not_overwritten() {
        let (_folder, path) = scene("old\n");
        fs::write(next_password_file(&path), "new\n").unwrap();
        let mut file = PasswordFile::open(&path).unwrap();
        let third = file.choose(&Secret::new("new"), Some(Secret::new("third")));
        let third = third.unwrap();
        assert_eq!(texts(&path), ("new\n".into(), None));
        file.announce(&third).unwrap();
        assert_eq!(texts(&path), ("new\n".into(), Some("third\n".into())));
    }
}
