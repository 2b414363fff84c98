//! A folder of a share of Windows, Samba or a NAS, over SMB 2 and 3.

mod greeting;
mod links;
mod settings;
mod status;
mod unfinished;

pub use settings::{SmbEncryption, SmbSettings};

use crate::{
    Content, Destination, Entry, Failure, FailureCode, ObjectName, Operation, Space, Written,
    local::{UNFINISHED, random_name},
};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use links::{Lease, Links};
use settings::Place;
use smb2::RenameOptions;
use std::{fmt, ops::Range};
use unfinished::Unfinished;

const PIECE_BYTES: usize = 1024 * 1024;

/// Folders that are listed at the same time.
const LISTINGS: usize = 8;

/// A folder of a share.
pub struct Smb {
    links: Links,
}

impl fmt::Debug for Smb {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.location())
    }
}

impl Smb {
    /// A destination in this folder of a share; nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`InvalidSettings`](FailureCode::InvalidSettings) when there can be no such share or
    /// account.
    pub fn new(settings: SmbSettings) -> Result<Self, Failure> {
        Ok(Self {
            links: Links::new(Place::try_from(settings)?),
        })
    }

    fn root(&self) -> &[String] {
        &self.links.place().root
    }

    /// A path in the share, its parts separated by slashes.
    fn path(&self, below_root: &str) -> String {
        let mut path = self.root().join("/");
        if !path.is_empty() && !below_root.is_empty() {
            path.push('/');
        }
        path.push_str(below_root);
        path
    }

    /// Tells a missing file from a missing root. Only a missing folder leaves that open: where a
    /// file is missing, the folder around it is there.
    async fn missing(
        &self,
        lease: &Lease<'_>,
        operation: Operation,
        error: smb2::Error,
    ) -> Failure {
        let is_open = status::status(&error) == Some(status::OBJECT_PATH_NOT_FOUND);
        let mut failure = lease.failure(operation, error);
        if is_open
            && let Err(failed) = self.root_is_there(lease).await
            && failed.code == FailureCode::NoSuchContainer
        {
            failure.code = FailureCode::NoSuchContainer;
        }
        failure
    }

    async fn root_is_there(&self, lease: &Lease<'_>) -> Result<(), Failure> {
        if self.root().is_empty() {
            return Ok(());
        }
        let mut connection = lease.connection.clone();
        let no_container = || Failure::new(Operation::Examine, FailureCode::NoSuchContainer);
        match lease.tree.stat(&mut connection, &self.path("")).await {
            Ok(found) if found.is_directory => Ok(()),
            Ok(_) => Err(no_container().caused_by("the root is no folder")),
            Err(error) => {
                let failure = lease.failure(Operation::Examine, error);
                Err(match failure.code {
                    FailureCode::NotFound => no_container().caused_by(failure),
                    _ => failure,
                })
            }
        }
    }

    /// Makes a folder of the share; one that exists is fine.
    async fn make_folder(&self, lease: &Lease<'_>, path: &str) -> Result<(), smb2::Error> {
        let mut connection = lease.connection.clone();
        match lease.tree.create_directory(&mut connection, path).await {
            Err(error) if status::status(&error) == Some(status::OBJECT_NAME_COLLISION) => Ok(()),
            other => other,
        }
    }

    /// Makes the folders between the root and a file.
    async fn make_folders(&self, lease: &Lease<'_>, name: &ObjectName) -> Result<(), smb2::Error> {
        let Some(folder) = name.folder() else {
            return Ok(());
        };
        let mut path = self.path("");
        for part in folder.as_str().split('/') {
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(part);
            self.make_folder(lease, &path).await?;
        }
        Ok(())
    }

    /// Writes, flushes and closes a file of its own name, in the folder of unfinished files.
    async fn write_unfinished(
        &self,
        lease: &Lease<'_>,
        unfinished: &mut Unfinished<'_>,
        content: &Content,
    ) -> Result<(), Failure> {
        let failed = |error| lease.failure(Operation::Write, error);
        let mut writer = match unfinished.open().await {
            Err(error) if status::status(&error) == Some(status::OBJECT_PATH_NOT_FOUND) => {
                let made = self.make_folder(lease, &self.path(UNFINISHED)).await;
                match made {
                    // Nor is the folder around it there.
                    Err(error) if status::is_missing(&error) => {
                        return Err(Failure {
                            code: FailureCode::NoSuchContainer,
                            ..failed(error)
                        });
                    }
                    other => other.map_err(failed)?,
                }
                unfinished.open().await.map_err(failed)?
            }
            other => other.map_err(failed)?,
        };
        let mut cursor = content.cursor(PIECE_BYTES);
        while let Some(piece) = cursor.next().await {
            writer.write_chunk(&piece).await.map_err(failed)?;
        }
        let written = writer.finish().await.map_err(failed)?;
        if written == content.length() {
            Ok(())
        } else {
            Err(Failure::new(Operation::Write, FailureCode::Protocol)
                .caused_by("the server took fewer bytes than were sent"))
        }
    }

    /// Gives a finished file its name, in the place of what lay there.
    async fn put(&self, lease: &Lease<'_>, from: &str, name: &ObjectName) -> Result<(), Failure> {
        let failed = |error| lease.failure(Operation::Write, error);
        let mut connection = lease.connection.clone();
        let to = self.path(name.as_str());
        let replace = RenameOptions::new().replace_if_exists(true);
        let renamed = lease
            .tree
            .rename_with(&mut connection, from, &to, replace)
            .await;
        match renamed {
            Err(error) if status::is_missing(&error) => {
                self.make_folders(lease, name).await.map_err(failed)?;
                lease
                    .tree
                    .rename_with(&mut connection, from, &to, replace)
                    .await
                    .map_err(failed)
            }
            other => other.map_err(failed),
        }
    }

    /// Servers deny writing to a share that is read-only as they do for want of a right to a
    /// file; what the share itself allows tells which of them it is.
    async fn refine_denial(&self, lease: &Lease<'_>, failure: Failure) -> Failure {
        if failure.code == FailureCode::PermissionDenied
            && let Ok(false) = lease.share_is_writable().await
        {
            return Failure {
                code: FailureCode::ReadOnly,
                ..failure
            };
        }
        failure
    }

    /// The entries of one folder: files with their sizes, and folders.
    async fn list_folder(
        &self,
        lease: &Lease<'_>,
        folder: Option<ObjectName>,
    ) -> Result<(Vec<Entry>, Vec<ObjectName>), Failure> {
        let path = self.path(folder.as_ref().map_or("", ObjectName::as_str));
        let mut connection = lease.connection.clone();
        let listing = match lease.tree.list_directory(&mut connection, &path).await {
            Ok(listing) => listing,
            Err(error) => {
                let failure = match folder {
                    Some(_) => self.missing(lease, Operation::List, error).await,
                    None => lease.failure(Operation::List, error),
                };
                return match failure.code {
                    FailureCode::NotFound if folder.is_some() => Ok(Default::default()),
                    FailureCode::NotFound => Err(Failure {
                        code: FailureCode::NoSuchContainer,
                        ..failure
                    }),
                    _ => Err(failure),
                };
            }
        };
        let mut files = Vec::new();
        let mut folders = Vec::new();
        for found in listing {
            let name = match &folder {
                Some(folder) => folder.join(&found.name),
                None => ObjectName::new(found.name.as_str()),
            };
            // What has no proper name is somebody else's; `.` and `..` have none.
            let Ok(name) = name else { continue };
            if name.as_str() == UNFINISHED || found.is_link() {
                continue;
            }
            if found.is_directory {
                folders.push(name);
            } else {
                files.push(Entry {
                    name,
                    bytes: found.size,
                });
            }
        }
        Ok((files, folders))
    }
}

#[async_trait]
impl Destination for Smb {
    fn location(&self) -> String {
        self.links.place().location()
    }

    async fn prepare(&self) -> Result<(), Failure> {
        let lease = self.links.lease().await?;
        let failed = |error| lease.failure(Operation::Prepare, error);
        match self.root_is_there(&lease).await {
            Err(failure) if failure.code == FailureCode::NoSuchContainer => {}
            other => return other,
        }
        let mut path = String::new();
        for part in self.root() {
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(part);
            if let Err(error) = self.make_folder(&lease, &path).await {
                let mut failure = self.refine_denial(&lease, failed(error)).await;
                // A file lies where a folder of the root has to be.
                if failure.code == FailureCode::NotFound {
                    failure.code = FailureCode::NoSuchContainer;
                }
                return Err(failure);
            }
        }
        self.root_is_there(&lease).await
    }

    async fn write(&self, name: &ObjectName, content: Content) -> Result<Written, Failure> {
        let lease = self.links.lease().await?;
        let random = random_name().map_err(|error| Failure::of_io(Operation::Write, error))?;
        let path = self.path(&format!("{UNFINISHED}/{random}"));
        let mut unfinished = Unfinished::new(&lease, path.clone());
        let written = self
            .write_unfinished(&lease, &mut unfinished, &content)
            .await;
        let result = match written {
            Ok(()) => self.put(&lease, &path, name).await,
            Err(failure) => Err(failure),
        };
        match result {
            Ok(()) => {
                unfinished.finish();
                Ok(Written::Unconfirmed)
            }
            Err(failure) => Err(self.refine_denial(&lease, failure).await.about(name)),
        }
    }

    async fn read(&self, name: &ObjectName) -> Result<Bytes, Failure> {
        let lease = self.links.lease().await?;
        let mut connection = lease.connection.clone();
        let path = self.path(name.as_str());
        match lease.tree.read_file_pipelined(&mut connection, &path).await {
            Ok(bytes) => Ok(Bytes::from(bytes)),
            Err(error) => Err(self
                .missing(&lease, Operation::Read, error)
                .await
                .about(name)),
        }
    }

    async fn read_range(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, Failure> {
        let lease = self.links.lease().await?;
        let length = range.end.saturating_sub(range.start);
        let path = self.path(name.as_str());
        let reader = match lease
            .tree
            .open_file_reader(lease.connection.clone(), &path)
            .await
        {
            Ok(reader) => reader,
            Err(error) => {
                let failure = self.missing(&lease, Operation::Read, error).await;
                return Err(failure.about(name));
            }
        };
        // Dropping the reader closes the file without waiting for an answer.
        let bytes = reader
            .read_at(range.start, length)
            .await
            .map_err(|error| lease.failure(Operation::Read, error).about(name))?;
        if bytes.len() as u64 == length {
            Ok(Bytes::from(bytes))
        } else {
            Err(Failure::new(Operation::Read, FailureCode::Protocol).about(name))
        }
    }

    async fn list(&self, folder: Option<&ObjectName>) -> Result<Vec<Entry>, Failure> {
        let lease = self.links.lease().await?;
        let mut entries = Vec::new();
        let mut waiting = vec![folder.cloned()];
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < LISTINGS
                && let Some(folder) = waiting.pop()
            {
                running.push(self.list_folder(&lease, folder));
            }
            let Some(listed) = running.next().await else {
                return Ok(entries);
            };
            let (files, folders) = listed?;
            entries.extend(files);
            waiting.extend(folders.into_iter().map(Some));
        }
    }

    async fn size(&self, name: &ObjectName) -> Result<Option<u64>, Failure> {
        let lease = self.links.lease().await?;
        let mut connection = lease.connection.clone();
        let path = self.path(name.as_str());
        match lease.tree.stat(&mut connection, &path).await {
            Ok(found) => Ok((!found.is_directory).then_some(found.size)),
            Err(error) => {
                let failure = self.missing(&lease, Operation::Examine, error).await;
                match failure.code {
                    FailureCode::NotFound => Ok(None),
                    _ => Err(failure.about(name)),
                }
            }
        }
    }

    async fn remove(&self, name: &ObjectName) -> Result<(), Failure> {
        let lease = self.links.lease().await?;
        let mut connection = lease.connection.clone();
        let path = self.path(name.as_str());
        match lease.tree.delete_file(&mut connection, &path).await {
            Ok(()) => Ok(()),
            Err(error) => {
                let failure = self.missing(&lease, Operation::Remove, error).await;
                match failure.code {
                    FailureCode::NotFound => Ok(()),
                    _ => Err(self.refine_denial(&lease, failure).await.about(name)),
                }
            }
        }
    }

    async fn remove_leftovers(&self) -> Result<u64, Failure> {
        let lease = self.links.lease().await?;
        let failed = |error| lease.failure(Operation::Clean, error);
        // A file that is being removed cannot be removed once more.
        let _all = lease.cleaning.write().await;
        let mut connection = lease.connection.clone();
        let folder = self.path(UNFINISHED);
        let listing = match lease.tree.list_directory(&mut connection, &folder).await {
            Err(error) if status::is_missing(&error) => return Ok(0),
            other => other.map_err(failed)?,
        };
        let mut removed = 0;
        for found in listing.iter().filter(|found| !found.is_directory) {
            let path = format!("{folder}/{}", found.name);
            if unfinished::remove(&lease.tree, &mut connection, &path)
                .await
                .map_err(failed)?
            {
                removed += 1;
            }
        }
        Ok(removed)
    }

    async fn space(&self) -> Result<Option<Space>, Failure> {
        let lease = self.links.lease().await?;
        let mut connection = lease.connection.clone();
        let space = lease
            .tree
            .fs_info(&mut connection)
            .await
            .map_err(|error| lease.failure(Operation::Measure, error))?;
        Ok(Some(Space {
            free_bytes: space.free_bytes,
            total_bytes: Some(space.total_bytes),
        }))
    }
}
