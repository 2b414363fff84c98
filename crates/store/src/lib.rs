//! All SQL of Latarnik, for SQLite and PostgreSQL from the same statements.
//!
//! Invariants: every call takes a [`latarnik_model::Scope`] or names one tenant; every write checks
//! how many rows it met; work and its queued task commit together. Nothing here knows HTTP, the
//! wire, or who asks: that was decided before the call. Times are milliseconds since 1970 in UTC in
//! the database and [`jiff::Timestamp`] outside.

mod action_list;
mod actions;
mod alert_facts;
mod alerts;
mod api_tokens;
mod audit;
mod blackouts;
mod calendar_feeds;
mod data_keys;
mod database;
mod device_authorities;
mod device_certificates;
mod device_list;
mod device_updates;
mod devices;
mod enrollment_tokens;
mod error;
mod groups;
mod maintenance_settings;
mod maintenance_windows;
mod migrations;
mod openid;
mod page;
mod policy_candidates;
mod policy_scope;
mod row;
mod sessions;
mod sql;
mod task_logs;
mod tasks;
mod tenant_deletion;
mod tenants;
mod update_decisions;
mod update_policies;
mod update_rollouts;
mod update_steps;
mod updates;
mod user_links;
mod users;
mod wall;

pub use actions::{
    ActionCourse, ActionFilter, ActionRecord, Creator, FailureCount, NewAction, NewTask,
    TaskCounts, TaskTaken,
};
pub use alert_facts::AlertFact;
pub use alerts::{Acknowledgement, AlertCount, AlertFilter, AlertRecord, NewAlert, StandingAlert};
pub use api_tokens::ApiTokenRecord;
pub use audit::{AuditChain, AuditEvent, AuditFilter};
pub use blackouts::BlackoutRecord;
pub use calendar_feeds::CalendarFeedRecord;
pub use data_keys::DataKeyRecord;
pub use database::{ConnectOptions, Engine, Store, Transaction};
pub use device_authorities::{AuthorityCoverage, UncoveredDevice};
pub use device_certificates::CertificateRecord;
pub use device_list::{DeviceFilter, DeviceSort, PendingFilter};
pub use device_updates::{OfferedUpdate, UpdateRecord, UpdateStanding};
pub use devices::{
    AgentState, CheckInChanges, DeviceFacts, DeviceRecord, LastRestart, NewDevice, RestartRecord,
    ScanRecord,
};
pub use enrollment_tokens::EnrollmentTokenRecord;
pub use error::StoreError;
pub use groups::GroupRecord;
pub use maintenance_settings::MaintenanceSettings;
pub use maintenance_windows::MaintenanceWindowRecord;
pub use openid::{OpenidProviderRecord, OpenidSignInRecord};
pub use page::{Cursor, Direction, InvalidCursor, KeyKind, Page, PageRequest};
pub use policy_candidates::{AutomaticTask, PastRestart, PolicyCandidate, PolicyDevice};
pub use sessions::SessionRecord;
pub use task_logs::{TaskLog, TaskLogChunk};
pub use tasks::{
    AcknowledgedTask, NeverArrived, PendingTask, TaskFilter, TaskRecord, TaskResult, TaskStanding,
    UpdateResultRecord, WaitingTasks,
};
pub use tenants::{TenantDeletion, TenantRecord, TenantSize};
pub use update_decisions::UpdateDecisionRecord;
pub use update_policies::UpdatePolicyRecord;
pub use update_rollouts::{RolloutRecord, UpdateOnDevice};
pub use update_steps::{LedgerEntry, NewUpdateStep, UpdateStepRecord};
pub use updates::{DeviceUpdateRecord, UpdateCounts, UpdateFilter, UpdateSort, UpdateSummary};
pub use user_links::UserLinkRecord;
pub use users::{TotpRecord, UserFilter, UserRecord};
pub use wall::WalledTable;
