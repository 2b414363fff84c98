//! The engine against a scripted gateway over real mutual TLS, with a scripted machine.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what surprises a test is to end it"
)]

mod authority;
mod certificates;
mod count_downs;
mod delivery;
mod faults;
mod gateway;
mod harness;
mod kill;
mod machine;
mod maintenance;
mod needs;
mod restarts;
mod settings;
mod trust;
