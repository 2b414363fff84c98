//! What time it is.

use jiff::Timestamp;
use std::fmt::Debug;

/// Tells the time, so that tests can.
pub trait Clock: Send + Sync + Debug {
    /// The instant.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place of this crate that asks the machine for the time"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The same instant for the library for the format, which has another version of its crate.
pub(crate) fn for_library(instant: Timestamp) -> rustic_core::jiff::Timestamp {
    rustic_core::jiff::Timestamp::from_nanosecond(instant.as_nanosecond()).unwrap_or_default()
}

/// An instant of the library for the format.
pub(crate) fn from_library(instant: rustic_core::jiff::Timestamp) -> Timestamp {
    Timestamp::from_nanosecond(instant.as_nanosecond()).unwrap_or_default()
}
