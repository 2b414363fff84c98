//! Rabin fingerprints, which say where files are cut into pieces.
//!
//! `rustic_core` makes a fingerprint for every file. It gets them from the crate `rustic_cdc` on
//! crates.io, in whose place this one stands (`[patch.crates-io]`), with those parts of its
//! interface that `rustic_core` uses. One thing is different: the tables of a polynomial are made
//! once, not for every file, which took a fifth of the time of a first backup.
//!
//! What is computed is laid down by restic: <https://restic.net/blog/2015-09-12/restic-foundation1-cdc/>.
//! See `docs/adr/0004-two-crates-below-rustic-core.md`.

mod polynom;
mod rabin;

pub use polynom::{Polynom, Polynom64};
pub use rabin::{Rabin64, RollingHash64};
