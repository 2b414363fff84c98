//! How an agent gets its certificate, and a new one before it ends.

use crate::{Facts, Fingerprint};
use jiff::Timestamp;
use latarnik_model::DeviceId;
use serde::{Deserialize, Serialize};

/// `POST /agent/register`, the only call without a client certificate.
///
/// Repeating it with the same key is safe: the answer is a certificate for the same device, and
/// the token loses no further use.
#[derive(Clone, Serialize, Deserialize)]
pub struct RegisterRequest {
    /// The protocol that the agent speaks.
    pub protocol_version: u32,
    /// The token's secret, base64url.
    pub secret: String,
    /// A certificate signing request in PEM; only its key is used.
    pub signing_request: String,
    /// What is known of the machine.
    pub facts: Facts,
}

impl std::fmt::Debug for RegisterRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegisterRequest")
            .field("facts", &self.facts)
            .finish_non_exhaustive()
    }
}

/// The answer: who the agent is from now on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RegisterResponse {
    /// The device's id.
    pub device_id: DeviceId,
    /// The client certificate in PEM.
    pub certificate: String,
    /// When the certificate ends.
    pub expires_at: Timestamp,
    /// The authorities to trust from now on, in PEM, one after the other.
    pub authorities: String,
    /// Their fingerprints.
    pub authority_fingerprints: Vec<Fingerprint>,
    /// The server's clock.
    pub server_time: Timestamp,
}

/// `POST /agent/renew`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RenewRequest {
    /// A certificate signing request in PEM, with a new key or the old one.
    pub signing_request: String,
}

/// The answer to a renewal. The old certificate works until it ends.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RenewResponse {
    /// The client certificate in PEM.
    pub certificate: String,
    /// When the certificate ends.
    pub expires_at: Timestamp,
    /// The authorities to trust from now on, in PEM, one after the other.
    pub authorities: String,
}
