//! The engine against real destinations, with stock restic as the judge.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a story that cannot be set up should fail at once; some tell how long things took"
)]

mod cancellations;
mod damages;
mod distant;
mod everywhere;
mod faults;
mod flaky;
mod generations;
mod interop;
mod keys;
mod locks;
mod properties;
mod prunes;
mod ready_made;
mod restores;
mod runs;
mod scene;
mod sets;
mod shadow_copies;
mod test_restores;
mod troubled;
mod verifications;
