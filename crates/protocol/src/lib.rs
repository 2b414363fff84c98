//! What the agent and the gateway say to each other: JSON over HTTP/2 over mutual TLS 1.3.
//!
//! `docs/agent-protocol.md` is the prose to these types. Two invariants hold: messages change by
//! addition only (a reader ignores fields that it does not know, a writer never drops one), and
//! every message has a snapshot of its bytes in this crate's tests. No I/O here.

mod check_in;
mod config;
mod enrollment;
mod fingerprint;
mod inventory;
mod problem;
mod register;
mod task;

pub use check_in::{
    CheckInRequest, CheckInResponse, Facts, LastRestart, RestartReport, ScanReport, WorkNeedsReport,
};
pub use config::{AgentConfig, RawMaintenance, Trust, UnusableMaintenance, UpdateSettings};
pub use enrollment::{EnrollmentToken, InvalidEnrollmentToken, Secret};
pub use fingerprint::{Fingerprint, InvalidFingerprint};
pub use inventory::{Inventory, InventoryDelta, InventoryHash, InventoryReport, Update};
pub use problem::{Problem, ProblemCode};
pub use register::{RegisterRequest, RegisterResponse, RenewRequest, RenewResponse};
pub use task::{
    Creator, OutputExcerpt, RawTask, Task, TaskBatch, TaskEvent, TaskOutcome, TaskProgress,
    TaskReport, TaskReportResponse, UnusableTask, UpdateResult,
};

/// The version of the protocol that these types speak.
pub const PROTOCOL_VERSION: u32 = 1;

/// Limits that both sides keep. A body beyond its limit is answered with 413.
pub mod limits {
    /// A JSON body, in bytes: a full inventory of a neglected machine fits many times.
    pub const JSON_BODY_BYTES: usize = 4 * 1024 * 1024;
    /// The whole log of one task, in bytes.
    pub const TASK_LOG_BYTES: u64 = 64 * 1024 * 1024;
    /// Longest excerpt of standard output or standard error in a report, in bytes.
    pub const OUTPUT_EXCERPT_BYTES: usize = 4 * 1024;
    /// Longest time a long poll stays open, in seconds.
    pub const LONG_POLL_SECONDS: u64 = 300;
    /// Most updates in one inventory.
    pub const UPDATES: usize = 10_000;
}

/// Paths of the gateway's endpoints.
pub mod paths {
    /// `POST`, without a client certificate.
    pub const REGISTER: &str = "/agent/register";
    /// `POST`.
    pub const RENEW: &str = "/agent/renew";
    /// `GET`, with `If-None-Match`.
    pub const CONFIG: &str = "/agent/config";
    /// `POST`.
    pub const METRICS: &str = "/agent/metrics";
    /// `GET`, with `wait` (seconds) and `after` (sequence).
    pub const TASKS: &str = "/agent/tasks";
    /// `POST`.
    pub const TASK_RESULT: &str = "/agent/task-result";
    /// `PUT` to this path with `/{task_id}` behind it.
    pub const TASK_LOG: &str = "/agent/task-log";
}
