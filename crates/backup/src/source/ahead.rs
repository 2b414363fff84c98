//! Reading and hashing a large file while the library cuts what was read before.

use super::reader::Hashed;
use std::{
    fs::{File, Metadata},
    io::{self, Read},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};
use tokio_util::sync::CancellationToken;

/// Below this size a thread is not worth its while.
pub(super) const LARGE_BYTES: u64 = 8 * 1024 * 1024;
const BLOCK_BYTES: usize = 512 * 1024;
/// Blocks that lie ready.
const READY: usize = 2;

/// A file that a thread of its own reads.
pub(super) struct Ahead {
    blocks: Receiver<io::Result<Block>>,
    block: Vec<u8>,
    place: usize,
    end: Option<End>,
}

enum Block {
    Bytes(Vec<u8>),
    End(Box<End>),
}

/// What is known when a file has been read to its end.
pub(super) struct End {
    pub(super) bytes: u64,
    pub(super) sha256: [u8; 32],
    /// How the file is afterwards.
    pub(super) after: io::Result<Metadata>,
}

impl Ahead {
    pub(super) fn begin(file: File, cancellation: CancellationToken) -> io::Result<Self> {
        let (sender, blocks) = sync_channel(READY);
        thread::Builder::new()
            .name("read-ahead".to_owned())
            .spawn(move || read_blocks(file, &cancellation, &sender))?;
        Ok(Self {
            blocks,
            block: Vec::new(),
            place: 0,
            end: None,
        })
    }

    /// What is known at the end, once it was reached.
    pub(super) fn take_end(&mut self) -> Option<End> {
        self.end.take()
    }
}

impl Read for Ahead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.place == self.block.len() {
            match self.blocks.recv() {
                Ok(Ok(Block::Bytes(block))) => {
                    self.block = block;
                    self.place = 0;
                }
                Ok(Ok(Block::End(end))) => {
                    self.end = Some(*end);
                    return Ok(0);
                }
                Ok(Err(error)) => return Err(error),
                // It was read to its end, or its reader is gone.
                Err(_) if self.end.is_some() => return Ok(0),
                Err(_) => return Err(io::Error::other("the file is read no further")),
            }
        }
        let ready = self.block.get(self.place..).unwrap_or_default();
        let length = ready.len().min(buffer.len());
        let (taken, ready) = (buffer.get_mut(..length), ready.get(..length));
        if let (Some(taken), Some(ready)) = (taken, ready) {
            taken.copy_from_slice(ready);
        }
        self.place += length;
        Ok(length)
    }
}

/// Reads until the end, or until nobody wants more.
fn read_blocks(
    file: File,
    cancellation: &CancellationToken,
    sender: &SyncSender<io::Result<Block>>,
) {
    let mut file = Hashed::new(file);
    while !cancellation.is_cancelled() {
        let block = match read_block(&mut file) {
            Ok(block) if block.is_empty() => break,
            Ok(block) => Ok(Block::Bytes(block)),
            Err(error) => Err(error),
        };
        let has_failed = block.is_err();
        if sender.send(block).is_err() || has_failed {
            return;
        }
    }
    if cancellation.is_cancelled() {
        return;
    }
    let after = file.reader.metadata();
    let (bytes, sha256) = file.finish();
    let end = End {
        bytes,
        sha256,
        after,
    };
    sender.send(Ok(Block::End(Box::new(end)))).ok();
}

fn read_block(file: &mut Hashed<File>) -> io::Result<Vec<u8>> {
    let mut block = Vec::with_capacity(BLOCK_BYTES);
    file.take(BLOCK_BYTES as u64).read_to_end(&mut block)?;
    Ok(block)
}
