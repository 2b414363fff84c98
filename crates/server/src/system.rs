//! The real clock and real randomness: the only place on the server that asks the system for them.

use jiff::Timestamp;
use latarnik_app::Randomness;
use latarnik_model::Clock;

/// The system's clock.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that all others take"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The system's randomness.
pub(crate) struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the system always has randomness after its start");
    }
}
