//! Where the master key is kept.

use crate::configuration::MasterKeyPlace;
use anyhow::{Context, bail};
use latarnik_app::{MasterKey, MasterKeySource, Randomness, hex};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// A new key waits under this name until the database is wrapped with it.
const NEXT: &str = "master.key.next";

impl MasterKeySource for MasterKeyPlace {
    fn load(&self) -> Result<MasterKey, Box<dyn std::error::Error + Send + Sync>> {
        match self {
            Self::DataFolder(path) | Self::File(path) => Ok(read(path)?),
            Self::Environment(text) => {
                parse(text).ok_or_else(|| "LATARNIK_MASTER_KEY is not a key".into())
            }
        }
    }
}

/// A key from its 64 hexadecimal digits.
pub(crate) fn parse(text: &str) -> Option<MasterKey> {
    let text = text.trim();
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(MasterKey::new(bytes))
}

/// Reads a key from its file, which nobody else may read.
pub(crate) fn read(path: &Path) -> anyhow::Result<MasterKey> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        bail!(
            "{} is readable for other users (mode {mode:o}); run `chmod 600` on it, and if others \
             may have read it, `latarnik secrets rotate`",
            path.display()
        );
    }
    let text =
        io::read_to_string(file).with_context(|| format!("cannot read {}", path.display()))?;
    parse(&text).with_context(|| {
        format!(
            "{} does not hold a master key (64 hexadecimal digits)",
            path.display()
        )
    })
}

/// Makes the key of a data folder on the first start; of several processes that start at once, one
/// makes it.
pub(crate) fn prepare(place: &MasterKeyPlace, randomness: &dyn Randomness) -> anyhow::Result<()> {
    match place {
        MasterKeyPlace::DataFolder(path) if !path.exists() => {
            match create(path, &MasterKey::generate(randomness)) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                other => other.with_context(|| format!("cannot create {}", path.display())),
            }
        }
        _ => Ok(()),
    }
}

/// Writes a key to a new file, whole or not at all.
fn create(path: &Path, key: &MasterKey) -> io::Result<()> {
    let staging = path.with_extension(format!("new-{}", std::process::id()));
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&staging)?;
    writeln!(file, "{}", hex(key.reveal()))?;
    file.sync_all()?;
    // Unlike a rename, a link never takes the place of a key that is there.
    let linked = fs::hard_link(&staging, path);
    fs::remove_file(&staging)?;
    linked?;
    sync_folder(path)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent()
        .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// The key that waits to take the place of another, made if need be.
pub(crate) fn next_to(path: &Path, randomness: &dyn Randomness) -> anyhow::Result<MasterKey> {
    let next = waiting(path);
    if !next.exists() {
        create(&next, &MasterKey::generate(randomness))
            .with_context(|| format!("cannot create {}", next.display()))?;
    }
    read(&next)
}

/// A key from a file, made if need be.
pub(crate) fn read_or_create(
    path: &Path,
    randomness: &dyn Randomness,
) -> anyhow::Result<MasterKey> {
    if !path.exists() {
        create(path, &MasterKey::generate(randomness))
            .with_context(|| format!("cannot create {}", path.display()))?;
    }
    read(path)
}

/// Puts the waiting key in its place. The database is wrapped with it already.
pub(crate) fn take_over(path: &Path) -> anyhow::Result<()> {
    let next = waiting(path);
    fs::rename(&next, path)
        .with_context(|| format!("cannot move {} to {}", next.display(), path.display()))?;
    Ok(sync_folder(path)?)
}

/// The key that waits, if one does: a rotation was cut off between database and file.
pub(crate) fn cut_off(path: &Path) -> anyhow::Result<Option<MasterKey>> {
    let next = waiting(path);
    if next.exists() {
        read(&next).map(Some)
    } else {
        Ok(None)
    }
}

fn waiting(path: &Path) -> PathBuf {
    path.with_file_name(NEXT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemRandomness;

    #[test]
    fn key_is_made_once_and_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let place = MasterKeyPlace::DataFolder(path.clone());
        prepare(&place, &SystemRandomness).unwrap();
        let first = place.load().unwrap();
        prepare(&place, &SystemRandomness).unwrap();
        assert_eq!(place.load().unwrap().id(), first.id());
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn key_that_others_can_read_or_that_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        create(&path, &MasterKey::new([1; 32])).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "secret").unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains("64 hexadecimal digits"), "{error}");
        assert!(
            create(&path, &MasterKey::new([2; 32])).is_err(),
            "never replaced"
        );
    }

    #[test]
    fn a_file_that_somebody_else_looks_after_is_never_made() {
        let folder = tempfile::tempdir().unwrap();
        let place = MasterKeyPlace::File(folder.path().join("key"));
        prepare(&place, &SystemRandomness).unwrap();
        assert!(place.load().is_err());
    }

    #[test]
    fn next_key_stays_the_same_until_it_takes_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        create(&path, &MasterKey::new([1; 32])).unwrap();
        let next = next_to(&path, &SystemRandomness).unwrap();
        assert_eq!(next_to(&path, &SystemRandomness).unwrap().id(), next.id());
        assert_eq!(cut_off(&path).unwrap().unwrap().id(), next.id());
        take_over(&path).unwrap();
        assert_eq!(read(&path).unwrap().id(), next.id());
        assert!(cut_off(&path).unwrap().is_none());
    }
}
