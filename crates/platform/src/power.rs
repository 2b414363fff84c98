//! Restart signals and the power switch.

#[cfg(not(windows))]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(not(windows))]
pub(crate) use linux::open;
#[cfg(windows)]
pub(crate) use windows::open;
