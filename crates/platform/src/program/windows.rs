use super::sibling;
use std::{io, path::Path};
use windows::{
    Win32::Storage::FileSystem::{MOVEFILE_DELAY_UNTIL_REBOOT, MoveFileExW},
    core::{HSTRING, PCWSTR},
};

pub(super) fn make_executable(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// A running program cannot be overwritten or deleted, but it can be renamed.
pub(super) fn replace(arriving: &Path, place: &Path) -> io::Result<()> {
    let old = sibling(place, "old");
    let _ = std::fs::remove_file(&old);
    if place.exists() {
        std::fs::rename(place, &old)?;
    }
    if let Err(error) = std::fs::rename(arriving, place) {
        let _ = std::fs::rename(&old, place);
        return Err(error);
    }
    if old.exists() {
        remove(&old)?;
    }
    Ok(())
}

pub(super) fn remove(place: &Path) -> io::Result<()> {
    match std::fs::remove_file(place) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            remove_at_next_start(place)
        }
        other => other,
    }
}

/// Only an empty folder goes; one whose program is still running is left.
pub(super) fn remove_own_folder(folder: &Path) {
    let _ = std::fs::remove_dir(folder);
}

fn remove_at_next_start(place: &Path) -> io::Result<()> {
    // SAFETY: the name is terminated by HSTRING and outlives the call.
    unsafe {
        MoveFileExW(
            &HSTRING::from(place),
            PCWSTR::null(),
            MOVEFILE_DELAY_UNTIL_REBOOT,
        )
    }
    .map_err(Into::into)
}
