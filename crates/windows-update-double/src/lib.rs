//! A scripted Windows Update Agent: an in-process COM server with the same classes, so that the
//! unmodified agent program can be tested where the real one does not exist, under Wine.
//!
//! Registered (`HKLM\Software\Classes\CLSID\{…}\InprocServer32`) for the classes `UpdateSession`,
//! `UpdateCollection` and `SystemInformation`, it plays the scenario in
//! `C:\windows-update-double\scenario.json` and writes down every call that matters in `calls.log`
//! beside it. What a test may script is in `scenario.rs`. The scenario is read with every call and
//! written back when an installation changes it, so that the world outlives the process, as the
//! real one does.
//!
//! As with the real one, a download or an installation goes on after the call that began it: it moves
//! its progress, calls the client back from a thread of its own, and can be asked to end (`job.rs`).
//!
//! It is a double and no more: it takes no time unless told to, checks no rights, and answers
//! `E_NOTIMPL` (and logs it) to what the agent does not use. Empty on other systems than Windows.
//! This crate is the second and last home of `unsafe` in the workspace, because a COM server's
//! entry points and its own calls on COM objects cannot be written without it.

#![cfg(windows)]
#![expect(unsafe_code, reason = "a COM server cannot be written without it")]

mod collections;
mod download;
mod factory;
mod install;
mod job;
mod late_binding;
mod scenario;
mod search;
mod services;
mod session;
mod update;
