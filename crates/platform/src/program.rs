//! The agent program's own place on the machine.

use crate::paths;
use std::{
    io,
    path::{Path, PathBuf},
};

#[cfg(not(windows))]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(not(windows))]
use linux as system;
#[cfg(windows)]
use windows as system;

/// Copies the program to [`paths::installed_program`] and tells that path. Does nothing if that is
/// the file to copy. A program that runs from there may be replaced: it goes on with its old
/// content until it is started again.
///
/// # Errors
/// If the copy cannot be made; an older installed program is untouched then.
pub fn install(from: &Path) -> io::Result<PathBuf> {
    let place = paths::installed_program();
    install_at(from, &place)?;
    Ok(place)
}

/// Removes the installed program, and its folder if nothing else is in it. A program that still
/// runs is removed as soon as the system allows it.
///
/// # Errors
/// If the program is there and cannot be removed.
pub fn remove() -> io::Result<()> {
    remove_at(&paths::installed_program())
}

fn install_at(from: &Path, place: &Path) -> io::Result<()> {
    if place.exists() && from.canonicalize()? == place.canonicalize()? {
        return Ok(());
    }
    if let Some(folder) = place.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let arriving = sibling(place, "new");
    std::fs::copy(from, &arriving)?;
    let installed = system::make_executable(&arriving)
        .and_then(|()| {
            std::fs::File::options()
                .write(true)
                .open(&arriving)?
                .sync_all()
        })
        .and_then(|()| system::replace(&arriving, place));
    if installed.is_err() {
        let _ = std::fs::remove_file(&arriving);
    }
    installed
}

fn remove_at(place: &Path) -> io::Result<()> {
    match system::remove(place) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if let Some(folder) = place.parent() {
        system::remove_own_folder(folder);
    }
    Ok(())
}

fn sibling(place: &Path, suffix: &str) -> PathBuf {
    let mut name = place.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(suffix);
    place.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installing_replaces_and_removing_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (from, place) = (
            folder.path().join("download"),
            folder.path().join("place/program"),
        );
        for content in ["first", "second"] {
            std::fs::write(&from, content).unwrap();
            install_at(&from, &place).unwrap();
            assert_eq!(std::fs::read_to_string(&place).unwrap(), content);
        }
        install_at(&place, &place).unwrap();
        remove_at(&place).unwrap();
        assert!(!place.exists());
        remove_at(&place).unwrap();
    }
}
