//! The console's REST API under `/api/v1`, its description, its live events, and the console itself.
//!
//! Invariants: a route extracts, calls one use case of `latarnik_app`, and converts; it holds no
//! rule and reaches no SQL. Every answer of 400 and above is a problem document with a stable code;
//! nothing here writes prose for users.

mod access;
mod agent_programs;
mod calendar;
mod caller;
mod console;
mod cookie;
mod description;
mod extract;
mod instant;
mod limits;
mod list;
mod origin;
mod problem;
mod request_id;
mod router;
mod security;
mod state;
mod v1;

pub use agent_programs::{AgentPrograms, AgentProgramsError};
pub use limits::{RateLimit, RateLimits};
pub use origin::PeerAddress;
pub use router::{openapi, router};
pub use state::{ApiSettings, ApiState, CookieSecurity, ProxyTrust};
