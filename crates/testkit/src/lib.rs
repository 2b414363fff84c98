//! For tests and measurements only: real databases of both kinds, a clock that stands still, randomness that repeats,
//! and an application with people and devices.
//!
//! Nothing here stands in for a part of the product.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should fail at once"
)]

mod clock;
mod database;
mod mailer;
mod office;

pub use clock::{CountingRandomness, TestClock, test_start};
pub use database::{Database, EmptyDatabase};
pub use mailer::{TestMailer, link_in};
pub use office::{Office, OfficeOptions, TestMasterKey, TestTokenFormat, facts, offered, settings};
