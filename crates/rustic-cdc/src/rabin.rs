//! Fingerprints of the last bytes of a stream.

use crate::{Polynom as _, Polynom64};
use std::sync::{Arc, Mutex, PoisonError};

/// Tables that are kept. A process has to do with few repositories at a time.
const KEPT: usize = 8;

/// A fingerprint of the last bytes of a stream.
pub trait RollingHash64 {
    /// Forgets everything, and takes in as many bytes as come before the window is full.
    fn reset_and_prefill_window<I>(&mut self, bytes: &mut I) -> usize
    where
        I: Iterator<Item = u8>;

    /// Takes in a byte, and lets go of the oldest.
    fn slide(&mut self, byte: u8);
}

/// The fingerprint of Rabin: the bytes of a window as a polynomial, modulo another one.
#[derive(Debug, Clone)]
pub struct Rabin64 {
    /// The fingerprint.
    pub hash: Polynom64,
    tables: Arc<Tables>,
    window: Box<[u8]>,
    /// Where the oldest byte is in the window.
    oldest: usize,
}

/// What depends on the polynomial alone.
#[derive(Debug)]
struct Tables {
    polynom: Polynom64,
    window_bytes: usize,
    /// The fingerprint's bits above this place are the next byte that is reduced.
    shift: u32,
    /// What a byte contributes that leaves the window.
    leaving: [Polynom64; 256],
    /// What reduces a fingerprint with this byte on top.
    reducing: [Polynom64; 256],
}

impl Rabin64 {
    /// A fingerprint of 2^`window_bits` bytes, modulo a polynomial of a degree between 8 and 55.
    #[must_use]
    pub fn new_with_polynom(window_bits: u32, polynom: &Polynom64) -> Self {
        let tables = Tables::of(1 << window_bits, *polynom);
        Self {
            hash: 0,
            window: vec![0; tables.window_bytes].into(),
            oldest: 0,
            tables,
        }
    }
}

impl RollingHash64 for Rabin64 {
    fn reset_and_prefill_window<I>(&mut self, bytes: &mut I) -> usize
    where
        I: Iterator<Item = u8>,
    {
        self.hash = 0;
        self.window.fill(0);
        let before_it_is_full = self.window.len() - 1;
        let mut taken = 0;
        for byte in bytes.take(before_it_is_full) {
            self.slide(byte);
            taken += 1;
        }
        taken
    }

    #[inline]
    fn slide(&mut self, byte: u8) {
        // Its length is a power of two.
        let oldest = self.oldest & (self.window.len() - 1);
        self.oldest = oldest + 1;
        if let Some(place) = self.window.get_mut(oldest) {
            let left = std::mem::replace(place, byte);
            self.hash ^= entry(&self.tables.leaving, left);
        }
        // A fingerprint is smaller than the polynomial, so that one byte is above the shift.
        let top = (self.hash >> self.tables.shift) as u8;
        self.hash = ((self.hash << 8) | Polynom64::from(byte)) ^ entry(&self.tables.reducing, top);
    }
}

#[expect(clippy::indexing_slicing, reason = "every byte has an entry")]
#[inline]
fn entry(table: &[Polynom64; 256], byte: u8) -> Polynom64 {
    table[usize::from(byte)]
}

impl Tables {
    /// Those of a polynomial, which may have been made before.
    fn of(window_bytes: usize, polynom: Polynom64) -> Arc<Self> {
        static MADE: Mutex<Vec<Arc<Tables>>> = Mutex::new(Vec::new());
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        let is_wanted =
            |tables: &&Arc<Self>| tables.polynom == polynom && tables.window_bytes == window_bytes;
        if let Some(tables) = made.iter().find(is_wanted) {
            return Arc::clone(tables);
        }
        let tables = Arc::new(Self::make(window_bytes, polynom));
        if made.len() == KEPT {
            made.remove(0);
        }
        made.push(Arc::clone(&tables));
        tables
    }

    fn make(window_bytes: usize, polynom: Polynom64) -> Self {
        let degree = polynom.degree().unsigned_abs();
        let table = |of: &dyn Fn(u8) -> Polynom64| {
            let mut table = [0; 256];
            for (entry, byte) in table.iter_mut().zip(0..=u8::MAX) {
                *entry = of(byte);
            }
            table
        };
        Self {
            polynom,
            window_bytes,
            shift: degree - 8,
            leaving: table(&|byte| {
                let first = Polynom64::from(byte).modulo(&polynom);
                (1..window_bytes).fold(first, |hash, _| (hash << 8).modulo(&polynom))
            }),
            reducing: table(&|byte| {
                let shifted = Polynom64::from(byte) << degree;
                shifted ^ shifted.modulo(&polynom)
            }),
        }
    }
}
