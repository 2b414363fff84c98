//! Policies for updates: what installs by itself, where and when. On both databases.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a story that cannot be set up should fail at once"
)]

#[path = "policies/restarts.rs"]
mod restarts;
#[path = "policies/rings.rs"]
mod rings;
#[path = "policies/rules.rs"]
mod rules;
#[path = "policies/scene.rs"]
mod scene;
#[path = "policies/settings.rs"]
mod settings;
#[path = "policies/tasks.rs"]
mod tasks;
