use std::{
    fs::{DirBuilder, File, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown},
    path::Path,
};

pub(super) fn create(folder: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {
            std::fs::set_permissions(folder, Permissions::from_mode(0o700))
        }
        other => other,
    }
}

pub(super) fn create_file(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

/// Gives a file the owner, the group and the mode of another.
pub(super) fn copy_rights(model: &Path, file: &File) -> io::Result<()> {
    let model = std::fs::metadata(model)?;
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (model.uid(), model.gid()) {
        fchown(file, Some(model.uid()), Some(model.gid()))?;
    }
    file.set_permissions(Permissions::from_mode(model.mode() & 0o7777))
}

/// A rename is on the disk once the folder is.
pub(super) fn flush_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use crate::private_folder;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_like_another_has_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("old"), folder.path().join("new"));
        std::fs::write(&old, "old").unwrap();
        for wanted in [0o600, 0o640] {
            let permissions = std::fs::Permissions::from_mode(wanted);
            std::fs::set_permissions(&old, permissions).unwrap();
            private_folder::write_file_like(&new, &old, b"new").unwrap();
            let mode = std::fs::metadata(&new).unwrap().permissions().mode() & 0o7777;
            assert_eq!(mode, wanted);
        }
        private_folder::rename(&new, &old).unwrap();
        assert_eq!(std::fs::read(&old).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn others_can_read_neither_folder_nor_file() {
        let outside = tempfile::tempdir().unwrap();
        let folder = outside.path().join("state");
        std::fs::create_dir(&folder).unwrap();
        private_folder::create(&folder).unwrap();
        let file = folder.join("secret");
        private_folder::write_file(&file, b"x").unwrap();
        let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
    }
}
