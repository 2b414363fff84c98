//! Whether what a program wrote is whole.

use super::failure::DumpFailureCode;

/// So much of the end is kept. Some versions write more behind their last line.
const KEPT_BYTES: usize = 4096;

/// What must be there at the end of a dump, whatever the exit code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// Nothing at all is fine too.
    Anything,
    /// At least one byte.
    NotEmpty,
    /// A line at the beginning.
    Opening(&'static str),
    /// A line near the end.
    Trailer(&'static str),
}

/// Sees the dump pass by.
#[derive(Debug)]
pub(super) struct Watcher {
    ending: Ending,
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl Watcher {
    pub(super) fn new(ending: Ending) -> Self {
        Self {
            ending,
            head: Vec::new(),
            tail: Vec::new(),
        }
    }

    pub(super) fn see(&mut self, bytes: &[u8]) {
        let room = KEPT_BYTES.saturating_sub(self.head.len());
        self.head.extend(bytes.iter().take(room));
        let from = bytes.len().saturating_sub(KEPT_BYTES);
        self.tail
            .extend_from_slice(bytes.get(from..).unwrap_or_default());
        let excess = self.tail.len().saturating_sub(KEPT_BYTES);
        self.tail.drain(..excess);
    }

    pub(super) fn judge(&self) -> Result<(), DumpFailureCode> {
        if self.ending == Ending::Anything {
            return Ok(());
        }
        if self.head.is_empty() {
            return Err(DumpFailureCode::Empty);
        }
        let is_whole = match self.ending {
            Ending::Anything | Ending::NotEmpty => true,
            Ending::Opening(text) => self.head.starts_with(text.as_bytes()),
            Ending::Trailer(text) => contains(&self.tail, text.as_bytes()),
        };
        match is_whole {
            true => Ok(()),
            false => Err(DumpFailureCode::Truncated),
        }
    }
}

fn contains(text: &[u8], wanted: &[u8]) -> bool {
    text.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(ending: Ending, pieces: &[&str]) -> Result<(), DumpFailureCode> {
        let mut watcher = Watcher::new(ending);
        for piece in pieces {
            watcher.see(piece.as_bytes());
        }
        watcher.judge()
    }

    #[test]
    fn a_trailer_is_found_across_pieces_and_before_a_little_more() {
        let ending = Ending::Trailer("-- complete");
        assert_eq!(judge(ending, &["data\n-- com", "plete\n\n"]), Ok(()));
        assert_eq!(
            judge(ending, &["-- complete\n", "\\unrestrict x\n"]),
            Ok(())
        );
    }

    #[test]
    fn a_trailer_in_the_middle_is_none() {
        let rest = "x".repeat(KEPT_BYTES);
        let judged = judge(Ending::Trailer("-- complete"), &["-- complete\n", &rest]);
        assert_eq!(judged, Err(DumpFailureCode::Truncated));
    }

    #[test]
    fn nothing_is_something_only_where_it_may_be() {
        assert_eq!(judge(Ending::Anything, &[]), Ok(()));
        assert_eq!(judge(Ending::NotEmpty, &[]), Err(DumpFailureCode::Empty));
        assert_eq!(judge(Ending::NotEmpty, &["x"]), Ok(()));
        assert_eq!(
            judge(Ending::Trailer("end"), &[]),
            Err(DumpFailureCode::Empty)
        );
    }

    #[test]
    fn an_opening_stands_at_the_beginning() {
        assert_eq!(judge(Ending::Opening("PGDMP"), &["PG", "DMP.."]), Ok(()));
        assert_eq!(
            judge(Ending::Opening("PGDMP"), &["xPGDMP"]),
            Err(DumpFailureCode::Truncated)
        );
    }
}
