//! What happens, live.

pub(super) mod read;
mod task_budget;
