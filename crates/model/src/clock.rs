//! Time as a parameter.

use jiff::Timestamp;

/// Tells the time. The only implementations that read a real clock live in the programs.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}
