//! Giving restored files what they had, on Windows.

use rustic_core::repofile::{Node, NodeType};
use std::{
    fs::{self, File, FileTimes},
    io,
    os::windows::fs::{FileTimesExt as _, OpenOptionsExt as _, symlink_dir, symlink_file},
    path::{Component, Path, PathBuf},
    time::SystemTime,
};

/// `FILE_FLAG_BACKUP_SEMANTICS`, without which no folder can be opened, and
/// `FILE_FLAG_OPEN_REPARSE_POINT`, which opens a link instead of its target:
/// <https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-createfilew>.
const FOLDERS_AND_LINKS: u32 = 0x0200_0000 | 0x0020_0000;
/// `FILE_WRITE_ATTRIBUTES`.
const WRITE_ATTRIBUTES: u32 = 0x0100;

/// Where an entry came from: its first folder is the letter of a drive.
pub(super) fn original(entry: &Path) -> PathBuf {
    let mut components = entry.components();
    let drive = match components.next() {
        Some(Component::Normal(letter)) => format!("{}:\\", letter.to_string_lossy()),
        _ => String::new(),
    };
    PathBuf::from(drive).join(components.as_path())
}

/// Permissions are those of the folder that it is in. With the privilege of restores it may lie
/// where the account may not write.
pub(super) fn create_file(path: &Path) -> io::Result<File> {
    File::options()
        .write(true)
        .create_new(true)
        .custom_flags(FOLDERS_AND_LINKS)
        .open(path)
}

/// Permissions are those of the folder that it is in.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

/// A file that is read-only is neither removed nor replaced.
#[expect(
    clippy::permissions_set_readonly_false,
    reason = "on Windows that is an attribute, and lets nobody in"
)]
pub(super) fn make_removable(path: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    let mut permissions = metadata.permissions();
    if metadata.is_symlink() || !permissions.readonly() {
        return Ok(());
    }
    permissions.set_readonly(false);
    fs::set_permissions(path, permissions)
}

pub(super) fn make_link(target: &Path, path: &Path) -> io::Result<()> {
    let resolved = path.parent().unwrap_or(path).join(target);
    if resolved.is_dir() {
        symlink_dir(target, path)
    } else {
        symlink_file(target, path)
    }
}

pub(super) fn make_special(_kind: &NodeType, _path: &Path) -> io::Result<()> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}

pub(super) fn set_for_file(file: &File, _path: &Path, node: &Node) -> io::Result<()> {
    file.set_times(times(node))
}

pub(super) fn set_for_folder(path: &Path, node: &Node) -> io::Result<()> {
    set_for_special(path, node)
}

pub(super) fn set_for_special(path: &Path, node: &Node) -> io::Result<()> {
    File::options()
        .access_mode(WRITE_ATTRIBUTES)
        .custom_flags(FOLDERS_AND_LINKS)
        .open(path)?
        .set_times(times(node))
}

fn times(node: &Node) -> FileTimes {
    let meta = &node.meta;
    let times = [meta.mtime, meta.atime, meta.ctime].map(|time| time.map(SystemTime::from));
    let mut set = FileTimes::new();
    if let [Some(modified), ..] = times {
        set = set.set_modified(modified);
    }
    if let [_, Some(accessed), _] = times {
        set = set.set_accessed(accessed);
    }
    if let [_, _, Some(created)] = times {
        set = set.set_created(created);
    }
    set
}
