//! `latarnik-agent backup` under hard conditions: killed, cancelled, with servers of databases that
//! are written to, wrong or gone.
#![expect(
    clippy::unwrap_used,
    reason = "a story that cannot be set up should fail at once"
)]

mod cancellations;
mod databases;
mod priorities;
mod restores;
mod scene;
