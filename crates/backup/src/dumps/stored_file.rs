//! A dump that had to be stored before it could be read.

use super::{
    DumpContext,
    failure::{DumpFailure, DumpFailureCode},
};
use std::{
    fs::File,
    io::{self, Read},
};
use tokio_util::sync::CancellationToken;

/// Reads a file and removes it, with whatever belongs to it, when it is dropped.
pub(super) struct StoredFile<G> {
    // Closed before it is removed.
    file: File,
    left: u64,
    cancellation: CancellationToken,
    _guard: G,
}

impl<G> StoredFile<G> {
    pub(super) fn new(file: File, guard: G, context: &DumpContext) -> io::Result<Self> {
        Ok(Self {
            left: file.metadata()?.len(),
            file,
            cancellation: context.cancellation.clone(),
            _guard: guard,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.left == 0
    }
}

impl<G> Read for StoredFile<G> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancellation.is_cancelled() {
            return Err(DumpFailure::new(DumpFailureCode::Cancelled).into());
        }
        let read = match self.file.read(buffer) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                return Err(DumpFailure::of_file(error).into());
            }
            other => other?,
        };
        self.left = self.left.saturating_sub(read as u64);
        if read == 0 && !buffer.is_empty() && self.left > 0 {
            return Err(DumpFailure::new(DumpFailureCode::Truncated).into());
        }
        Ok(read)
    }
}
