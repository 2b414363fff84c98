//! What agents do: register, check in, take tasks, report.

mod authority;
mod check_in;
mod fleet;
mod ledger;
mod registration;
mod settings;
mod task_log;
mod task_reports;

use crate::SecretsError;
use latarnik_model::{DeviceId, TenantId};
use latarnik_store::StoreError;

pub use crate::app::AgentSettings;
pub use authority::{AuthorityCoverage, AuthorityStep, UncoveredDevice, note_authority};
pub use check_in::{CheckIn, CheckInAnswer, Restart, Scan, UpdatesChange, UpdatesReport, check_in};
pub(crate) use fleet::Fleet;
pub use latarnik_store::{
    CertificateRecord as Certificate, DeviceFacts, LastRestart, OfferedUpdate,
    PendingTask as DeliveredTask, UpdateResultRecord as UpdateResult,
};
pub use registration::{RegisterError, Registration, authenticate, record_certificate, register};
pub use settings::{Configuration, configuration};
pub use task_log::{TaskLogWriter, begin_task_log};
pub use task_reports::{Delivery, Outcome, Report, report_task, take_tasks};

/// The device behind a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AgentIdentity {
    /// The device.
    pub device_id: DeviceId,
    /// Its tenant.
    pub tenant_id: TenantId,
}

/// Why an agent's call failed.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The device has no such task.
    #[error("the device has no such task")]
    TaskUnknown,
    /// The device was removed.
    #[error("the device was removed")]
    DeviceRemoved,
    /// The log is longer than its limit.
    #[error("the log is longer than its limit")]
    TooLarge,
    /// Database or keys failed; the agent should try again.
    #[error("it could not be written")]
    Unavailable(#[from] SecretsError),
}

impl From<StoreError> for AgentError {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.into())
    }
}
