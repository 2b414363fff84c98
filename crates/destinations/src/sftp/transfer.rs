//! Reading and writing files, with many requests on their way at once: over a line with a long
//! way, a request that waits for the answer to the one before uses a fraction of it.

use super::session::Session;
use crate::{Content, Failure, FailureCode, Operation};
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use russh_sftp::client::error::Error as SftpError;
use russh_sftp::protocol::StatusCode;
use std::ops::Range;

/// Requests on their way: with 32 KiB each they fill the window that OpenSSH grants.
const IN_FLIGHT: usize = 64;
/// A size that a server told is believed this far before the bytes are there.
const BELIEVED_BYTES: u64 = 32 * 1024 * 1024;

impl Session {
    /// Writes a file's content; no further than [`IN_FLIGHT`] ahead of the server.
    pub(super) async fn upload(&self, handle: &str, content: &Content) -> Result<(), Failure> {
        let cursor = content.cursor(self.piece_bytes as usize);
        let pieces = stream::unfold((cursor, 0_u64), |(mut cursor, offset)| async move {
            let piece = cursor.next().await?;
            let next = offset + piece.len() as u64;
            Some(((offset, piece), (cursor, next)))
        });
        pieces
            .map(|(offset, piece)| {
                let write = self.raw.write(handle, offset, piece.to_vec());
                self.ask(Operation::Write, write)
            })
            .buffer_unordered(IN_FLIGHT)
            .try_for_each(|_| async { Ok(()) })
            .await
    }

    /// Reads a range that must be there.
    pub(super) async fn download(&self, handle: &str, range: Range<u64>) -> Result<Bytes, Failure> {
        let length = range.end.saturating_sub(range.start);
        let capacity = usize::try_from(length.min(BELIEVED_BYTES)).unwrap_or(0);
        let step = u64::from(self.piece_bytes);
        let pieces = stream::iter((0..length.div_ceil(step)).map(|number| {
            let start = range.start + number * step;
            self.download_piece(handle, start..range.end.min(start + step))
        }));
        let bytes = pieces
            .buffered(IN_FLIGHT)
            .try_fold(
                BytesMut::with_capacity(capacity),
                |mut bytes, piece| async move {
                    bytes.extend_from_slice(&piece);
                    Ok(bytes)
                },
            )
            .await?;
        Ok(bytes.freeze())
    }

    /// Servers may answer with less than was asked for.
    async fn download_piece(&self, handle: &str, range: Range<u64>) -> Result<Vec<u8>, Failure> {
        let mut piece = Vec::new();
        loop {
            let start = range.start + piece.len() as u64;
            if start >= range.end {
                return Ok(piece);
            }
            let wanted = u32::try_from(range.end - start).unwrap_or(u32::MAX);
            let read = self.raw.read(handle, start, wanted);
            let data = self.ask(Operation::Read, read).await?.data;
            if data.is_empty() || data.len() > wanted as usize {
                return Err(Failure::new(Operation::Read, FailureCode::Protocol));
            }
            if piece.is_empty() {
                piece = data;
            } else {
                piece.extend_from_slice(&data);
            }
        }
    }

    /// Makes sure that the content survives a power cut, as far as the server can do that.
    pub(super) async fn sync(&self, handle: &str) -> Result<(), Failure> {
        if !self.can.sync {
            return Ok(());
        }
        let answer = async {
            match self.raw.fsync(handle).await {
                Err(SftpError::Status(status))
                    if status.status_code == StatusCode::OpUnsupported =>
                {
                    Ok(())
                }
                result => result.map(drop),
            }
        };
        self.ask(Operation::Write, answer).await
    }
}
