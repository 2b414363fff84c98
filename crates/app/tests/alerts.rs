//! Alerts: what raises them, what closes them, and who may acknowledge them.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a story that cannot be set up should fail at once"
)]

#[path = "alerts/causes.rs"]
mod causes;
#[path = "alerts/people.rs"]
mod people;
#[path = "policies/scene.rs"]
#[allow(dead_code, reason = "the tests that share this use other parts of it")]
mod scene;
#[path = "alerts/watched.rs"]
mod watched;
