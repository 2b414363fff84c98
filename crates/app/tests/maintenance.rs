//! Maintenance windows: who may change them, what is refused, and what they come to. On both
//! databases.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a story that cannot be set up should fail at once"
)]

#[path = "maintenance/explained.rs"]
mod explained;
#[path = "maintenance/feeds.rs"]
mod feeds;
#[path = "maintenance/kept.rs"]
mod kept;
#[path = "maintenance/limits.rs"]
mod limits;
#[path = "maintenance/moves.rs"]
mod moves;
#[path = "maintenance/room.rs"]
mod room;
#[path = "maintenance/scene.rs"]
mod scene;
#[path = "maintenance/together.rs"]
mod together;
