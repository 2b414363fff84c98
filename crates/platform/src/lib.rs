//! The operating system behind the agent's ports: one facade file a capability, and behind it one
//! implementation for Linux and one for Windows.
//!
//! Invariants: no other crate of the product contains `unsafe` or asks which system it is compiled
//! for; every external program is run by [`process`]; nothing here decides *whether* something may
//! be done, only *how*. Calls block. What this crate does not do: talk to the server, keep state
//! between runs of the agent (but for what must vanish with the next start of the machine), read
//! titles to understand an update.

#![expect(
    unsafe_code,
    reason = "Win32, COM and bare calls of Linux are made here and nowhere else in the product"
)]

#[cfg(windows)]
mod com;
#[cfg(windows)]
mod descriptor;
pub mod file_properties;
mod machine;
mod machine_state;
pub mod paths;
pub mod people;
mod power;
pub mod private_folder;
pub mod privileges;
pub mod process;
pub mod program;
mod readiness;
pub mod service;
pub mod shadow_copies;
#[cfg(windows)]
mod since_boot;
mod steady_clock;
mod updates;

pub use machine::Machine;
