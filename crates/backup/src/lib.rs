//! The backup engine.

pub mod recovery_kit;
pub mod retention;
