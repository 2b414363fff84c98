//! The real clock and the real randomness. Nothing else in the agent has one.

use jiff::Timestamp;
use latarnik_model::{Clock, IdSource};

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the agent reads a clock"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandomness;

impl IdSource for SystemRandomness {
    fn random_bytes(&self) -> [u8; 10] {
        let mut bytes = [0; 10];
        // It only spreads waits: without randomness the agent is less polite, not less safe.
        let _ = getrandom::fill(&mut bytes);
        bytes
    }
}
