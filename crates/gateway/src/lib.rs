//! Where agents come in: the certificate authority, mutual TLS 1.3, the agent endpoints, and the
//! hub that holds their long polls.
//!
//! Invariants:
//! - Without a certificate of the built-in authority nothing but the registration answers. While an
//!   authority is replaced there are two of them.
//! - Whom a certificate belongs to is the application's word, asked again after every removal of
//!   a device; the certificate's own text decides nothing.
//! - Every answer of 400 and above is a [`latarnik_protocol::Problem`] with a stable code.
//! - What one device asks for never keeps another from being answered: budgets belong to devices,
//!   not to connections.
//! - A waiting poll holds a channel and a timer, nothing of the database.
//!
//! Not here: SQL, what a check-in or a result means (`latarnik-app`), the console.

mod authentication;
mod authorities;
mod authority;
mod body;
mod connections;
mod conversion;
mod endpoints;
mod frame;
mod gateway;
mod hub;
mod listener;
mod rate;
mod refusal;
mod settings;
mod tls;
mod token_format;

pub use authorities::{Authorities, Refresh};
pub use authority::{Authority, AuthorityError};
pub use endpoints::{Access, Endpoint, endpoints};
pub use gateway::{Gateway, GatewayError};
pub use settings::Settings;
pub use token_format::EnrollmentTokenFormat;
