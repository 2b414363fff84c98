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
    is_ended: bool,
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
            is_ended: false,
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
                    self.is_ended = true;
                    return Ok(0);
                }
                Ok(Err(error)) => return Err(error),
                Err(_) if self.is_ended => return Ok(0),
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

#[cfg(test)]
mod tests {
    use super::{Ahead, BLOCK_BYTES, End};
    use sha2::{Digest as _, Sha256};
    use std::{
        fs::{self, File},
        io::{self, Read as _, Write as _},
    };
    use tempfile::NamedTempFile;
    use tokio_util::sync::CancellationToken;

    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|place| (place % 251) as u8).collect()
    }

    fn file(bytes: &[u8]) -> NamedTempFile {
        let file = NamedTempFile::new().unwrap();
        fs::write(file.path(), bytes).unwrap();
        file
    }

    /// Reads to the end, this many bytes at a time.
    fn read(ahead: &mut Ahead, at_a_time: usize) -> io::Result<(Vec<u8>, End)> {
        let mut all = Vec::new();
        let mut buffer = vec![0; at_a_time];
        loop {
            let read = ahead.read(&mut buffer)?;
            if read == 0 {
                return Ok((all, ahead.take_end().unwrap()));
            }
            all.extend_from_slice(&buffer[..read]);
        }
    }

    #[test]
    fn everything_comes_in_its_order_with_its_hash() {
        for length in [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, 5 * BLOCK_BYTES + 7] {
            for at_a_time in [4096, 100_003, 2 * BLOCK_BYTES] {
                let bytes = bytes(length);
                let file = File::open(file(&bytes).path()).unwrap();
                let mut ahead = Ahead::begin(file, CancellationToken::new()).unwrap();
                let (all, end) = read(&mut ahead, at_a_time).unwrap();
                assert!(all == bytes, "{length} bytes, {at_a_time} at a time");
                assert_eq!(end.bytes, length as u64);
                assert_eq!(end.sha256, <[u8; 32]>::from(Sha256::digest(&bytes)));
                assert_eq!(end.after.unwrap().len(), length as u64);
                // It stays at its end.
                assert_eq!(ahead.read(&mut [0; 10]).unwrap(), 0);
            }
        }
    }

    #[test]
    fn what_a_file_grows_by_while_it_is_read_is_seen_afterwards() {
        let file = file(&bytes(10 * BLOCK_BYTES));
        let opened = File::open(file.path()).unwrap();
        let mut ahead = Ahead::begin(opened, CancellationToken::new()).unwrap();
        ahead.read_exact(&mut [0; 10]).unwrap();
        // The reading waits until somebody takes what is ready, and finds it.
        let mut appended = File::options().append(true).open(file.path()).unwrap();
        appended.write_all(b"more").unwrap();
        let (rest, end) = read(&mut ahead, 65_536).unwrap();
        assert_eq!(rest.len(), 10 * BLOCK_BYTES - 10 + 4);
        assert_eq!(end.after.unwrap().len(), 10 * BLOCK_BYTES as u64 + 4);
    }

    #[test]
    fn a_failure_is_told() {
        let file = file(&bytes(100));
        let unreadable = File::options().write(true).open(file.path()).unwrap();
        let mut ahead = Ahead::begin(unreadable, CancellationToken::new()).unwrap();
        ahead.read(&mut [0; 10]).unwrap_err();
    }

    #[test]
    fn nothing_comes_once_it_was_cancelled() {
        let cancellation = CancellationToken::new();
        let file = file(&bytes(100 * BLOCK_BYTES));
        let opened = File::open(file.path()).unwrap();
        let mut ahead = Ahead::begin(opened, cancellation.clone()).unwrap();
        cancellation.cancel();
        read(&mut ahead, 65_536).err().unwrap();
    }
}
