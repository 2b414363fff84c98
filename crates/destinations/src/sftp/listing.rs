//! Listing folders, several at once.

use super::{Sftp, session::Session};
use crate::{Entry, Failure, FailureCode, ObjectName, Operation, local::UNFINISHED};
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use russh_sftp::{
    client::error::Error as SftpError,
    protocol::{File, StatusCode},
};

/// Folders that are read at the same time: each costs the server an open handle.
const AT_ONCE: usize = 16;

/// What lies in one folder.
#[derive(Default)]
struct Folder {
    files: Vec<Entry>,
    folders: Vec<ObjectName>,
}

impl Sftp {
    /// All files below a folder.
    pub(super) async fn walk(
        &self,
        session: &Session,
        start: Option<&ObjectName>,
    ) -> Result<Vec<Entry>, Failure> {
        let first = self.list_folder(session, start).await?;
        let Some(Folder { mut files, folders }) = first else {
            self.root_must_exist(session, Operation::List).await?;
            return Ok(Vec::new());
        };
        let mut waiting = folders;
        let mut reading = FuturesUnordered::new();
        loop {
            while reading.len() < AT_ONCE
                && let Some(name) = waiting.pop()
            {
                reading.push(async move { self.list_folder(session, Some(&name)).await });
            }
            let Some(found) = reading.next().await else {
                return Ok(files);
            };
            // `None`: it was deleted since.
            let found = found?.unwrap_or_default();
            files.extend(found.files);
            waiting.extend(found.folders);
        }
    }

    async fn list_folder(
        &self,
        session: &Session,
        name: Option<&ObjectName>,
    ) -> Result<Option<Folder>, Failure> {
        let path = name.map_or_else(|| self.root_path(), |name| self.path(name));
        let Some(files) = session.read_folder(Operation::List, &path).await? else {
            return Ok(None);
        };
        let mut folder = Folder::default();
        for file in files {
            // What has no proper name is somebody else's.
            let child = match name {
                Some(name) => name.join(&file.filename),
                None => ObjectName::new(file.filename),
            };
            let Ok(child) = child else { continue };
            if child.as_str() == UNFINISHED {
                continue;
            }
            if file.attrs.is_dir() {
                folder.folders.push(child);
            } else if file.attrs.is_regular() {
                folder.files.push(Entry {
                    name: child,
                    bytes: file.attrs.size.unwrap_or(0),
                });
            }
        }
        Ok(Some(folder))
    }
}

impl Session {
    /// What lies in a folder; `None` when there is no such folder.
    pub(super) async fn read_folder(
        &self,
        operation: Operation,
        path: &str,
    ) -> Result<Option<Vec<File>>, Failure> {
        let handle = match self.ask(operation, self.raw.opendir(path)).await {
            Err(failure) if failure.code == FailureCode::NotFound => return Ok(None),
            result => result?.handle,
        };
        let mut files = Vec::new();
        loop {
            let answer = async {
                match self.raw.readdir(&handle).await {
                    Err(SftpError::Status(status)) if status.status_code == StatusCode::Eof => {
                        Ok(None)
                    }
                    result => result.map(Some),
                }
            };
            match self.ask(operation, answer).await? {
                Some(names) => files.extend(names.files),
                None => break,
            }
        }
        self.close_later(&handle);
        Ok(Some(files))
    }
}
