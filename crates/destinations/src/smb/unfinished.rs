//! Files that are being written.

use super::{links::Lease, status};
use smb2::{FileWriter, Tree, client::Connection};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinHandle;

/// How long a file that is in use is waited for: a server that lost a connection to its writer
/// may keep it far longer.
const WAIT: Duration = Duration::from_millis(100);
const MOST_WAITS: u32 = 30;

/// An unfinished file, which is removed when its write fails or is dropped, as far as the
/// connection still allows that; else [`crate::Destination::remove_leftovers`] does it.
pub(super) struct Unfinished<'a> {
    lease: &'a Lease<'a>,
    path: String,
    opening: Option<JoinHandle<Result<FileWriter, smb2::Error>>>,
    is_left: bool,
}

impl<'a> Unfinished<'a> {
    /// A file that is to be made.
    pub(super) fn new(lease: &'a Lease<'a>, path: String) -> Self {
        Self {
            lease,
            path,
            opening: None,
            is_left: true,
        }
    }

    /// Makes the file. This goes on when it is dropped: nobody would close a file whose opening
    /// was not waited for.
    pub(super) async fn open(&mut self) -> Result<FileWriter, smb2::Error> {
        let tree = Arc::clone(&self.lease.tree);
        let connection = self.lease.connection.clone();
        let path = self.path.clone();
        let opening = self.opening.insert(tokio::spawn(async move {
            tree.create_file_writer_exclusive(connection, &path).await
        }));
        let opened = opening.await;
        self.opening = None;
        opened.unwrap_or(Err(smb2::Error::Cancelled))
    }

    /// It has its name now.
    pub(super) fn finish(mut self) {
        self.is_left = false;
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if !self.is_left || self.lease.connection.is_disconnected() {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        // Somebody removes all of them.
        let Ok(cleaning) = Arc::clone(&self.lease.cleaning).try_read_owned() else {
            return;
        };
        let opening = self.opening.take();
        let tree = Arc::clone(&self.lease.tree);
        let mut connection = self.lease.connection.clone();
        let path = std::mem::take(&mut self.path);
        runtime.spawn(async move {
            if let Some(opening) = opening {
                // Dropping the writer closes the file.
                drop(opening.await);
            }
            // It may not have been made.
            remove(&tree, &mut connection, &path).await.ok();
            drop(cleaning);
        });
    }
}

/// Removes an unfinished file, and says whether there was one. The server may still have to hear
/// that nobody writes it any more.
pub(super) async fn remove(
    tree: &Tree,
    connection: &mut Connection,
    path: &str,
) -> Result<bool, smb2::Error> {
    let mut waits = 0;
    loop {
        match tree.delete_file(connection, path).await {
            Err(error) if status::is_missing(&error) => return Ok(false),
            Err(error) if status::is_in_use(&error) && waits < MOST_WAITS => {
                waits += 1;
                tokio::time::sleep(WAIT).await;
            }
            removed => return removed.map(|()| true),
        }
    }
}
