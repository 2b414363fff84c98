//! Reading ahead in packs.
//!
//! A snapshot's files are asked for in the order in which they were written, piece by piece. At a
//! distant destination each request costs a round trip, so a pack that is read from front to back
//! is read in stretches that become longer, and what was read lies here until it is asked for.

use crate::error::Result;
use bytes::Bytes;
use rustic_core::Id;
use std::{
    collections::{HashMap, VecDeque},
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What lies here at most, in bytes.
const KEPT_BYTES: u64 = 32 * 1024 * 1024;
/// The first stretch that is longer than what was asked for.
const FIRST_STRETCH: u64 = 256 * 1024;
const LONGEST_STRETCH: u64 = 4 * 1024 * 1024;
/// Several readers take turns, so a piece may be asked for a little later than its neighbours.
const NEAR: u64 = 1024 * 1024;

/// The parts of packs that were read last.
#[derive(Default)]
pub(super) struct ReadAhead {
    kept: Mutex<VecDeque<Stretch>>,
    courses: Mutex<HashMap<Id, Arc<Mutex<Course>>>>,
}

/// A part of a pack.
struct Stretch {
    pack: Id,
    start: u64,
    bytes: Bytes,
}

/// How a pack is being read.
#[derive(Debug, Default)]
struct Course {
    /// Where the last stretch ended.
    end: u64,
    /// How long the next one is.
    next: u64,
    pack_bytes: Option<u64>,
}

/// A pack, as it is asked for.
pub(super) trait Pack {
    /// Its size, if it is there.
    fn size(&self) -> Result<Option<u64>>;
    /// Some of its bytes.
    fn read(&self, range: Range<u64>) -> Result<Bytes>;
}

impl ReadAhead {
    /// The bytes of a range, which may have been read before.
    pub(super) fn read(&self, id: &Id, range: Range<u64>, pack: &impl Pack) -> Result<Bytes> {
        if let Some(bytes) = self.find(id, &range) {
            return Ok(bytes);
        }
        let course = Arc::clone(lock(&self.courses).entry(*id).or_default());
        // Who asks for the same pack meanwhile waits, and finds what is read here.
        let mut course = lock(&course);
        if let Some(bytes) = self.find(id, &range) {
            return Ok(bytes);
        }
        let stretch = course.stretch(&range, || pack.size())?;
        let bytes = pack.read(range.start..stretch)?;
        let wanted = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        // The destination's answer is as long as the range, or it is an error.
        let answer = bytes.slice(..wanted.min(bytes.len()));
        if stretch > range.end {
            self.keep(Stretch {
                pack: *id,
                start: range.start,
                bytes,
            });
        }
        Ok(answer)
    }

    fn find(&self, id: &Id, range: &Range<u64>) -> Option<Bytes> {
        let kept = lock(&self.kept);
        kept.iter().rev().find_map(|stretch| {
            if stretch.pack != *id || range.start < stretch.start {
                return None;
            }
            let start = usize::try_from(range.start - stretch.start).ok()?;
            let end = usize::try_from(range.end - stretch.start).ok()?;
            (end <= stretch.bytes.len()).then(|| stretch.bytes.slice(start..end))
        })
    }

    /// Keeps a stretch, and lets go of the oldest. How a pack is being read is forgotten with its
    /// last stretch.
    fn keep(&self, stretch: Stretch) {
        let mut kept = lock(&self.kept);
        kept.push_back(stretch);
        let mut bytes: u64 = kept.iter().map(|stretch| stretch.bytes.len() as u64).sum();
        while bytes > KEPT_BYTES
            && let Some(oldest) = kept.pop_front()
        {
            bytes -= oldest.bytes.len() as u64;
            if kept.iter().all(|stretch| stretch.pack != oldest.pack) {
                lock(&self.courses).remove(&oldest.pack);
            }
        }
    }
}

impl Course {
    /// Where a stretch ends that begins with the range.
    fn stretch(
        &mut self,
        range: &Range<u64>,
        size: impl FnOnce() -> Result<Option<u64>>,
    ) -> Result<u64> {
        let is_near =
            self.next > 0 && range.start + NEAR >= self.end && range.start <= self.end + NEAR;
        if !is_near {
            self.next = FIRST_STRETCH;
            self.end = range.end;
            return Ok(range.end);
        }
        if self.pack_bytes.is_none() {
            self.pack_bytes = size()?;
        }
        let end = (range.start + self.next).min(self.pack_bytes.unwrap_or(0));
        self.next = (self.next * 4).min(LONGEST_STRETCH);
        self.end = end.max(range.end);
        Ok(self.end)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{KEPT_BYTES, LONGEST_STRETCH, Pack, ReadAhead};
    use crate::error::{BackupError, Result};
    use bytes::Bytes;
    use rustic_core::Id;
    use std::{cell::RefCell, ops::Range};

    /// A pack in memory that notes what it is asked for.
    struct Noted {
        bytes: Bytes,
        asked: RefCell<Vec<Range<u64>>>,
    }

    impl Noted {
        fn new(length: usize) -> Self {
            let bytes: Vec<u8> = (0..length).map(|place| (place % 251) as u8).collect();
            Self {
                bytes: bytes.into(),
                asked: RefCell::default(),
            }
        }

        fn part(&self, range: &Range<u64>) -> Bytes {
            self.bytes.slice(range.start as usize..range.end as usize)
        }
    }

    impl Pack for Noted {
        fn size(&self) -> Result<Option<u64>> {
            Ok(Some(self.bytes.len() as u64))
        }

        fn read(&self, range: Range<u64>) -> Result<Bytes> {
            self.asked.borrow_mut().push(range.clone());
            if range.end > self.bytes.len() as u64 {
                return Err(BackupError::Cancelled);
            }
            Ok(self.part(&range))
        }
    }

    fn pieces(length: u64, piece: u64) -> impl Iterator<Item = Range<u64>> {
        (0..length.div_ceil(piece)).map(move |n| n * piece..((n + 1) * piece).min(length))
    }

    #[test]
    fn a_pack_read_from_front_to_back_takes_few_requests_and_gives_its_bytes() {
        let pack = Noted::new(16 * 1024 * 1024 + 7);
        let ahead = ReadAhead::default();
        for range in pieces(pack.bytes.len() as u64, 10_000) {
            let read = ahead.read(&Id::default(), range.clone(), &pack).unwrap();
            assert_eq!(read, pack.part(&range));
        }
        let asked = pack.asked.borrow();
        assert!(asked.len() < 12, "{} requests", asked.len());
        assert!(
            asked
                .iter()
                .all(|range| range.end - range.start <= LONGEST_STRETCH)
        );
    }

    #[test]
    fn a_piece_here_and_there_is_read_alone() {
        let pack = Noted::new(16 * 1024 * 1024);
        let ahead = ReadAhead::default();
        for start in [9_000_000, 100, 14_000_000, 5_000_000] {
            ahead
                .read(&Id::default(), start..start + 500, &pack)
                .unwrap();
        }
        let asked = pack.asked.borrow();
        assert!(asked.iter().all(|range| range.end - range.start == 500));
    }

    #[test]
    fn a_piece_longer_than_any_stretch_is_read_at_once() {
        let pack = Noted::new(16 * 1024 * 1024);
        let ahead = ReadAhead::default();
        for range in pieces(16 * 1024 * 1024, 8 * 1024 * 1024) {
            let read = ahead.read(&Id::default(), range.clone(), &pack).unwrap();
            assert_eq!(read, pack.part(&range));
        }
        assert_eq!(pack.asked.borrow().len(), 2);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let ahead = ReadAhead::default();
        for number in 0..20_u8 {
            let pack = Noted::new(8 * 1024 * 1024);
            let id = Id::new([number; 32]);
            for range in pieces(8 * 1024 * 1024, 100_000) {
                ahead.read(&id, range, &pack).unwrap();
            }
        }
        let bytes: usize = ahead
            .kept
            .lock()
            .unwrap()
            .iter()
            .map(|one| one.bytes.len())
            .sum();
        assert!(bytes as u64 <= KEPT_BYTES);
        assert!(ahead.courses.lock().unwrap().len() < 10);
    }

    #[test]
    fn a_failure_is_told_and_the_next_request_asks_again() {
        let short = Noted::new(1_000);
        let ahead = ReadAhead::default();
        assert!(ahead.read(&Id::default(), 900..1_100, &short).is_err());
        assert!(ahead.read(&Id::default(), 900..1_000, &short).is_ok());
    }
}
