//! What is written into a file.

use crate::{Bandwidth, patient::Watch};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::{
    io::{self, Read},
    ops::Range,
    sync::Arc,
};

const COMPARED_BYTES: usize = 256 * 1024;

/// The content of a file, in pieces so that nobody needs to copy them together, and perhaps with
/// a pace at which it may be sent.
#[derive(Debug, Clone, Default)]
pub struct Content {
    pieces: Vec<Bytes>,
    pace: Option<Arc<Bandwidth>>,
    watch: Option<Arc<Watch>>,
}

impl Content {
    /// The length of all pieces in bytes.
    pub fn length(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.len() as u64).sum()
    }

    /// Its SHA-256.
    pub fn sha256(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        for piece in &self.pieces {
            hasher.update(piece);
        }
        hasher.finalize().into()
    }

    /// Whether a reader gives these bytes and no others.
    pub(crate) fn is_read_from(&self, reader: &mut impl Read) -> io::Result<bool> {
        let mut buffer = vec![0; COMPARED_BYTES];
        for piece in &self.pieces {
            for part in piece.chunks(COMPARED_BYTES) {
                let (read, _) = buffer.split_at_mut(part.len());
                match reader.read_exact(read) {
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
                    other => other?,
                }
                if part != read {
                    return Ok(false);
                }
            }
        }
        Ok(reader.read(&mut [0])? == 0)
    }

    /// A part of it, at the same pace. What lies beyond its end is left out; nothing is copied.
    pub fn part(&self, range: Range<u64>) -> Self {
        let mut pieces = Vec::new();
        let mut start = 0;
        for piece in &self.pieces {
            let end = start + piece.len() as u64;
            let (from, to) = (range.start.max(start), range.end.min(end));
            if from < to {
                let place = |byte: u64| usize::try_from(byte - start).unwrap_or(piece.len());
                pieces.push(piece.slice(place(from)..place(to)));
            }
            start = end;
        }
        Self {
            pieces,
            ..self.clone()
        }
    }

    /// Lets it be sent no faster than this.
    #[must_use]
    pub fn paced(mut self, bandwidth: Arc<Bandwidth>) -> Self {
        self.pace = Some(bandwidth);
        self
    }

    /// Tells how far it was taken.
    pub(crate) fn watched(mut self, watch: Arc<Watch>) -> Self {
        self.watch = Some(watch);
        self
    }

    /// Walks through it in pieces of at most this many bytes, at its pace. Destinations send the
    /// pieces as they come.
    pub fn cursor(&self, largest_piece: usize) -> Cursor {
        Cursor {
            content: self.clone(),
            next_piece: 0,
            rest: Bytes::new(),
            largest_piece: largest_piece.max(1),
        }
    }
}

impl From<Vec<Bytes>> for Content {
    fn from(pieces: Vec<Bytes>) -> Self {
        Self {
            pieces,
            ..Self::default()
        }
    }
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        Self::from(vec![bytes])
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(Bytes::from(bytes))
    }
}

/// A walk through a [`Content`].
#[derive(Debug)]
pub struct Cursor {
    content: Content,
    next_piece: usize,
    rest: Bytes,
    largest_piece: usize,
}

impl Cursor {
    /// The next piece, as soon as the pace allows it; never an empty one.
    pub async fn next(&mut self) -> Option<Bytes> {
        while self.rest.is_empty() {
            self.rest = self.content.pieces.get(self.next_piece)?.clone();
            self.next_piece += 1;
        }
        let piece = self.rest.split_to(self.rest.len().min(self.largest_piece));
        let watch = self.content.watch.as_deref();
        if let Some(pace) = &self.content.pace {
            let _waiting = watch.map(Watch::wait);
            pace.take(piece.len() as u64).await;
        } else if let Some(watch) = watch {
            watch.go_on();
        }
        Some(piece)
    }
}

#[cfg(test)]
mod tests {
    use super::Content;
    use bytes::Bytes;

    #[tokio::test]
    async fn the_pieces_of_a_walk_make_the_content() {
        let content = Content::from(vec![
            Bytes::from_static(b"abcde"),
            Bytes::new(),
            Bytes::from_static(b"fg"),
        ]);
        assert_eq!(content.length(), 7);
        let mut cursor = content.cursor(2);
        let mut pieces = Vec::new();
        while let Some(piece) = cursor.next().await {
            pieces.push(piece);
        }
        assert_eq!(pieces, ["ab", "cd", "e", "fg"]);
        assert_eq!(content.sha256(), Content::from(pieces).sha256());
    }

    #[test]
    fn what_is_read_is_compared_to_its_last_byte() {
        let content = Content::from(vec![
            Bytes::from(vec![7; super::COMPARED_BYTES + 3]),
            Bytes::from_static(b"end"),
        ]);
        let whole = [vec![7; super::COMPARED_BYTES + 3], b"end".to_vec()].concat();
        let is_read_from = |bytes: &[u8]| content.is_read_from(&mut &*bytes).unwrap();
        assert!(is_read_from(&whole));
        assert!(!is_read_from(&whole[..whole.len() - 1]));
        assert!(!is_read_from(&[&whole[..], b"!"].concat()));
        let mut other = whole;
        *other.last_mut().unwrap() ^= 1;
        assert!(!is_read_from(&other));
    }

    #[test]
    fn parts_make_the_whole() {
        let content = Content::from(vec![
            Bytes::from_static(b"abcde"),
            Bytes::new(),
            Bytes::from_static(b"fg"),
        ]);
        let text = |range| {
            let part = content.part(range);
            part.pieces.concat()
        };
        assert_eq!(text(0..3), b"abc");
        assert_eq!(text(3..6), b"def");
        assert_eq!(text(6..9), b"g");
        assert_eq!(text(7..9), b"");
        assert_eq!(text(5..5), b"");
    }
}
