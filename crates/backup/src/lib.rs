//! The backup engine.
