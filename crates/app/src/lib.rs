//! The use cases of Latarnik: authorise, validate, store, enqueue, audit.
//!
//! Each call of a person takes a [`Context`] (who asks, and for which tenants) and authorises in its
//! first line; each call of an agent takes its [`AgentIdentity`], which its certificate proved.
//! This crate knows no HTTP, no wire format and no SQL.

mod actions;
pub mod agents;
mod alerts;
mod api_tokens;
mod app;
mod audit;
mod context;
mod devices;
mod enrollment_tokens;
mod error;
mod events;
mod groups;
mod heartbeats;
mod listing;
mod mail;
mod maintenance;
mod openid;
mod password;
mod progress;
mod randomness;
mod second_factor;
mod secrets;
mod setup;
mod sign_in;
mod tasks;
mod tenants;
mod text;
mod throttle;
mod update_policies;
mod updates;
mod user_links;
mod users;

pub use actions::{
    Action, ActionOrder, ActionOutlook, ActionQuery, ActionRequest, ActionTarget, BegunAction,
    BrokenKind, BrokenWindow, OutlookRequest, RequestedParameters, WindowBreach,
};
pub use agents::AgentIdentity;
pub use alerts::{AlertCounts, AlertQuery};
pub use api_tokens::{ApiToken, ApiTokenSecret, ApiTokenState, NewApiToken};
pub use app::{AgentSettings, App, Settings, SignInSettings, TokenFormat};
pub use audit::{AuditBreak, AuditExport, AuditQuery, AuditVerification, hex};
pub use context::{Actor, Context, Hold, Origin};
pub use devices::{Device, DeviceQuery, Refusal};
pub use enrollment_tokens::{
    EnrollmentTokenState, IssuedEnrollmentToken, NewEnrollmentToken, enrollment_token_state,
};
pub use error::{AppError, FieldCode, FieldError, Problem};
pub use events::{Event, Events};
pub use groups::{Group, GroupChange, NewGroup};
pub use latarnik_store::{
    Acknowledgement, ActionCourse, ActionRecord, AlertFilter, AlertRecord, ApiTokenRecord,
    AuditEvent, AuditFilter, BlackoutRecord, CalendarFeedRecord, Creator, Cursor, DeviceFilter,
    DeviceRecord, DeviceSort, DeviceUpdateRecord, Direction, EnrollmentTokenRecord, FailureCount,
    GroupRecord, InvalidCursor, MaintenanceWindowRecord, NewUpdateStep, OfferedUpdate,
    OpenidProviderRecord, Page, PageRequest, PendingFilter, RolloutRecord, SessionRecord,
    StoreError as StoreFailure, TaskFilter, TaskRecord, TenantDeletion, TenantRecord, UpdateCounts,
    UpdateDecisionRecord, UpdateFilter, UpdatePolicyRecord, UpdateRecord, UpdateResultRecord,
    UpdateSort, UpdateStanding, UpdateStepRecord, UpdateSummary, UserFilter, UserRecord,
};
pub use mail::{Delivery, Mail, MailContent, MailError, Mailer};
pub use maintenance::{
    BatchedWindow, BlackoutChange, BlackoutEntry, BlackoutPreview, DeviceMaintenance, FeedSecret,
    IssuedCalendarFeed, MaintenancePlan, MaintenanceWindowBatch, MaintenanceWindowChange,
    MaintenanceWindowEntry, NewBlackout, NewMaintenanceWindow, PlannedDevice, PlannedOpening,
    SpanPreview, WindowForecast, WindowOccurrence, WindowOutlook, WindowPreview,
};
pub use openid::{
    OpenidBrowser, OpenidChange, OpenidClient, OpenidClientSettings, OpenidError, OpenidFuture,
    OpenidIdentity, OpenidRequest, OpenidResponse, OpenidReturn,
};
pub use password::{InvalidPassword, Password};
pub use progress::Progress;
pub use randomness::Randomness;
pub use second_factor::TotpSetup;
pub use secrets::{MasterKey, MasterKeySource, SecretsError};
pub use setup::NewUser;
pub use sign_in::{SessionToken, SignIn, SignedIn};
pub use tasks::TaskLogReader;
pub use tenants::{Tenant, TenantChange};
pub use update_policies::{
    DevicePreview, NewUpdateDecision, NewUpdatePolicy, PolicyCounts, PolicyPreview, RolloutChange,
    RolloutProgress, RulesInForce, UpdatePreview,
};
pub use updates::UpdateQuery;
pub use user_links::{IssuedLink, LinkOwner, LinkToken};
pub use users::{NewInvitation, User, UserChange};
