//! Writing the content of files.

use super::{pieces::Pieces, place::Place};
use crate::progress::Meter;
use rustic_core::{BlobId, repofile::Node};
use std::{
    fs::{self, File},
    io::{self, Seek as _, SeekFrom, Write as _},
    path::Path,
};
use tokio_util::sync::CancellationToken;

/// Runs of zeros of this length are left out of a file, as holes.
const HOLE_BYTES: usize = 4096;

pub(super) struct Worker<'a> {
    pub(super) pieces: &'a Pieces<'a>,
    pub(super) place: &'a Place,
    pub(super) meter: &'a Meter,
    pub(super) cancellation: &'a CancellationToken,
}

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was written, with this many bytes.
    Written(u64),
    /// It existed.
    Kept,
}

impl Worker<'_> {
    pub(super) fn write(&self, path: &Path, node: &Node) -> io::Result<Outcome> {
        if self.cancellation.is_cancelled() {
            return Ok(Outcome::Kept);
        }
        if self.place.keeps(path)? {
            self.meter.add_bytes(node.meta.size);
            return Ok(Outcome::Kept);
        }
        if !node.is_file() {
            self.place.make_special(path, node)?;
            return Ok(Outcome::Written(0));
        }
        self.meter.file(path);
        let (mut file, unfinished) = self.place.begin(path)?;
        let written = self.copy(node, &mut file).and_then(|bytes| {
            self.place
                .finish(file, &unfinished, path, node)
                .map(|()| bytes)
        });
        if written.is_err() {
            fs::remove_file(&unfinished).ok();
        }
        written.map(Outcome::Written)
    }

    fn copy(&self, node: &Node, file: &mut File) -> io::Result<u64> {
        let mut length = 0;
        for id in node.content.iter().flatten() {
            if self.cancellation.is_cancelled() {
                return Err(io::Error::other("cancelled"));
            }
            let piece = self
                .pieces
                .piece(&BlobId::from(*id))
                .map_err(|error| io::Error::other(error.chain()))?;
            write_with_holes(file, &piece)?;
            length += piece.len() as u64;
            self.meter.add_bytes(piece.len() as u64);
        }
        file.set_len(length)?;
        Ok(length)
    }
}

fn write_with_holes(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    let is_hole = |chunk: &[u8]| chunk.len() == HOLE_BYTES && chunk.iter().all(|byte| *byte == 0);
    let mut rest = bytes;
    while !rest.is_empty() {
        let (kind, length) = stretch(rest, is_hole);
        let (stretch, others) = rest.split_at(length);
        if kind {
            file.seek(SeekFrom::Current(i64::try_from(length).unwrap_or(i64::MAX)))?;
        } else {
            file.write_all(stretch)?;
        }
        rest = others;
    }
    Ok(())
}

/// How far the bytes go on as holes, or as data.
fn stretch(bytes: &[u8], is_hole: impl Fn(&[u8]) -> bool) -> (bool, usize) {
    let mut chunks = bytes.chunks(HOLE_BYTES);
    let first = chunks.next().unwrap_or_default();
    let kind = is_hole(first);
    let length = chunks
        .take_while(|chunk| is_hole(chunk) == kind)
        .map(<[u8]>::len)
        .sum::<usize>();
    (kind, first.len() + length)
}
