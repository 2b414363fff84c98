//! A folder of this machine: a second disk, a mounted share, a removable drive.

use crate::{
    Content, Destination, Entry, Failure, FailureCode, ObjectName, Operation, Space, Written,
};
use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::{
    env,
    fs::{self, File},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    ops::Range,
    path::{Path, PathBuf},
};

/// Unfinished files lie in this folder of the root.
pub(crate) const UNFINISHED: &str = "tmp";

const PIECE_BYTES: usize = 1024 * 1024;

/// How a local folder is described.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalSettings {
    /// The root. Its parent must exist: that of a drive which is not plugged in does not, and
    /// nothing is written to the disk that lies under its mount point.
    pub path: PathBuf,
}

/// A folder of this machine.
#[derive(Debug, Clone)]
pub struct Local {
    root: PathBuf,
}

impl Local {
    /// A destination in this folder; nothing is touched yet.
    pub fn new(settings: LocalSettings) -> Self {
        Self {
            root: settings.path,
        }
    }

    fn path(&self, name: &ObjectName) -> PathBuf {
        name.as_str()
            .split('/')
            .fold(self.root.clone(), |path, part| path.join(part))
    }

    /// Runs file operations where they may block.
    async fn blocking<T: Send + 'static>(
        &self,
        operation: Operation,
        work: impl FnOnce(Self) -> io::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let local = self.clone();
        match tokio::task::spawn_blocking(move || work(local)).await {
            Ok(result) => result.map_err(|error| Failure::of_io(operation, error)),
            Err(error) => Err(Failure::new(operation, FailureCode::Other).caused_by(error)),
        }
    }

    /// The same for a file, whose root must be there.
    async fn with_file<T: Send + 'static>(
        &self,
        operation: Operation,
        name: &ObjectName,
        work: impl FnOnce(&Path, &Path) -> io::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let path = self.path(name);
        let result = self
            .blocking(operation, move |local| work(&local.root, &path))
            .await
            .map_err(|failure| failure.about(name));
        match result {
            Err(failure) if failure.code == FailureCode::NotFound => Err(self.missing(failure)),
            other => other,
        }
    }

    /// Tells a missing file from a missing root.
    fn missing(&self, failure: Failure) -> Failure {
        if self.root.is_dir() {
            failure
        } else {
            Failure {
                code: FailureCode::NoSuchContainer,
                ..failure
            }
        }
    }
}

#[async_trait]
impl Destination for Local {
    fn location(&self) -> String {
        self.root.display().to_string()
    }

    async fn prepare(&self) -> Result<(), Failure> {
        self.blocking(Operation::Prepare, |local| {
            match fs::create_dir(&local.root) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                other => other?,
            }
            fs::read_dir(&local.root).map(drop)
        })
        .await
        .map_err(|failure| match failure.code {
            FailureCode::NotFound => Failure {
                code: FailureCode::NoSuchContainer,
                ..failure
            },
            _ => failure,
        })
    }

    async fn write(&self, name: &ObjectName, content: Content) -> Result<Written, Failure> {
        let about = name.clone();
        let written = self.with_file(Operation::Write, name, move |root, path| {
            fs::read_dir(root)?;
            let folder = path.parent().unwrap_or(root);
            fs::create_dir_all(folder)?;
            let unfinished = root.join(UNFINISHED);
            fs::create_dir_all(&unfinished)?;
            let temporary = unfinished.join(random_name()?);
            let result = write_file(&temporary, &content).and_then(|is_whole| {
                if is_whole {
                    fs::rename(&temporary, path)?;
                    sync_folder(folder)?;
                }
                Ok(is_whole)
            });
            if !matches!(result, Ok(true)) {
                fs::remove_file(&temporary).ok();
            }
            result
        });
        if written.await? {
            Ok(Written::Confirmed)
        } else {
            Err(Failure::new(Operation::Write, FailureCode::ChecksumMismatch).about(&about))
        }
    }

    async fn read(&self, name: &ObjectName) -> Result<Bytes, Failure> {
        self.with_file(Operation::Read, name, |_, path| {
            fs::read(path).map(Bytes::from)
        })
        .await
    }

    async fn read_range(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, Failure> {
        let about = name.clone();
        self.with_file(Operation::Read, name, move |_, path| {
            let mut file = File::open(path)?;
            file.seek(SeekFrom::Start(range.start))?;
            let length = range.end.saturating_sub(range.start);
            let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
            file.take(length).read_to_end(&mut bytes)?;
            Ok((bytes.len() as u64 == length).then(|| Bytes::from(bytes)))
        })
        .await?
        .ok_or_else(|| Failure::new(Operation::Read, FailureCode::Protocol).about(&about))
    }

    async fn list(&self, folder: Option<&ObjectName>) -> Result<Vec<Entry>, Failure> {
        let start = folder.cloned();
        self.blocking(Operation::List, move |local| {
            fs::read_dir(&local.root)?;
            let mut entries = Vec::new();
            let path = start
                .as_ref()
                .map_or(local.root.clone(), |name| local.path(name));
            collect(&path, start.as_ref(), &mut entries)?;
            Ok(entries)
        })
        .await
        .map_err(|failure| match failure.code {
            FailureCode::NotFound => self.missing(failure),
            _ => failure,
        })
    }

    async fn size(&self, name: &ObjectName) -> Result<Option<u64>, Failure> {
        let result = self
            .with_file(Operation::Examine, name, |_, path| {
                fs::metadata(path).map(|metadata| metadata.len())
            })
            .await;
        match result {
            Err(failure) if failure.code == FailureCode::NotFound => Ok(None),
            other => other.map(Some),
        }
    }

    async fn remove(&self, name: &ObjectName) -> Result<(), Failure> {
        let result = self
            .with_file(Operation::Remove, name, |_, path| fs::remove_file(path))
            .await;
        match result {
            Err(failure) if failure.code == FailureCode::NotFound => Ok(()),
            other => other,
        }
    }

    async fn remove_leftovers(&self) -> Result<u64, Failure> {
        self.blocking(Operation::Clean, |local| {
            let unfinished = match fs::read_dir(local.root.join(UNFINISHED)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
                other => other?,
            };
            let mut removed = 0;
            for entry in unfinished {
                fs::remove_file(entry?.path())?;
                removed += 1;
            }
            Ok(removed)
        })
        .await
    }

    async fn space(&self) -> Result<Option<Space>, Failure> {
        self.blocking(Operation::Measure, |local| {
            Ok(Some(Space {
                free_bytes: fs4::available_space(&local.root)?,
                total_bytes: Some(fs4::total_space(&local.root)?),
            }))
        })
        .await
        .map_err(|failure| self.missing(failure))
    }
}

/// A name that nobody else chooses.
pub(crate) fn random_name() -> io::Result<String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Writes a file and reads it back. Says whether it has what was written.
fn write_file(path: &Path, content: &Content) -> io::Result<bool> {
    let mut file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(path)?;
    let mut cursor = content.cursor(PIECE_BYTES);
    let runtime = tokio::runtime::Handle::current();
    while let Some(piece) = runtime.block_on(cursor.next()) {
        file.write_all(&piece)?;
    }
    // The name must not survive a power cut that the content does not.
    file.sync_all()?;
    file.rewind()?;
    content.is_read_from(&mut file)
}

/// Windows keeps names in its journal, and opens no folders as files.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if env::consts::FAMILY == "windows" {
        return Ok(());
    }
    File::open(folder)?.sync_all()
}

/// Adds all files below a folder; what has no proper name is somebody else's.
fn collect(path: &Path, name: Option<&ObjectName>, entries: &mut Vec<Entry>) -> io::Result<()> {
    let listing = match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    for entry in listing {
        let entry = entry?;
        let Some(child) = entry.file_name().to_str().and_then(|child| match name {
            Some(folder) => folder.join(child).ok(),
            None => ObjectName::new(child).ok(),
        }) else {
            continue;
        };
        if child.as_str() == UNFINISHED {
            continue;
        }
        let metadata = match entry.metadata() {
            // Deleted since it was listed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            other => other?,
        };
        if metadata.is_dir() {
            collect(&entry.path(), Some(&child), entries)?;
        } else if metadata.is_file() {
            entries.push(Entry {
                name: child,
                bytes: metadata.len(),
            });
        }
    }
    Ok(())
}
