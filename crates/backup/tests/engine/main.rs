//! The engine against real destinations, with stock restic as the judge.

mod faults;
mod locks;
mod prunes;
mod restores;
mod runs;
mod scene;
mod sets;
mod test_restores;
mod verifications;
