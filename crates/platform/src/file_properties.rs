//! What Windows keeps of a file beside its content, its name and its times: attributes, and a
//! security descriptor (owner, group, who may do what, what is watched). Linux has nothing that
//! its own permissions do not say.

#[cfg(any(windows, test))]
mod layout;
#[cfg(not(windows))]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(not(windows))]
use linux as system;
#[cfg(windows)]
use windows as system;

use std::{io, path::Path};

/// Attributes and security descriptor of a file or folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProperties {
    /// Read-only, hidden, and so on, as Windows counts them.
    pub attributes: u32,
    /// A self-relative security descriptor; `None` where the file system has none.
    pub descriptor: Option<Vec<u8>>,
}

/// Reads the properties of a file or folder, which is not followed when it is a link. `None` where
/// the system has nothing of the kind. What is watched (SACL) is there only with the privilege for
/// it: see [`enable_for_backups`](crate::privileges::enable_for_backups).
///
/// # Errors
/// If they may not be read.
pub fn read(path: &Path) -> io::Result<Option<FileProperties>> {
    system::read(path)
}

/// Gives properties to a file or folder. Of the attributes: read-only, hidden, system, archive, not
/// content-indexed. Without the privilege of restores owner and group stay the caller's.
///
/// # Errors
/// If the system refuses a part; the others are given all the same.
pub fn write(path: &Path, properties: &FileProperties) -> io::Result<()> {
    system::write(path, properties)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_can_be_given_to_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        std::fs::write(&one, "1").unwrap();
        std::fs::write(&other, "2").unwrap();
        for path in [&one, &folder.path().to_owned()] {
            let Some(properties) = read(path).unwrap() else {
                continue;
            };
            if let Some(descriptor) = &properties.descriptor {
                assert!(layout::Layout::of(descriptor).is_some());
            }
        }
        if let Some(properties) = read(&one).unwrap() {
            write(&other, &properties).unwrap();
            assert_eq!(read(&other).unwrap(), Some(properties));
        }
    }
}
