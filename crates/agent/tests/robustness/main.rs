//! `latarnik-agent backup` under hard conditions: killed, cancelled, with servers of databases that
//! are written to, wrong or gone.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a story that cannot be set up should fail at once; some tell how long things took"
)]

mod cancellations;
mod databases;
mod priorities;
mod restores;
mod scene;
