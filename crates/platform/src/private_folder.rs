//! Folders and files that only the system account and administrators can read.

use std::{
    fs::File,
    io::{self, Write},
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

/// Makes a private folder, or makes an existing one private. Missing parents are made with the
/// rights that the system gives new folders.
///
/// Linux: mode 0700. Windows: owner Administrators; full control for SYSTEM and Administrators,
/// inherited by everything inside; nothing inherited from outside.
///
/// # Errors
/// If the folder cannot be made, or its rights cannot be set, or something else has its name.
pub fn create(folder: &Path) -> io::Result<()> {
    if let Some(parent) = folder.parent() {
        std::fs::create_dir_all(parent)?;
    }
    system::create(folder)
}

/// Writes a whole file, readable as the private folder around it is. After a crash at any moment
/// the file has either its old content or the new one.
///
/// # Errors
/// If the file cannot be written; the old one is untouched then.
pub fn write_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = beside(path);
    let written = write_new(&temporary, content).and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
        return written;
    }
    path.parent().map_or(Ok(()), system::flush_folder)
}

/// Writes a whole file that the same people may read as another one. Else as [`write_file`].
///
/// Linux: with that file's owner, group and mode. Windows: with the rights of the folder.
///
/// # Errors
/// If that other file is not there, or the file cannot be written or given its rights.
pub fn write_file_like(path: &Path, model: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = beside(path);
    let written = system::create_file(&temporary)
        .and_then(|file| {
            system::copy_rights(model, &file)?;
            finish(file, content)
        })
        .and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
        return written;
    }
    path.parent().map_or(Ok(()), system::flush_folder)
}

/// Gives a file another name, in the same folder, in place of what has that name. After a crash
/// at any moment it has either the old name or the new one.
///
/// # Errors
/// If that cannot be done; nothing has changed then.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)?;
    to.parent().map_or(Ok(()), system::flush_folder)
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    finish(system::create_file(path)?, content)
}

fn finish(mut file: File, content: &[u8]) -> io::Result<()> {
    file.write_all(content)?;
    file.sync_all()
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_file_replaces_the_old_one_and_leaves_nothing_beside() {
        let outside = tempfile::tempdir().unwrap();
        let folder = outside.path().join("a").join("b");
        create(&folder).unwrap();
        let path = folder.join("key.pem");
        write_file(&path, b"old").unwrap();
        write_file(&path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[test]
    fn an_existing_folder_keeps_its_content() {
        let outside = tempfile::tempdir().unwrap();
        let folder = outside.path().join("state");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("kept"), "x").unwrap();
        create(&folder).unwrap();
        assert!(folder.join("kept").exists());
    }
}
