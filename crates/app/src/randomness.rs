//! Randomness as a parameter.

use latarnik_model::IdSource;

/// Makes bytes that nobody can guess. The only implementation that asks the operating system lives
/// in the program.
pub trait Randomness: Send + Sync {
    /// Fills the bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// Ids out of [`Randomness`].
pub(crate) struct Ids<'a>(pub(crate) &'a dyn Randomness);

impl IdSource for Ids<'_> {
    fn random_bytes(&self) -> [u8; 10] {
        let mut bytes = [0; 10];
        self.0.fill(&mut bytes);
        bytes
    }
}
