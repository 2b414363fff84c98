//! What is kept of a file on Linux: permissions, owner, times, links, extended attributes.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use nix::unistd::{Gid, Group, Uid, User};
use rustic_core::{
    jiff::Timestamp,
    repofile::{Metadata, Node, NodeType},
};
use serde_json::json;
use std::{
    collections::HashMap,
    ffi::OsStr,
    fs, io,
    os::unix::fs::{FileTypeExt as _, MetadataExt as _},
    path::Path,
};

/// The bits that Go's `os.FileMode` has beside the permissions, as restic stores them:
/// <https://pkg.go.dev/io/fs#FileMode>.
mod go {
    pub(super) const DIRECTORY: u32 = 1 << 31;
    pub(super) const SYMLINK: u32 = 1 << 27;
    pub(super) const DEVICE: u32 = 1 << 26;
    pub(super) const NAMED_PIPE: u32 = 1 << 25;
    pub(super) const SOCKET: u32 = 1 << 24;
    pub(super) const SET_USER_ID: u32 = 1 << 23;
    pub(super) const SET_GROUP_ID: u32 = 1 << 22;
    pub(super) const CHARACTER_DEVICE: u32 = 1 << 21;
    pub(super) const STICKY: u32 = 1 << 20;
}

/// Opens a file to be read.
pub(super) fn open(path: &Path) -> io::Result<fs::File> {
    fs::File::open(path)
}

/// Describes files as restic does.
#[derive(Default)]
pub(super) struct Describer {
    names: Names,
}

/// The names of owners and groups: each is asked for once a run, since a directory on the network
/// may have to answer.
#[derive(Default)]
struct Names {
    users: HashMap<u32, Option<String>>,
    groups: HashMap<u32, Option<String>>,
}

impl Names {
    fn user(&mut self, id: u32) -> Option<String> {
        let look_up = || Some(User::from_uid(Uid::from_raw(id)).ok()??.name);
        self.users.entry(id).or_insert_with(look_up).clone()
    }

    fn group(&mut self, id: u32) -> Option<String> {
        let look_up = || Some(Group::from_gid(Gid::from_raw(id)).ok()??.name);
        self.groups.entry(id).or_insert_with(look_up).clone()
    }
}

impl Describer {
    /// An entry of the tree for a path, which is not followed when it is a link.
    pub(super) fn node(&mut self, path: &Path, name: &OsStr) -> io::Result<Node> {
        let metadata = fs::symlink_metadata(path)?;
        let user = self.names.user(metadata.uid());
        let group = self.names.group(metadata.gid());
        node(path, name, &metadata, user, group)
    }
}

fn node(
    path: &Path,
    name: &OsStr,
    metadata: &fs::Metadata,
    user: Option<String>,
    group: Option<String>,
) -> io::Result<Node> {
    let kind = metadata.file_type();
    let node_type = if kind.is_dir() {
        NodeType::Dir
    } else if kind.is_symlink() {
        NodeType::from_link(&fs::read_link(path)?)
    } else if kind.is_block_device() {
        NodeType::Dev {
            device: metadata.rdev(),
        }
    } else if kind.is_char_device() {
        NodeType::Chardev {
            device: metadata.rdev(),
        }
    } else if kind.is_fifo() {
        NodeType::Fifo
    } else if kind.is_socket() {
        NodeType::Socket
    } else {
        NodeType::File
    };
    let is_file = node_type == NodeType::File;
    let is_hard_link = metadata.nlink() > 1 && !kind.is_dir();
    let meta = Metadata {
        mode: Some(mode(metadata)),
        mtime: timestamp(metadata.mtime(), metadata.mtime_nsec()),
        // The time of the last access would make every run differ.
        atime: timestamp(metadata.mtime(), metadata.mtime_nsec()),
        ctime: timestamp(metadata.ctime(), metadata.ctime_nsec()),
        uid: Some(metadata.uid()),
        gid: Some(metadata.gid()),
        user,
        group,
        inode: metadata.ino(),
        device_id: if is_hard_link { metadata.dev() } else { 0 },
        size: if is_file { metadata.len() } else { 0 },
        links: if kind.is_dir() { 0 } else { metadata.nlink() },
        ..extended_attributes(path, kind.is_symlink())?
    };
    Ok(Node::new_node(name, node_type, meta))
}

fn timestamp(seconds: i64, nanoseconds: i64) -> Option<Timestamp> {
    Timestamp::new(seconds, i32::try_from(nanoseconds).ok()?).ok()
}

fn mode(metadata: &fs::Metadata) -> u32 {
    let kind = metadata.file_type();
    let bits = metadata.mode();
    let mut mode = bits & 0o777;
    let flags = [
        (kind.is_dir(), go::DIRECTORY),
        (kind.is_symlink(), go::SYMLINK),
        (kind.is_block_device(), go::DEVICE),
        (kind.is_char_device(), go::DEVICE | go::CHARACTER_DEVICE),
        (kind.is_fifo(), go::NAMED_PIPE),
        (kind.is_socket(), go::SOCKET),
        (bits & 0o4000 != 0, go::SET_USER_ID),
        (bits & 0o2000 != 0, go::SET_GROUP_ID),
        (bits & 0o1000 != 0, go::STICKY),
    ];
    for (holds, flag) in flags {
        if holds {
            mode |= flag;
        }
    }
    mode
}

/// Metadata with nothing but the extended attributes, since the library lets nobody else make
/// these: they are read from their JSON.
fn extended_attributes(path: &Path, is_link: bool) -> io::Result<Metadata> {
    let none = Metadata::default();
    if is_link {
        return Ok(none);
    }
    let names = match xattr::list(path) {
        Ok(names) => names,
        Err(error) if error.kind() == io::ErrorKind::Unsupported => return Ok(none),
        Err(error) => return Err(error),
    };
    let mut attributes = Vec::new();
    for name in names {
        // It may be gone since it was listed.
        if let Some(value) = xattr::get(path, &name)? {
            attributes.push(json!({
                "name": name.to_string_lossy(),
                "value": BASE64_STANDARD.encode(value),
            }));
        }
    }
    if attributes.is_empty() {
        return Ok(none);
    }
    Ok(serde_json::from_value(
        json!({ "extended_attributes": attributes }),
    )?)
}
