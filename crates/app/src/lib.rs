//! The use cases of Latarnik: authorise, validate, store, enqueue, audit.
//!
//! Each call of a person takes a [`Context`] (who asks, and for which tenants) and authorises in its
//! first line; each call of an agent takes its [`AgentIdentity`], which its certificate proved.
//! This crate knows no HTTP, no wire format and no SQL.

mod actions;
pub mod agents;
mod app;
mod context;
mod devices;
mod enrollment_tokens;
mod error;
mod events;
mod heartbeats;
mod listing;
mod password;
mod progress;
mod randomness;
mod setup;
mod sign_in;
mod tasks;
mod tenants;
mod throttle;

pub use actions::{ActionRequest, ActionTarget, RequestedParameters};
pub use agents::AgentIdentity;
pub use app::{AgentSettings, App, Settings, TokenFormat};
pub use context::{Actor, Context};
pub use devices::{Device, DeviceQuery, Refusal};
pub use enrollment_tokens::{
    EnrollmentTokenState, IssuedEnrollmentToken, NewEnrollmentToken, enrollment_token_state,
};
pub use error::{AppError, FieldCode, FieldError, Problem};
pub use events::{Event, Events};
pub use latarnik_store::{
    ActionRecord, Cursor, DeviceFilter, DeviceRecord, DeviceSort, Direction, EnrollmentTokenRecord,
    GroupRecord, InvalidCursor, Page, PageRequest, PendingFilter, StoreError as StoreFailure,
    TaskFilter, TaskRecord, TenantRecord, UpdateRecord, UpdateResultRecord, UserRecord,
};
pub use password::{InvalidPassword, Password};
pub use progress::Progress;
pub use randomness::Randomness;
pub use setup::{NewUser, SetupError};
pub use sign_in::{SessionToken, SignIn, SignedIn};
pub use tasks::TaskLogReader;
