//! Which volume holds a folder, and where in it.

use super::{
    super::{Failure, Reason},
    failure,
};
use std::{
    ffi::OsString,
    fs,
    os::windows::ffi::OsStringExt as _,
    path::{Component, Path, PathBuf, Prefix},
};
use windows::{
    Win32::Storage::FileSystem::{
        GetDriveTypeW, GetVolumeNameForVolumeMountPointW, GetVolumePathNameW,
    },
    core::{Error, HSTRING},
};

/// `DRIVE_REMOTE`.
const REMOTE: u32 = 4;
/// `\\?\Volume{GUID}\` and its end.
const VOLUME_NAME: usize = 50;
/// Paths are at most so long.
const PATH: usize = 32_768;

/// A folder's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Located {
    /// The volume's name, with a backslash at its end.
    pub(super) volume: HSTRING,
    /// The way from the volume's root.
    pub(super) rest: PathBuf,
}

pub(super) fn locate(folder: &Path) -> Result<Located, Failure> {
    // Where it really lies, behind links and substituted drives. What cannot be told so, such as
    // volumes without a letter, is taken as it is written.
    let real = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    if is_share(&real) {
        return Err(failure::because(Reason::Network));
    }
    let unknown = |call: &str, error: &Error| Failure {
        reason: Reason::UnknownVolume,
        ..failure::of(call, error)
    };
    let root = root(&real).map_err(|error| unknown("GetVolumePathName", &error))?;
    let plain = without_prefix(&root);
    // SAFETY: the text is terminated.
    if unsafe { GetDriveTypeW(&plain) } == REMOTE {
        return Err(failure::because(Reason::Network));
    }
    Ok(Located {
        // Without a name of its own, it is known by where it is mounted.
        volume: name(&plain).unwrap_or(plain),
        rest: rest(&real, &root),
    })
}

fn is_share(path: &Path) -> bool {
    match path.components().next() {
        Some(Component::Prefix(prefix)) => {
            matches!(prefix.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..))
        }
        _ => false,
    }
}

/// Where the volume of a path is mounted, with a backslash at its end.
fn root(path: &Path) -> Result<PathBuf, Error> {
    let mut buffer = vec![0; PATH];
    // SAFETY: the text is terminated, and the buffer has the length that it is told to have.
    unsafe { GetVolumePathNameW(&HSTRING::from(path.as_os_str()), &mut buffer) }?;
    Ok(PathBuf::from(text(&buffer)))
}

/// The name of a mounted volume.
fn name(root: &HSTRING) -> Option<HSTRING> {
    let mut buffer = vec![0; VOLUME_NAME];
    // SAFETY: as above.
    unsafe { GetVolumeNameForVolumeMountPointW(root, &mut buffer) }.ok()?;
    Some(HSTRING::from(text(&buffer).as_os_str()))
}

fn text(buffer: &[u16]) -> OsString {
    let end = buffer.iter().position(|unit| *unit == 0);
    OsString::from_wide(
        buffer
            .get(..end.unwrap_or(buffer.len()))
            .unwrap_or_default(),
    )
}

/// `C:\` of `\\?\C:\`, which not every function understands.
fn without_prefix(root: &Path) -> HSTRING {
    let mut components = root.components();
    match components.next() {
        Some(Component::Prefix(prefix)) => match prefix.kind() {
            Prefix::VerbatimDisk(letter) => {
                let mut plain = PathBuf::from(format!("{}:\\", char::from(letter)));
                plain.push(
                    components
                        .as_path()
                        .strip_prefix(r"\")
                        .unwrap_or(Path::new("")),
                );
                // `push` leaves no backslash behind a mounted folder.
                let mut plain = plain.into_os_string();
                if !plain.as_encoded_bytes().ends_with(br"\") {
                    plain.push(r"\");
                }
                HSTRING::from(plain)
            }
            _ => HSTRING::from(root.as_os_str()),
        },
        _ => HSTRING::from(root.as_os_str()),
    }
}

/// What follows the root, which is the beginning of the path in perhaps another spelling.
fn rest(path: &Path, root: &Path) -> PathBuf {
    path.components().skip(root.components().count()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_one_volume_have_one_name_and_their_own_way() {
        let system = locate(Path::new(r"C:\windows\system32")).unwrap();
        let root = locate(Path::new(r"C:\")).unwrap();
        assert_eq!(system.volume, root.volume);
        assert!(system.volume.to_string_lossy().ends_with('\\'));
        assert!(
            system
                .rest
                .as_os_str()
                .eq_ignore_ascii_case(r"windows\system32")
        );
        assert_eq!(root.rest, Path::new(""));
    }

    #[test]
    fn shares_of_other_machines_are_on_the_network() {
        for path in [r"\\server\share\books", r"\\?\UNC\server\share\books"] {
            let failure = locate(Path::new(path)).unwrap_err();
            assert_eq!(failure.reason, Reason::Network, "{path}");
        }
    }

    #[test]
    fn a_root_is_spelled_without_what_switches_off_parsing() {
        for (root, plain) in [
            (r"\\?\C:\", r"C:\"),
            (r"\\?\C:\mnt\archive\", r"C:\mnt\archive\"),
            (r"D:\", r"D:\"),
            (r"\\?\Volume{x}\", r"\\?\Volume{x}\"),
        ] {
            assert_eq!(without_prefix(Path::new(root)), plain);
        }
    }

    #[test]
    fn the_way_from_a_root_ignores_how_the_root_is_spelled() {
        for (path, root, way) in [
            (r"\\?\C:\Data\books", r"\\?\c:\", r"Data\books"),
            (r"\\?\C:\mnt\archive\x", r"\\?\C:\MNT\archive\", "x"),
            (r"\\?\C:\", r"\\?\C:\", ""),
        ] {
            assert_eq!(rest(Path::new(path), Path::new(root)), Path::new(way));
        }
    }
}
