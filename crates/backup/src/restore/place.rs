//! Where files are restored to.

use super::properties::Properties;
#[cfg(unix)]
use super::unix_attributes as attributes;
#[cfg(windows)]
use super::windows_attributes as attributes;
use rustic_core::repofile::{Node, NodeType};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

/// What happens to a file that exists where one is to be restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Existing {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is replaced, when the new one is whole.
    Replace,
}

/// The end of names of files that are not whole yet.
const UNFINISHED: &str = ".latarnik-restoring";

pub(super) struct Place {
    target: Option<PathBuf>,
    existing: Existing,
    pub(super) properties: Properties,
}

/// Whose a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Folder {
    /// The restore made it, and gives it what it had.
    Made,
    /// It was there, and stays as it is: it may be the system's folder for temporary files.
    Found,
}

/// What a path has at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Occupant {
    Nobody,
    Folder,
    Other,
}

impl Place {
    pub(super) fn new(target: Option<PathBuf>, existing: Existing, properties: Properties) -> Self {
        Self {
            target,
            existing,
            properties,
        }
    }

    /// Where an entry of the tree goes.
    pub(super) fn path(&self, entry: &Path) -> PathBuf {
        match &self.target {
            Some(target) => target.join(entry),
            None => attributes::original(entry),
        }
    }

    /// Whether there is nothing to do for an entry, since it exists.
    pub(super) fn keeps(&self, entry: &Path) -> io::Result<bool> {
        let is_kept = match occupant(&self.path(entry))? {
            Occupant::Nobody => false,
            Occupant::Folder | Occupant::Other => self.existing == Existing::Keep,
        };
        if is_kept {
            self.properties.forget(entry);
        }
        Ok(is_kept)
    }

    /// Makes a folder, or finds that it is there. Until it has what it should have, nobody else
    /// looks into it.
    pub(super) fn make_folder(
        &self,
        entry: &Path,
        before: impl FnOnce(&Path) -> io::Result<()>,
    ) -> io::Result<Folder> {
        let path = self.path(entry);
        match occupant(&path)? {
            Occupant::Folder => Ok(Folder::Found),
            // A link here would lead what is restored to somewhere else.
            Occupant::Other => Err(io::Error::from(io::ErrorKind::NotADirectory)),
            Occupant::Nobody => {
                before(&path)?;
                if let Some(parent) = path.parent() {
                    fs::create_dir_all(parent)?;
                }
                attributes::create_folder(&path).map(|()| Folder::Made)
            }
        }
    }

    /// A new file that becomes the entry when it is whole.
    pub(super) fn begin(&self, entry: &Path) -> io::Result<(File, PathBuf)> {
        let unfinished = unfinished(&self.path(entry))?;
        let file = attributes::create_file(&unfinished)?;
        Ok((file, unfinished))
    }

    /// Gives a whole file its attributes and its name.
    pub(super) fn finish(
        &self,
        file: File,
        unfinished: &Path,
        entry: &Path,
        node: &Node,
    ) -> io::Result<()> {
        attributes::set_for_file(&file, unfinished, node)?;
        drop(file);
        // Before it has its name: nobody shall read it there who may not.
        self.properties.give(entry, unfinished);
        put(unfinished, &self.path(entry))
    }

    /// Makes what is neither file nor folder. What the system cannot make is an error.
    pub(super) fn make_special(&self, entry: &Path, node: &Node) -> io::Result<()> {
        let path = self.path(entry);
        let unfinished = unfinished(&path)?;
        let make = || {
            match &node.node_type {
                NodeType::Symlink { .. } => {
                    attributes::make_link(node.node_type.to_link(), &unfinished)?;
                }
                other => attributes::make_special(other, &unfinished)?,
            }
            attributes::set_for_special(&unfinished, node)?;
            match put(&unfinished, &path) {
                // It puts no link to a folder in the place of something else.
                Err(_) if cfg!(windows) && occupant(&path)? == Occupant::Other => {
                    remove(&path)?;
                    put(&unfinished, &path)
                }
                other => other,
            }
        };
        make().inspect_err(|_| drop(remove(&unfinished)))
    }

    /// A further name for a file.
    pub(super) fn link(&self, first: &Path, entry: &Path) -> io::Result<()> {
        let (first, path) = (self.path(first), self.path(entry));
        match (occupant(&path)?, self.existing) {
            (Occupant::Nobody, _) => return fs::hard_link(first, path),
            (_, Existing::Keep) => return Ok(()),
            (_, Existing::Replace) => {}
        }
        let unfinished = unfinished(&path)?;
        fs::hard_link(first, &unfinished)?;
        let put = put(&unfinished, &path);
        // Where both are names of one file already, the system leaves both.
        drop(fs::remove_file(&unfinished));
        put
    }

    pub(super) fn finish_folder(&self, entry: &Path, node: &Node) -> io::Result<()> {
        let path = self.path(entry);
        attributes::set_for_folder(&path, node)?;
        self.properties.give(entry, &path);
        Ok(())
    }
}

/// A name beside that of a file that is not whole yet, under which nothing lies.
fn unfinished(path: &Path) -> io::Result<PathBuf> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    // A long name leaves no room for more.
    if name.len() + UNFINISHED.len() > 255 {
        name = short(&name).into();
    }
    name.push(UNFINISHED);
    let unfinished = path.with_file_name(name);
    match remove(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(unfinished),
    }
}

/// Removes a file or a link; Windows has links that are removed as folders are.
fn remove(path: &Path) -> io::Result<()> {
    if occupant(path)? == Occupant::Other {
        attributes::make_removable(path)?;
    }
    match fs::remove_file(path) {
        Err(error) if cfg!(windows) && error.kind() != io::ErrorKind::NotFound => {
            fs::remove_dir(path)
        }
        other => other,
    }
}

/// Puts what is whole in the place of what was there.
fn put(unfinished: &Path, path: &Path) -> io::Result<()> {
    match occupant(path)? {
        Occupant::Nobody => {}
        Occupant::Folder => return Err(io::Error::from(io::ErrorKind::IsADirectory)),
        Occupant::Other => attributes::make_removable(path)?,
    }
    fs::rename(unfinished, path)
}

/// Removes what a restore left in a folder that was killed.
pub(super) fn remove_unfinished(folder: &Path) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        if name.as_encoded_bytes().ends_with(UNFINISHED.as_bytes()) && !entry.file_type()?.is_dir()
        {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

fn occupant(path: &Path) -> io::Result<Occupant> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => Ok(Occupant::Folder),
        Ok(_) => Ok(Occupant::Other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Occupant::Nobody),
        Err(error) => Err(error),
    }
}

/// A short name that stands for a long one.
fn short(name: &std::ffi::OsStr) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(name.as_encoded_bytes());
    digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
