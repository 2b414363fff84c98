//! Agents' engines against the gateway of a real application.
#![expect(clippy::unwrap_used, reason = "what surprises a test is to end it")]

mod agent;
mod machine;
mod removal;
mod rotation;
mod server;
mod windows;
