use std::{fs::Permissions, io, os::unix::fs::PermissionsExt, path::Path};

pub(super) fn make_executable(path: &Path) -> io::Result<()> {
    std::fs::set_permissions(path, Permissions::from_mode(0o755))
}

pub(super) fn replace(arriving: &Path, place: &Path) -> io::Result<()> {
    std::fs::rename(arriving, place)
}

pub(super) fn remove(place: &Path) -> io::Result<()> {
    std::fs::remove_file(place)
}

/// The program lies in a folder of the system, which stays.
pub(super) fn remove_own_folder(_folder: &Path) {}
