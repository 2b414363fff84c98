//! The agent's side of the wire: who the gateway is, who the agent is, and one typed call for each
//! endpoint.
//!
//! Nothing here keeps state on disk or decides when to call: that is the engine's. No proxy is
//! honoured, no system trust store is read and no redirect is followed.

mod client;
mod error;
mod key;
mod trust;

pub(crate) use client::unquoted;
pub use client::{ConfigAnswer, GatewayClient};
pub use error::{CallError, Operation};
pub use key::{Credentials, DeviceKey, InvalidCredentials};
pub(crate) use trust::fingerprints;
pub use trust::{GatewayTrust, UnusableAuthorities};
