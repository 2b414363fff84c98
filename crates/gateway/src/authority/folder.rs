//! The files of one authority and their permissions.

use super::AuthorityError;
use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

pub(super) const KEY: &str = "key.pem";
pub(super) const CERTIFICATE: &str = "certificate.pem";
pub(super) const BRIDGE: &str = "bridge.pem";

/// The content of the files, in PEM.
pub(super) struct Files {
    pub(super) key: String,
    pub(super) certificate: String,
    /// The same key, certified by the authority before; the first one has none.
    pub(super) bridge: Option<String>,
}

impl Files {
    /// Reads the files; `None` if the folder does not exist.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, AuthorityError> {
        if matches!(fs::symlink_metadata(folder), Err(error) if error.kind() == io::ErrorKind::NotFound)
        {
            return Ok(None);
        }
        let key_path = folder.join(KEY);
        let mode = fs::metadata(&key_path)
            .map_err(reading(&key_path))?
            .permissions()
            .mode();
        if mode & 0o077 != 0 {
            return Err(AuthorityError::KeyExposed {
                path: key_path,
                mode: mode & 0o777,
            });
        }
        let key = fs::read_to_string(&key_path).map_err(reading(&key_path))?;
        let certificate_path = folder.join(CERTIFICATE);
        let certificate =
            fs::read_to_string(&certificate_path).map_err(reading(&certificate_path))?;
        let bridge_path = folder.join(BRIDGE);
        let bridge = match fs::read_to_string(&bridge_path) {
            Ok(bridge) => Some(bridge),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(reading(&bridge_path)(error)),
        };
        Ok(Some(Self {
            key,
            certificate,
            bridge,
        }))
    }

    /// Puts the folder in its place as a whole, so that no crash leaves a key without its
    /// certificate. If another process was faster, its files count and are returned.
    pub(super) fn write(self, folder: &Path) -> Result<Self, AuthorityError> {
        let creating = |source| AuthorityError::Create {
            folder: folder.to_owned(),
            source,
        };
        let parent = folder.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(creating)?;
        let staging = staging_path(folder);
        self.write_staging(&staging).map_err(creating)?;
        match fs::rename(&staging, folder) {
            Ok(()) => {
                sync(parent).map_err(creating)?;
                Ok(self)
            }
            Err(error) => {
                fs::remove_dir_all(&staging).map_err(creating)?;
                Self::read(folder)?.ok_or_else(|| creating(error))
            }
        }
    }

    fn write_staging(&self, staging: &Path) -> io::Result<()> {
        if staging.exists() {
            fs::remove_dir_all(staging)?;
        }
        DirBuilder::new().mode(0o700).create(staging)?;
        write_new(&staging.join(KEY), &self.key)?;
        write_new(&staging.join(CERTIFICATE), &self.certificate)?;
        if let Some(bridge) = &self.bridge {
            write_new(&staging.join(BRIDGE), bridge)?;
        }
        sync(staging)
    }
}

/// Writes a file that does not exist yet, for nobody else to read, down to the disk.
pub(super) fn write_new(path: &Path, content: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()
}

/// Makes what happened in a folder last.
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// A place beside `path` that nobody else writes to at the same time.
pub(super) fn staging_path(path: &Path) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (process, number) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    path.with_file_name(format!(".{name}.new-{process}-{number}"))
}

fn reading(path: &Path) -> impl FnOnce(io::Error) -> AuthorityError {
    let path = path.to_owned();
    move |source| AuthorityError::Read { path, source }
}
