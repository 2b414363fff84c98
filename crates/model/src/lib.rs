//! The nouns of Latarnik and the rules that hold between them.
//!
//! Everything here is pure: no I/O, no async, no clock and no randomness of its own. Whoever needs
//! the time or an id hands it in.

mod action;
mod clock;
mod device;
mod id;
mod language;
mod permission;
mod restart;
mod scope;
mod task;
mod update;

pub use action::{ActionKind, InvalidParameters, RestartDelay, TaskParameters, When};
pub use clock::Clock;
pub use device::{Architecture, OsFamily, Platform, ScanState, UnknownPlatform};
pub use id::{
    ActionId, AuditEventId, DeviceId, EnrollmentTokenId, GroupId, IdSource, InvalidId, SessionId,
    TaskId, TenantId, UserId,
};
pub use language::{ColorScheme, Language};
pub use permission::{Permission, Role, UnknownRole};
pub use restart::{RestartRequired, RestartSignal, RestartSignalName, SignalStrength};
pub use scope::Scope;
pub use task::{InvalidTransition, ReasonCode, TaskState, UnknownTaskState, UpdateOutcome};
pub use update::{RestartBehavior, Severity, UpdateCategory, UpdateSource};
