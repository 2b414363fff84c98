//! The engine against real destinations, with stock restic as the judge.

mod runs;
mod scene;
