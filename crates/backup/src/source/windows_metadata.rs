//! What is kept of a file on Windows.

use rustic_core::{
    jiff::Timestamp,
    repofile::{Metadata, Node, NodeType},
};
use std::{ffi::OsStr, fs, io, os::windows::fs::MetadataExt as _, path::Path, time::SystemTime};

/// `FILE_ATTRIBUTE_REPARSE_POINT`, `…_OFFLINE`, `…_RECALL_ON_OPEN`, `…_RECALL_ON_DATA_ACCESS`:
/// <https://learn.microsoft.com/windows/win32/fileio/file-attribute-constants>.
const ELSEWHERE: u32 = 0x0400 | 0x1000 | 0x0004_0000 | 0x0040_0000;

/// An entry of the tree for a path. Links are kept as links; other reparse points, such as
/// placeholders of files that lie in a cloud, are not read.
pub(super) fn node(path: &Path, name: &OsStr) -> io::Result<Node> {
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
