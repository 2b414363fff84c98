//! Giving restored files what they had, on Linux.

use rustic_core::repofile::{Node, NodeType};
use rustix::fs::{AtFlags, CWD, FileType, Mode, Timespec, Timestamps};
use std::{
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _, lchown, symlink},
    path::{Path, PathBuf},
};

/// Bits of Go's `os.FileMode`; see where they are written.
const SET_USER_ID: u32 = 1 << 23;
const SET_GROUP_ID: u32 = 1 << 22;
const STICKY: u32 = 1 << 20;

/// Where an entry came from.
pub(super) fn original(entry: &Path) -> PathBuf {
    Path::new("/").join(entry)
}

/// A file that only its owner reads until it has what it should have.
pub(super) fn create_file(path: &Path) -> io::Result<File> {
    File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// A folder that only its owner enters until it has what it should have.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// What may be removed is up to its folder.
#[expect(clippy::unnecessary_wraps, reason = "other systems can refuse")]
pub(super) fn make_removable(_path: &Path) -> io::Result<()> {
    Ok(())
}

pub(super) fn make_link(target: &Path, path: &Path) -> io::Result<()> {
    symlink(target, path)
}

pub(super) fn make_special(kind: &NodeType, path: &Path) -> io::Result<()> {
    let (kind, device) = match kind {
        NodeType::Fifo => (FileType::Fifo, 0),
        NodeType::Socket => (FileType::Socket, 0),
        NodeType::Dev { device } => (FileType::BlockDevice, *device),
        NodeType::Chardev { device } => (FileType::CharacterDevice, *device),
        _ => return Err(io::Error::from(io::ErrorKind::Unsupported)),
    };
    rustix::fs::mknodat(CWD, path, kind, Mode::from_raw_mode(0o600), device)?;
    Ok(())
}

pub(super) fn set_for_file(file: &File, path: &Path, node: &Node) -> io::Result<()> {
    set_extended_attributes(path, node)?;
    set_owner(path, node)?;
    set_mode(path, node)?;
    if let Some(times) = times(node) {
        rustix::fs::futimens(file, &times)?;
    }
    Ok(())
}

pub(super) fn set_for_folder(path: &Path, node: &Node) -> io::Result<()> {
    set_extended_attributes(path, node)?;
    set_owner(path, node)?;
    set_mode(path, node)?;
    set_times(path, node)
}

/// Links have an owner and times; what else they have is their target's.
pub(super) fn set_for_special(path: &Path, node: &Node) -> io::Result<()> {
    set_owner(path, node)?;
    if !node.is_symlink() {
        set_mode(path, node)?;
    }
    set_times(path, node)
}

/// Only root may give files away; for everyone else they are the caller's.
fn set_owner(path: &Path, node: &Node) -> io::Result<()> {
    if rustix::process::geteuid().is_root() {
        lchown(path, node.meta.uid, node.meta.gid)?;
    }
    Ok(())
}

fn set_mode(path: &Path, node: &Node) -> io::Result<()> {
    let Some(go) = node.meta.mode else {
        return Ok(());
    };
    let flags = [
        (SET_USER_ID, 0o4000),
        (SET_GROUP_ID, 0o2000),
        (STICKY, 0o1000),
    ];
    let mode = flags
        .into_iter()
        .filter(|(flag, _)| go & flag != 0)
        .fold(go & 0o777, |mode, (_, bit)| mode | bit);
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

fn set_times(path: &Path, node: &Node) -> io::Result<()> {
    if let Some(times) = times(node) {
        rustix::fs::utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)?;
    }
    Ok(())
}

fn times(node: &Node) -> Option<Timestamps> {
    let modified = node.meta.mtime?;
    let accessed = node.meta.atime.unwrap_or(modified);
    let convert = |time: rustic_core::jiff::Timestamp| {
        // A time before 1970 counts its part of a second upwards, too.
        let nanoseconds = time.as_nanosecond();
        Timespec {
            tv_sec: nanoseconds.div_euclid(1_000_000_000) as i64,
            tv_nsec: nanoseconds.rem_euclid(1_000_000_000) as i64,
        }
    };
    Some(Timestamps {
        last_access: convert(accessed),
        last_modification: convert(modified),
    })
}

fn set_extended_attributes(path: &Path, node: &Node) -> io::Result<()> {
    for attribute in &node.meta.extended_attributes {
        let value = attribute.value.as_deref().unwrap_or_default();
        xattr::set(path, &attribute.name, value)?;
    }
    Ok(())
}
