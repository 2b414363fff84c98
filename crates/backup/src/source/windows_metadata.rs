//! What is kept of a file on Windows.

use rustic_core::{
    jiff::Timestamp,
    repofile::{Metadata, Node, NodeType},
};
use std::{
    ffi::OsStr,
    fs, io,
    os::windows::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::Path,
    time::SystemTime,
};

/// `FILE_FLAG_BACKUP_SEMANTICS`: with the privilege of backups, what the account may not read is
/// read all the same.
const BACKUP_SEMANTICS: u32 = 0x0200_0000;

/// What Go's `os.FileMode` says of files on Windows, as restic stores them. Without it restic would
/// restore files that nobody may read or write.
mod go {
    pub(super) const FOLDER: u32 = 1 << 31 | 0o777;
    pub(super) const LINK: u32 = 1 << 27 | 0o777;
    pub(super) const FILE: u32 = 0o666;
    pub(super) const READ_ONLY_FILE: u32 = 0o444;
}

/// `FILE_ATTRIBUTE_REPARSE_POINT`, `…_OFFLINE`, `…_RECALL_ON_OPEN`, `…_RECALL_ON_DATA_ACCESS`:
/// <https://learn.microsoft.com/windows/win32/fileio/file-attribute-constants>.
const ELSEWHERE: u32 = 0x0400 | 0x1000 | 0x0004_0000 | 0x0040_0000;

/// Opens a file to be read.
pub(super) fn open(path: &Path) -> io::Result<fs::File> {
    fs::File::options()
        .read(true)
        .custom_flags(BACKUP_SEMANTICS)
        .open(path)
}

/// Describes files as restic does.
#[derive(Default)]
pub(super) struct Describer;

impl Describer {
    /// An entry of the tree for a path. See [`node`].
    #[expect(clippy::unused_self, reason = "other systems remember names of owners")]
    pub(super) fn node(&mut self, path: &Path, name: &OsStr) -> io::Result<Node> {
        node(path, name)
    }
}

/// An entry of the tree for a path. Links are kept as links; other reparse points, such as
/// placeholders of files that lie in a cloud, are not read.
fn node(path: &Path, name: &OsStr) -> io::Result<Node> {
    let metadata = fs::symlink_metadata(path)?;
    let kind = metadata.file_type();
    let node_type = if kind.is_symlink() {
        NodeType::from_link(&fs::read_link(path)?)
    } else if metadata.file_attributes() & ELSEWHERE != 0 && !kind.is_dir() {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "its content lies elsewhere",
        ));
    } else if kind.is_dir() {
        NodeType::Dir
    } else {
        NodeType::File
    };
    let is_file = node_type == NodeType::File;
    let meta = Metadata {
        mode: Some(match node_type {
            NodeType::Dir => go::FOLDER,
            NodeType::Symlink { .. } => go::LINK,
            _ if metadata.permissions().readonly() => go::READ_ONLY_FILE,
            _ => go::FILE,
        }),
        mtime: metadata.modified().ok().and_then(timestamp),
        atime: metadata.modified().ok().and_then(timestamp),
        ctime: metadata.created().ok().and_then(timestamp),
        size: if is_file { metadata.len() } else { 0 },
        ..Metadata::default()
    };
    Ok(Node::new_node(name, node_type, meta))
}

fn timestamp(time: SystemTime) -> Option<Timestamp> {
    Timestamp::try_from(time).ok()
}
