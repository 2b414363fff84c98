//! What a person chose for the console.

pub(super) mod update;
