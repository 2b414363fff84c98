//! The gateway over real TLS on the loopback interface, with a real application.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail by panic"
)]

mod bad_input;
mod check_in;
mod hostile;
mod maintenance;
mod matrix;
mod noise;
mod registration;
mod rotation;
mod support;
mod tasks;
mod trust;
